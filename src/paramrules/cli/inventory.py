"""`paramrules inventory M -o FILE`."""

import click

from paramrules.cli.answer import Answer, Command
from paramrules.cli.model import ModelName
from paramrules.cli.options import model_name, with_stacks, with_traceback


@click.command(cls=Command)
@click.argument("model", metavar="M", type=model_name)
@click.option(
    "--output", "-o", required=True, help="The file to write, whole or not at all; `-` is standard output."
)
@with_stacks
@with_traceback
def inventory(model: ModelName, output: str, stacked: dict[str, int]) -> Answer:
    """Save the facts about a model's parameters as JSON.

    What is saved stands for the model in every other command, on a machine without its framework.

    JSON: `file`, `framework`, `parameters` (how many), and `findings`; with `-o -` also `inventory`.
    """
    import json

    from paramrules.cli.build import inventory_of

    saved = inventory_of(model, stacked)
    counted = {"file": output, "framework": saved.framework, "parameters": len(saved)}
    if output == "-":
        text = saved.to_json()
        return Answer([text], {**counted, "inventory": json.loads(text)}, saved.findings)
    saved.save(output)
    return Answer((), counted, saved.findings, f"{output}: {len(saved)} parameters")
