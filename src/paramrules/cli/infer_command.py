"""`paramrules infer --model M --groups G -o FILE`."""

import os
from collections.abc import Mapping
from shlex import quote
from typing import TYPE_CHECKING, Literal

import click

from paramrules.cli.answer import Answer, Command
from paramrules.cli.arguments import groups_name, model_name, on_many_models
from paramrules.cli.exit_codes import Exit
from paramrules.cli.file_arguments import complete_file
from paramrules.cli.layout import progress
from paramrules.display import Block, Table, counted, few
from paramrules.named_models.model_name import ModelName
from paramrules.projects import Models
from paramrules.safe_files import already_there, write_new, write_whole

if TYPE_CHECKING:
    from paramrules.inference.infer import Check, Inferred

_FORCE = "write `--force`"


@click.command(cls=Command)
@on_many_models
@click.option(
    "--groups",
    "-g",
    metavar="G",
    type=groups_name,
    shell_complete=complete_file,
    required=True,
    help="What the file has to reproduce: a function that gets the model and returns param groups, an "
    "optimizer or a mask, `path.py:make_groups`, with arguments behind the model "
    "`path.py:make_groups(weight_decay=0.05)`; or a JSON file.",
)
@click.option(
    "--output",
    "-o",
    type=click.Path(),
    default="-",
    help="The rule file to write, whole or not at all; by default standard output, `-`.",
)
@click.option(
    "--check",
    "checks",
    metavar="M",
    type=model_name,
    shell_complete=complete_file,
    multiple=True,
    help="A further model on which the finished file is tried. May be repeated.",
)
@click.option(
    "--missing",
    type=click.Choice(("error", "skip")),
    default="error",
    show_default=True,
    help="What a trained parameter that is in no group is: a mistake, or another optimizer's.",
)
@click.option("--force", is_flag=True, help="Overwrite a rule file.")
def infer(
    models: Models,
    groups: ModelName,
    output: str,
    checks: tuple[ModelName, ...],
    missing: Literal["error", "skip"],
    force: bool,
) -> Answer:
    """Write a rule file that does what a function does with a model.

    \b
    paramrules infer -m vit.py:ViT -g optim.py:make_groups -o vit.rules
    paramrules infer -m vit.py:tiny -m vit.py:base -g optim.py:make_groups --check vit.py:large -o vit.rules

    The function runs: it is your code. The file holds on each `--model`, or is not written; the exit code is
    1 if it does not hold on every `--check`, or has a rule that lists names which nothing else explains.

    JSON: `file`, `written`, `findings` and

    \b
    rules    the number of rules
    models   those of `--model`: model, framework, tensors
    base     settings that all groups share, for the optimizer itself
    listed   rules that only list names: axis, label, names
    checks   those of `--check`: model, same, names (with other settings)
    text     the file; only where it goes to standard output
    """
    from paramrules.inference.infer_groups import inferred_from
    from paramrules.named_models.made_groups import groupings_of

    if output != "-" and not force and os.path.lexists(output):
        raise already_there(output, _FORCE)
    names = (*models.names, *checks)
    with progress(f"building {', '.join(name.text for name in names)}"):
        made = groupings_of(names, groups, models.stacked, models.vocabulary or None, models.inputs, missing)
    with progress("inferring"):
        inferred = inferred_from(made[: len(models.names)], made[len(models.names) :])
    count = sum(len(axis.rules) for axis in inferred.rules.axes)
    result: dict[str, object] = {
        "file": output,
        "written": output != "-",
        "rules": count,
        "models": [
            {"model": each.model, "framework": each.inventory.framework, "tensors": len(each.inventory)}
            for each in made[: len(models.names)]
        ],
        "base": dict(inferred.base),
        "listed": [
            {"axis": each.axis, "label": each.label, "names": list(each.names)} for each in inferred.listed
        ],
        "checks": [
            {"model": each.model, "same": not each.names, "names": list(each.names)}
            for each in inferred.checks
        ],
    }
    findings = [finding for check in inferred.checks if check.error for finding in check.error.diagnostics]
    fails = bool(inferred.listed) or any(check.names for check in inferred.checks)
    outcome = Exit.FOUND if fails else Exit.NOTHING
    if output == "-":
        text = inferred.text
        written = {**result, "text": text}
        return Answer(
            (), written, findings, outcome=outcome, is_output=True, text=text, aside=_blocks(inferred)
        )
    if force:
        write_whole(output, inferred.text)
    else:
        write_new(output, inferred.text, _FORCE)
    tensors = " and ".join(counted(len(each.inventory), "tensor") for each in made[: len(models.names)])
    summary = f"{output}: {counted(count, 'rule')} for {tensors}"
    return Answer(_blocks(inferred), result, findings, summary, outcome, next=_next(output, models, inferred))


def _next(output: str, models: Models, inferred: "Inferred") -> str:
    """Return what to do with a file that was written."""
    named = "".join(f" --model {quote(name.text)}" for name in models.names)
    others = "".join(
        f" --model {quote(check.model)}" for check in inferred.checks if check.names and not check.error
    )
    if others:
        return f"next: infer one file for all,{named}{others}"
    if inferred.listed:
        return f"next: edit what lists names, and `paramrules show {quote(output)}{named}`"
    return f"next: read it, and `paramrules lock {quote(output)}{named}`"


def _blocks(inferred: "Inferred") -> list[Block]:
    blocks: list[Block] = []
    blocks += [f"for {whom}: {settings}" for whom, settings in _arguments(inferred.base).items()]
    for each in inferred.listed:
        where = f"`{each.label}` of `[{each.axis}]`" if each.axis else f"`{each.label}`"
        blocks.append(f"not explained: {where} lists {few(each.names)}")
    if inferred.checks:
        blocks += [""] if blocks else []
        blocks.append(Table(("check", "result"), [(each.model, _verdict(each)) for each in inferred.checks]))
    return [*blocks, ""] if blocks else []


def _verdict(check: "Check") -> str:
    if check.error:
        return "the file cannot be used"
    return f"differs: {few(check.names)}" if check.names else "holds"


def _arguments(base: Mapping[str, object]) -> dict[str, str]:
    """Return the settings of each optimizer as its arguments; of the only one, or of all, first."""
    found: dict[str, list[str]] = {}
    for name, value in base.items():
        optimizer, _, key = name.rpartition(".")
        whom = f"`{optimizer}`" if optimizer else "the optimizer itself"
        found.setdefault(whom, []).append(f"{key}={value!r}")
    return {whom: ", ".join(settings) for whom, settings in found.items()}
