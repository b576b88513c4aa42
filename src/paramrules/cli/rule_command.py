"""`paramrules rule CODE`."""

import click

from paramrules.cli.answer import Answer, Command
from paramrules.diagnostics import CODES, did_you_mean, listed
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
        near = did_you_mean(known, CODES) or _numbered(known)
        raise click.UsageError(f"there is no code `{code}`" + (f"; {near}" if near else "")) from None
    declared = CODES[known]
    result = {"code": known, "severity": declared.severity, "title": declared.title, "page": text}
    return Answer(text.splitlines(), result, is_output=True)


def _numbered(number: str) -> str:
    """Return the help with the codes that have a number, as for `301`; an empty text if there are none."""
    codes = [code for code in CODES if code[1:] == number]
    return f"did you mean {listed(codes, last='or')}?" if codes else ""
