"""Diffs as Markdown, for a comment on a pull request."""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from paramrules.diagnostics import printable
from paramrules.diffs.changes import Diff
from paramrules.diffs.report import notes, summary, tables
from paramrules.display import Table

if TYPE_CHECKING:
    from paramrules.diffs.diffs import Diffs

_ROWS: Final = 50
"""The most rows of a table: a comment on GitHub has at most 65,536 characters."""
_MARKUP: Final = re.compile(r"[^\w .,:=-]")
"""Characters that may mean something in Markdown or HTML, and more that do not."""


def markdown(diffs: "Diffs") -> str:
    """Return the differences as headings and tables, with the longest tables cut."""
    named = zip(diffs.names, diffs.diffs, strict=True)
    lines = [line for name, diff in named for line in _lines(name, diff)]
    lines += (f"- {what}: {_code(name)}" for what, names in diffs.alone.items() for name in names)
    lines += (
        f"- {_code(each.lock)} shows changes beyond the rules: {_plain(each.summary)}; "
        f"see {_code(each.command)}"
        for each in diffs.locks
    )
    return "\n".join(lines).rstrip("\n") + "\n"


def _lines(name: str, diff: Diff) -> Iterator[str]:
    yield f"### {_code(diff.new.rules)} on {_code(name)}"
    yield ""
    yield f"{summary(diff)}."
    for table in tables(diff, with_names=False):
        yield ""
        yield from _table(table)
    if lines := list(notes(diff)):
        yield ""
        yield from (f"- {_plain(line)}" for line in lines)
    yield ""


def _table(table: Table) -> Iterator[str]:
    yield f"| {' | '.join(table.heads)} |"
    yield f"|{'|'.join(' ---: ' if head in table.right else ' --- ' for head in table.heads)}|"
    for row in table.rows[:_ROWS]:
        cells = (
            _plain(c) if h in table.right else _in_cell(c) for h, c in zip(table.heads, row, strict=True)
        )
        yield f"| {' | '.join(cells)} |"
    if len(table.rows) > _ROWS:
        yield ""
        yield f"and {len(table.rows) - _ROWS} more rows"


def _in_cell(text: str) -> str:
    """Return a text that Markdown shows as it is in a table, where a bar has to be escaped even in code.

    A backslash in front of a bar would escape the escape, and end the cell.
    """
    if "\\|" in text:
        return f"<code>{_MARKUP.sub(lambda found: f'&#{ord(found[0])};', printable(text))}</code>"
    return _code(text).replace("|", "\\|")


def _code(text: str) -> str:
    """Return a text that Markdown shows as it is."""
    shown = printable(text)
    if not shown.strip(" "):
        return shown  # two backticks with nothing between them are not code
    longest = max(map(len, re.findall("`+", shown)), default=0)
    fence = "`" * (longest + 1)
    space = " " if longest or shown[0] == shown[-1] == " " else ""
    return f"{fence}{space}{shown}{space}{fence}"


def _plain(text: str) -> str:
    return re.sub(r"([\\`*_{}\[\]<>#|])", r"\\\1", printable(text))
