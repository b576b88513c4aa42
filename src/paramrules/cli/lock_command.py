"""`paramrules lock [FILE] [--model M]`."""

import shlex
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from paramrules.cli.answer import WORDS, Answer, Command, current_project
from paramrules.cli.arguments import assigned_to, on_models
from paramrules.cli.diff_blocks import result_of
from paramrules.cli.exit_codes import Exit
from paramrules.cli.layout import progress
from paramrules.diagnostics import RulesError, distinct
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
    from paramrules.projects.orphaned_locks import orphaned_locks

    files = list(dict.fromkeys(target.rules for target in targets))
    if output and len(files) > 1:
        raise click.UsageError(
            f"`-o` names one lock, and there are {len(files)} rule files: name one of them"
        )
    typed = click.get_current_context().params
    findings: list[Diagnostic] = []
    blocks: list[Block] = []
    results, summaries = [], []
    failed: list[RulesError] = []
    for file in files:
        if output is None and not isinstance(source(file), str):
            raise click.UsageError(f"`{file}` is in a revision: name the lock with `-o`")
        mine = [each for each in targets if each.rules == file]
        try:
            done = _of_file(mine, output or mine[0].lock, check=check, by_name=not typed["models"])
        except RulesError as error:
            failed.append(error)
            findings += error.diagnostics
            continue
        blocks += [""] if blocks and done.blocks else []
        blocks += done.blocks
        summaries += [] if any(finding.is_error for finding in done.findings) else [done.summary]
        results.append(done.result)
        findings += done.findings
    project = current_project()
    if project and not (typed["file"] or typed["models"] or output):
        findings += (warning for _, warning in orphaned_locks(project))
    if len(files) > 1 and results:
        blocks += ["", *summaries] if blocks and summaries else summaries
        summaries = [counted(len(files), "lock")]
    return Answer(
        blocks,
        {"locks": results},
        distinct(findings),
        "".join(summaries),
        Exit.UNUSABLE if failed else Exit.NOTHING,
        cause=next((error.__cause__ for error in failed if error.__cause__), None),
    )


class _Done(NamedTuple):
    """The result for one lock: its JSON, findings, tables and summary line."""

    result: dict[str, Any]
    findings: "Sequence[Diagnostic]"
    blocks: Sequence[Block]
    summary: str


def _of_file(targets: "Sequence[Target]", path: str, *, check: bool, by_name: bool) -> _Done:
    """Write or check the lock of a rule file.

    Args:
        targets: the targets of the file.
        path: the path of the lock.
        check: whether it is only checked.
        by_name: as for `check_lock`.

    Raises:
        RulesError: an input cannot be used, or the lock cannot be written.
    """
    import paramrules
    from paramrules.diffs.stale import check_lock, write_lock
    from paramrules.locks.locking import Locking

    locking = Locking(path)
    for target, rules, model, _, inventory in assigned_to(targets):
        with progress("assigning"):
            options = target.options_for(rules)
            assignment = paramrules.examine(rules, inventory, options=options, strict=target.strict)
            locking.add(model.relative_to(locking.folder), assignment)
    with progress("locking"):
        now = locking.lock()
        found = locking.findings
        models = list(map(_row, now.names, now))
        result: dict[str, Any] = {"rules": targets[0].rules, "lock": path, "models": models}
        up_to_date = f"{path} is up to date"
        if check:
            checked = check_lock(
                path, now, by_name=by_name, assignments=locking.assignments, command=_without_check()
            )
            result |= {"stale": bool(checked.findings), **result_of(checked.diffs)}
            return _Done(result, [*found, *checked.findings], checked.diffs.report(), up_to_date)
        if any(finding.is_error for finding in found):
            return _Done({**result, "written": False}, found, (), "")
        is_written = write_lock(path, now)
        return _Done(
            {**result, "written": is_written}, found, (), _sizes(path, now) if is_written else up_to_date
        )


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
