"""`paramrules check FILE...`."""

import click

import paramrules
from paramrules.cli.answer import Answer, Command
from paramrules.display import counted


@click.command(cls=Command)
@click.argument("files", metavar="FILE...", nargs=-1, required=True)
@click.option("--portable", is_flag=True, help="Also warn about what is likely to differ between frameworks.")
def check(files: tuple[str, ...], portable: bool) -> Answer:
    """Find the mistakes in rule files, without a model.

    JSON: `files`, as they were named, and `findings`.
    """
    findings: list[paramrules.Diagnostic] = []
    for file in files:
        found = paramrules.check(file)
        findings += found
        if portable and not any(finding.is_error for finding in found):
            findings += paramrules.portable(file)
    return Answer(result={"files": files}, findings=findings, summary=_summary(len(files), findings))


def _summary(files: int, findings: list[paramrules.Diagnostic]) -> str:
    errors = sum(finding.is_error for finding in findings)
    found = [
        counted(count, what)
        for count, what in ((errors, "error"), (len(findings) - errors, "warning"))
        if count
    ]
    return f"{counted(files, 'file')}: {', '.join(found) or 'no findings'}"
