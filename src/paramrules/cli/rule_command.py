"""`paramrules rule CODE`."""

import click

from paramrules.cli.answer import Answer, Command
from paramrules.diagnostics import CODES, did_you_mean
from paramrules.diagnostics.pages import page


@click.command(cls=Command, reads_settings=False)
@click.argument("code")
def rule(code: str) -> Answer:
    """Print the page of a code: what it means, and what to do about it.

    \b
    paramrules rule W203

    JSON: `code`, `severity`, `title`, and `page`, in Markdown.
    """
    known = code.upper()
    try:
        text = page(known)
    except KeyError:
        near = did_you_mean(known, CODES)
        raise click.UsageError(f"there is no code `{code}`" + (f"; {near}" if near else "")) from None
    declared = CODES[known]
    result = {"code": known, "severity": declared.severity, "title": declared.title, "page": text}
    return Answer(text.splitlines(), result, is_output=True)
