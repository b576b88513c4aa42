"""`paramrules inventory M -o FILE`."""

import click

from paramrules.cli.answer import Answer, Command
from paramrules.cli.model import ModelName
from paramrules.cli.options import model_name, with_traceback


@click.command(cls=Command)
@click.argument("model", metavar="M", type=model_name)
@click.option(
    "--output", "-o", required=True, help="The file to write, whole or not at all; `-` is standard output."
)
@with_traceback
def inventory(model: ModelName, output: str) -> Answer:
    """Save the facts about a model's parameters as JSON.

    What is saved stands for the model in every other command, on a machine without its framework.

    JSON: `file`, `framework`, `parameters` (how many), and `findings`.
    """
    from paramrules.cli.build import inventory_of

    saved = inventory_of(model)
    if output == "-":
        return Answer([saved.to_json()], saved.to_json())
    saved.save(output)
    counted = {"file": output, "framework": saved.framework, "parameters": len(saved)}
    return Answer([f"{output}: {len(saved)} parameters"], counted)
