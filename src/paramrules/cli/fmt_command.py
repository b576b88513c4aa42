"""`paramrules fmt [FILE|FOLDER]...`."""

import os
import sys

import click

from paramrules.cli.answer import Answer, Command, current_project
from paramrules.cli.exit_codes import Exit
from paramrules.cli.file_arguments import RuleFile, refuse_shipped
from paramrules.diagnostics import Diagnostic, RulesError
from paramrules.display import Block, counted
from paramrules.rule_files import Formatted, format_bytes, format_file, rule_files
from paramrules.safe_files import write_whole
from paramrules.sources import source
from paramrules.syntax.language import BYTES


@click.command(cls=Command)
@click.argument("paths", metavar="[FILE|FOLDER]...", type=RuleFile(), nargs=-1)
@click.option(
    "--check", "is_check", is_flag=True, help="Write nothing; the exit code is 1 if a file would change."
)
@click.option(
    "--diff", "is_diff", is_flag=True, help="The same, and print what would change as a unified diff."
)
def fmt(paths: tuple[str, ...], is_check: bool, is_diff: bool) -> Answer:
    """Format rule files in the one style that they have.

    \b
    paramrules fmt
    paramrules fmt --check models/ vit.rules
    paramrules fmt - < vit.rules

    A folder stands for the `.rules` files below it, and `-` for standard input, which is written to standard
    output. `REV:path` may be checked. Without an argument, the rule files of the project's settings, or else
    the current folder. A file with an error is left as it is.

    JSON: `files` (each with file and changed, and with `--diff` its diff) and `findings`; with `-` also
    `text`.
    """
    if "-" in paths and len(paths) > 1:
        raise click.UsageError("`-` stands alone: standard input is formatted to standard output")
    is_dry = is_check or is_diff
    formatted, findings, failed = list[Formatted](), list[Diagnostic](), 0
    project = current_project()
    for name in paths:
        refuse_shipped(name)
    named = paths or (project.own_files if project and project.rule_files else (os.curdir,))
    for path in paths if paths == ("-",) else rule_files(named):
        if isinstance(path, Diagnostic):
            findings.append(path)
            continue
        try:
            opened = path if path == "-" else source(path)
            if not is_dry and not isinstance(opened, str):
                raise click.UsageError(
                    f"`{path}` is in a revision of git, where nothing can be formatted: add `--check`"
                )
            file = standard_input() if path == "-" else format_file(opened)
            if file.is_changed and not is_dry and path != "-":
                write_whole(os.path.realpath(path), file.after)
            formatted.append(file)
        except RulesError as error:
            failed += 1
            findings += [finding for finding in error.diagnostics if finding.is_error]
    changed = [file for file in formatted if file.is_changed]
    outcome = Exit.UNUSABLE if findings else Exit.FOUND if is_dry and changed else Exit.NOTHING
    result: dict[str, object] = {"files": [_to_json(file, is_diff) for file in formatted]}
    blocks: list[Block] = [line for file in changed if is_diff for line in file.diff()]
    if paths == ("-",) and not is_dry:
        text = "".join(file.after for file in formatted)
        return Answer((), {**result, "text": text}, findings, outcome=outcome, is_output=True, text=text)
    if not is_diff:
        blocks = [f"{'would reformat' if is_dry else 'reformatted'} {file.name}" for file in changed]
    summary = "" if blocks and is_diff else _summary(len(formatted), len(changed), failed, is_dry)
    return Answer(blocks, result, findings, summary, outcome, is_output=is_diff)


def standard_input() -> Formatted:
    """Return what stands in standard input formatted."""
    data = sys.stdin.buffer.read(BYTES + 1) if sys.stdin else b""  # closed before Python started
    return format_bytes(data, "<stdin>")


def _to_json(file: Formatted, is_diff: bool) -> dict[str, object]:
    diff = {"diff": "".join(f"{line}\n" for line in file.diff())} if is_diff else {}
    return {"file": file.name, "changed": file.is_changed, **diff}


def _summary(files: int, changed: int, failed: int, is_dry: bool) -> str:
    """Return how many files were changed, left unchanged, and could not be formatted."""
    parts = []
    if changed:
        parts.append(f"{counted(changed, 'file')} {'would be ' if is_dry else ''}reformatted")
    if files > changed:
        parts.append(
            f"{counted(files - changed, 'file')} {'already formatted' if is_dry else 'left unchanged'}"
        )
    if failed:
        parts.append(f"{counted(failed, 'file')} with errors left alone")
    return ", ".join(parts) or "no rule files found"
