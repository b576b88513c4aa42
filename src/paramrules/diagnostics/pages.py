"""The page of a code: what it means, a file that causes it, and the fix."""

from importlib.resources import files
from pathlib import Path
from typing import Final

from paramrules.diagnostics.codes import CODES

PAGES: Final = "https://github.com/paramrules/paramrules/blob/main/docs"
"""The folder of all pages on the web."""


def page_url(code: str) -> str:
    """Return the address of the page of a code.

    >>> page_url("E301")
    'https://github.com/paramrules/paramrules/blob/main/docs/diagnostics/E301.md'
    """
    return f"{PAGES}/diagnostics/{code}.md"


def page(code: str) -> str:
    """Return the page of a code as Markdown.

    It comes with the installed package; in a clone it is docs/diagnostics/CODE.md.

    Raises:
        KeyError: the code has no page.
    """
    if code not in CODES:
        raise KeyError(code)
    name = f"{code}.md"
    for folder in (
        files("paramrules.diagnostics") / "pages",
        Path(__file__).parents[3] / "docs" / "diagnostics",
    ):
        if (folder / name).is_file():
            return (folder / name).read_text("utf-8")
    raise KeyError(code)
