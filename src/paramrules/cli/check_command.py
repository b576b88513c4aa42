"""`paramrules check [FILE...]`."""

import click

import paramrules
from paramrules.cli.answer import Answer, Command, current_project, graded
from paramrules.cli.exit_codes import Exit
from paramrules.diagnostics import count_text
from paramrules.display import counted
from paramrules.sources import source
from paramrules.syntax.decode import UNREADABLE


@click.command(cls=Command)
@click.argument("files", metavar="[FILE]...", type=click.Path(), nargs=-1)
@click.option("--portable", is_flag=True, help="Also warn about what is likely to differ between frameworks.")
def check(files: tuple[str, ...], portable: bool) -> Answer:
    """Find the mistakes in rule files, without a model.

    \b
    paramrules check *.rules

    Without FILE, the rule files of the project's settings.

    JSON: `files`, as they were named, and `findings`.
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
    for file in files:
        opened = source(file)
        found = paramrules.check(opened)
        findings += found
        if portable and not any(finding.is_error for finding in found):
            findings += paramrules.portable(opened)
    findings = list(graded(findings))
    unusable = any(finding.code in UNREADABLE for finding in findings)
    return Answer(
        result={"files": files},
        findings=findings,
        summary=f"{counted(len(files), 'file')}: {count_text(findings) or 'no findings'}",
        outcome=Exit.UNUSABLE if unusable else Exit.NOTHING,
    )
