"""`paramrules inventory M -o FILE`."""

import click

from paramrules.cli.answer import Answer, Command
from paramrules.cli.model import ModelName
from paramrules.cli.options import model_name, with_traceback
from paramrules.cli.table import progress


@click.command(cls=Command)
@click.argument("model", metavar="M", type=model_name)
@click.option(
    "--output", "-o", required=True, help="The file to write, whole or not at all; `-` is standard output."
)
@with_traceback
def inventory(model: ModelName, output: str) -> Answer:
    """Save the facts about a model's parameters as JSON.

    What is saved stands for the model in every other command, on a machine without its framework.

    JSON: `file`, `framework`, `parameters` (how many), and `findings`; with `-o -` also `inventory`.
    """
    import json

    from paramrules.cli.build import inventory_of

    with progress(f"building {model.text}"):
        saved = inventory_of(model)
    counted = {"file": output, "framework": saved.framework, "parameters": len(saved)}
    if output == "-":
        text = saved.to_json()
        return Answer([text], {**counted, "inventory": json.loads(text)})
    saved.save(output)
    return Answer(result=counted, summary=f"{output}: {len(saved)} parameters")
