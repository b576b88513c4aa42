"""`paramrules inventory M -o FILE`."""

import click

from paramrules.cli.answer import Answer, Command
from paramrules.cli.arguments import build, model_name, on_one_model
from paramrules.cli.file_arguments import complete_file
from paramrules.cli.output_option import with_output
from paramrules.projects import Models


@click.command(cls=Command)
@click.argument("model", metavar="M", type=model_name, shell_complete=complete_file)
@with_output
@on_one_model
def inventory(model: Models, output: str) -> Answer:
    """Save the facts about a model's parameters as JSON.

    \b
    paramrules inventory vit.py:ViT -o vit.json
    paramrules inventory net.py:Net --input int32[1,128] -o net.json

    The file stands for the model in every other command, on machines without its framework.

    JSON: `file`, `framework`, `parameters` (how many), and `findings`; with `-o -` also `inventory`.
    """
    import json

    (saved,) = build(model)
    result = {"file": output, "framework": saved.framework, "parameters": len(saved)}
    if output == "-":
        text = saved.to_json()
        answer = {**result, "inventory": json.loads(text)}
        return Answer(text.splitlines(), answer, saved.findings, is_output=True)
    saved.save(output)
    return Answer((), result, saved.findings, f"{output}: {len(saved)} parameters")
