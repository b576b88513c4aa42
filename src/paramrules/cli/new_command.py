"""`paramrules new POLICY` and `paramrules new --model M`."""

from shlex import quote

import click
from click.shell_completion import CompletionItem

from paramrules.cli.answer import Answer, Command
from paramrules.cli.arguments import build, model_name, names_a_model, on_one_model
from paramrules.cli.file_arguments import complete_file
from paramrules.diagnostics import Diagnostic, RulesError
from paramrules.projects import Models
from paramrules.rules.shipped import find_policy, policies
from paramrules.safe_files import write_new


def _complete_policy(context: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    return [CompletionItem(name) for name in policies() if name.startswith(incomplete)]


@click.command(cls=Command)
@click.argument("policy", required=False, shell_complete=_complete_policy)
@click.option(
    "--output",
    "-o",
    type=click.Path(),
    help="The file to write, which must not exist; by default standard output.",
)
@click.option(
    "--model",
    "-m",
    metavar="M",
    type=model_name,
    shell_complete=complete_file,
    help="Draft rules for this model: `path.py:NAME`, a call, or a saved inventory (.json).",
)
@on_one_model
def new(policy: str | None, output: str | None, model: Models | None) -> Answer:
    """Write a rule file to start from.

    \b
    paramrules new timm/layer_decay > vit.rules
    paramrules new --model vit.py:ViT -o vit.rules

    POLICY is one of `paramrules library`, of which the file is a copy to change. For a model it is a draft,
    with the norms, embeddings, blocks and head that the model has.

    JSON: `policy` (with its version, null for a draft), `file` (null without `-o`), `text`, and `findings`.
    """
    if policy is not None and policy.endswith(".rules"):
        typed = f"paramrules new --model vit.py:ViT -o {policy}"
        raise click.UsageError(f"a new file is named by `-o`: `{typed}`")
    if policy is not None and model is not None:
        words = quote("<" + policy.strip("<>") + ">"), "--model", quote(model.names[0].text)
        tried = f"`paramrules show {' '.join(words)}`"
        raise click.UsageError(f"name a policy or a model, not both: {tried} tries a policy on a model")
    if policy is None and model is None:
        raise click.UsageError("name a policy, `timm/layer_decay`, or a model, `--model vit.py:ViT`")
    if model is None:
        found = find_policy(policy or "")
        if isinstance(found, Diagnostic):
            if policy and names_a_model(policy):
                raise click.UsageError(
                    f"a model is named by an option: `paramrules new --model {quote(policy)}`"
                )
            raise RulesError(found)
        name, text, what = f"{found.name}@{found.version}", found.copy, f"a copy of `{found}`"
    else:
        from paramrules.drafting import draft

        (inventory,) = build(model)
        name, text, what = None, draft(inventory), f"a draft for {model.names[0].text}"
    result = {"policy": name, "file": output, "text": text}
    if output is None:
        return Answer((), result, (), is_output=True, text=text)
    write_new(output, text)
    following = f"paramrules show {quote(output)} --model {quote(model.names[0].text)}" if model else ""
    return Answer((), result, (), f"{output}: {what}", next=following and f"next: edit it, and `{following}`")
