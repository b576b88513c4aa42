"""`paramrules check [FILE...]`."""

import os

import click

import paramrules
from paramrules.cli.answer import Answer, Command, current_project, graded
from paramrules.cli.exit_codes import Exit
from paramrules.cli.file_arguments import RuleFile, refuse_shipped
from paramrules.diagnostics import count_text, together
from paramrules.display import counted
from paramrules.fixing import Fixed, fix_file
from paramrules.safe_files import write_whole
from paramrules.sources import source
from paramrules.syntax.decode import UNREADABLE


@click.command(cls=Command)
@click.argument("files", metavar="[FILE]...", type=RuleFile(), nargs=-1)
@click.option("--portable", is_flag=True, help="Also warn about what is likely to differ between frameworks.")
@click.option("--fix", "is_fix", is_flag=True, help="Write the safe fixes into the files.")
@click.option(
    "--unsafe-fixes", "is_unsafe", is_flag=True, help="The same, with those that are likely and not certain."
)
@click.option(
    "--diff",
    "is_diff",
    is_flag=True,
    help="Write nothing, and print what the fixes would change; the exit code is 1 if there is any.",
)
def check(files: tuple[str, ...], portable: bool, is_fix: bool, is_unsafe: bool, is_diff: bool) -> Answer:
    """Find the mistakes in rule files, without a model.

    \b
    paramrules check *.rules
    paramrules check --fix vit.rules

    Without FILE, the rule files of the project's settings.

    A fix is written only if its finding is gone afterwards and no other has come. Included files are not
    touched unless they are named.

    JSON: `files`, as they were named, and `findings`; with `--fix` or `--diff`, how many are `fixed`, and
    with `--diff` the `diff`.
    """
    findings: list[paramrules.Diagnostic] = []
    project = current_project()
    files = files or (project.rule_files if project else ())
    if not files:
        raise click.UsageError(
            f"`{project.file}` names no rule file: write `[[targets]]`, or name one"
            if project
            else "name a rule file, or list your own in `[tool.paramrules]` of `pyproject.toml`"
        )
    fixing, done = is_fix or is_unsafe or is_diff, list[Fixed]()
    for file in files:
        opened = source(file)
        fixed = fix_file(opened, unsafe=is_unsafe or not fixing)
        if fixing:
            refuse_shipped(file)
        if fixing and not is_diff and fixed.file.is_changed:
            if not isinstance(opened, str):
                raise click.UsageError(f"`{file}` is in a revision of git, where nothing can be fixed")
            write_whole(os.path.realpath(opened), fixed.file.after)
        done.append(fixed)
        found = fixed.left if fixing else fixed.found
        findings += found
        if portable and not any(finding.is_error for finding in found):
            findings += paramrules.portable(opened)
    findings = list(graded(findings))
    unusable = any(finding.code in UNREADABLE for finding in findings)
    result: dict[str, object] = {"files": files}
    lines = [line for each in done if is_diff for line in each.file.diff()]
    count = sum(len(each.applied) for each in done)
    if fixing:
        result["fixed"] = count
    if is_diff:
        result["diff"] = "".join(f"{line}\n" for line in lines)
    summary = f"{counted(len(files), 'file')}: {count_text(findings) or 'no findings'}"
    return Answer(
        lines,
        result,
        findings,
        f"{summary}; {_fixed(count, findings, is_diff)}" if fixing else summary + _fixable(findings),
        Exit.UNUSABLE if unusable else Exit.FOUND if lines else Exit.NOTHING,
        is_output=is_diff,
    )


def _fixed(count: int, left: list[paramrules.Diagnostic], is_diff: bool) -> str:
    return f"{count} {'would be ' * is_diff}fixed, {len(together(left))} left"


def _fixable(findings: list[paramrules.Diagnostic]) -> str:
    """Return how many findings there is a fix for, to follow the summary."""
    fixes = [fix for finding in findings if (fix := finding.fix)]
    safe = sum(fix.is_safe for fix in fixes)
    unsafe = len(fixes) - safe
    parts = [f"{safe} fixable with `--fix`"] if safe else []
    parts += [f"{unsafe} {'more' if safe else 'fixable'} with `--unsafe-fixes`"] if unsafe else []
    return f"; {', '.join(parts)}" if parts else ""
