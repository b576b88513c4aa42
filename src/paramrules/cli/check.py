"""`paramrules check FILE...`."""

import click

import paramrules
from paramrules.cli.answer import Answer, Command
from paramrules.cli.words import counted


@click.command(cls=Command)
@click.argument("files", metavar="FILE...", nargs=-1, required=True)
def check(files: tuple[str, ...]) -> Answer:
    """Find the mistakes in rule files, without a model.

    JSON: `files`, as they were named, and `findings`.
    """
    findings = [finding for file in files for finding in paramrules.check(file)]
    return Answer(result={"files": files}, findings=findings, summary=_summary(len(files), findings))


def _summary(files: int, findings: list[paramrules.Diagnostic]) -> str:
    errors = sum(finding.is_error for finding in findings)
    found = [
        counted(count, what)
        for count, what in ((errors, "error"), (len(findings) - errors, "warning"))
        if count
    ]
    return f"{counted(files, 'file')}: {', '.join(found) or 'no findings'}"
