"""`paramrules lock [FILE] [--model M]`."""

import shlex
from typing import TYPE_CHECKING, Any

import click

from paramrules.cli.answer import WORDS, Answer, Command, current_project
from paramrules.cli.arguments import assigned_to, on_models
from paramrules.cli.diff_blocks import result_of
from paramrules.cli.layout import progress
from paramrules.display import Block, counted
from paramrules.sources import source

if TYPE_CHECKING:
    from paramrules.diagnostics import Diagnostic
    from paramrules.locks import Lock, LockedModel
    from paramrules.projects import Target


@click.command(cls=Command)
@on_models
@click.option(
    "--output",
    "-o",
    type=click.Path(),
    help="The file to write or check; by default FILE with `.lock` behind it, "
    "for `<timm/layer_decay>` `timm_layer_decay.rules.lock`.",
)
@click.option("--check", is_flag=True, help="Write nothing, and exit with 1 if a lock is stale.")
def lock(targets: "list[Target]", output: str | None, check: bool) -> Answer:
    """Write which group each parameter is in, as a text to commit.

    \b
    paramrules lock vit.rules -m vit.py:ViT
    paramrules lock vit.rules -m vit.json --check

    A lock has a section for each model; without arguments there is one for each rule file of the project's
    settings, and a lock beside these that no target has is reported. With `--check`, what `--model` names may
    stand for the model that was locked, such as a saved inventory. Nothing is written while rules have errors
    on a model.

    JSON: `findings` and `locks`, each with `rules`, `lock` (the file), `models` (each with name, model,
    framework, tensors, groups), and `written` (true if it has changed); with `--check` in place of `written`

    \b
    stale                    true if the lock is not up to date
    same, went, came, diffs  as `paramrules diff` has them
    """
    import paramrules
    from paramrules.diffs.stale import check_lock, write_lock
    from paramrules.locks.locking import Locking
    from paramrules.projects.orphaned_locks import orphaned_locks

    files = list(dict.fromkeys(target.rules for target in targets))
    if output and len(files) > 1:
        raise click.UsageError(
            f"`-o` names one lock, and there are {len(files)} rule files: name one of them"
        )
    typed = click.get_current_context().params
    stands_in = bool(typed["models"])
    findings: list[Diagnostic] = []
    blocks: list[Block] = []
    results, summaries = [], []
    for file in files:
        if output is None and not isinstance(source(file), str):
            raise click.UsageError(f"`{file}` is in a revision: name the lock with `-o`")
        mine = [each for each in targets if each.rules == file]
        locking = Locking(output or mine[0].lock)
        for target, rules, model, _, inventory in assigned_to(mine):
            with progress("assigning"):
                options = target.options_for(rules)
                assignment = paramrules.examine(rules, inventory, options=options, strict=target.strict)
                locking.add(model.relative_to(locking.folder), assignment)
        with progress("locking"):
            now = locking.lock()
            found = list(locking.findings)
            result: dict[str, Any] = {
                "rules": file,
                "lock": locking.path,
                "models": list(map(_row, now.names, now)),
            }
            summary = f"{locking.path} is up to date"
            if check:
                checked = check_lock(
                    locking.path,
                    now,
                    by_name=not stands_in,
                    assignments=locking.assignments,
                    command=_without_check(),
                )
                found += checked.findings
                blocks += [""] if blocks and checked.findings else []
                blocks += checked.diffs.report()
                result |= {"stale": bool(checked.findings), **result_of(checked.diffs)}
            elif any(finding.is_error for finding in found):
                result["written"] = False
            else:
                result["written"] = write_lock(locking.path, now)
                summary = _sizes(locking.path, now) if result["written"] else summary
        summaries += [] if any(finding.is_error for finding in found) else [summary]
        results.append(result)
        findings += found
    project = current_project()
    if project and not (typed["file"] or stands_in or output):
        findings += (warning for _, warning in orphaned_locks(project))
    if len(files) > 1:
        blocks += ["", *summaries] if blocks and summaries else summaries
        summaries = [counted(len(files), "lock")]
    return Answer(blocks, {"locks": results}, findings, "".join(summaries))


def _without_check() -> str:
    """Return the command line that runs, without `--check`: it writes what is checked."""
    words = click.get_current_context().meta[WORDS]
    return shlex.join(["paramrules", "lock", *(word for word in words if word != "--check")])


def _row(name: str, section: "LockedModel") -> dict[str, Any]:
    return {
        "name": name,
        "model": section.model,
        "framework": section.framework,
        "tensors": len(section),
        "groups": len(section.groups),
    }


def _sizes(path: str, lock: "Lock") -> str:
    sizes = (f"{counted(len(each), 'tensor')} in {counted(len(each.groups), 'group')}" for each in lock)
    return f"{path}: {', '.join(sizes)}"
