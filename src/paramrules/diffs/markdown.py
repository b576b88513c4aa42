"""Diffs as Markdown, for a comment on a pull request."""

import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Final

from paramrules.diagnostics import printable
from paramrules.diffs.changes import Diff
from paramrules.diffs.report import notes, summary, tables
from paramrules.display import Table
from paramrules.locks.sections import section_names

if TYPE_CHECKING:
    from paramrules.diffs.lock_changes import LockChange

_ROWS: Final = 50
"""The most rows of a table: a comment on GitHub has at most 65,536 characters."""


def markdown(
    diffs: Iterable[Diff],
    went: Iterable[str] = (),
    came: Iterable[str] = (),
    new_files: Iterable[str] = (),
    gone_files: Iterable[str] = (),
    new_targets: Iterable[str] = (),
    gone_targets: Iterable[str] = (),
    locks: "Iterable[LockChange]" = (),
) -> str:
    """Return the differences as headings and tables, with the longest tables cut.

    Args:
        diffs: the diffs of the models that are on both sides.
        went: the models that only the old side has.
        came: the models that only the new side has.
        new_files: the rule files that only the new side has.
        gone_files: the rule files that only the old side has.
        new_targets: the models, with their rule files, that only the new settings have.
        gone_targets: those that only the old settings have.
        locks: the locks that differ in more than the rules do.
    """
    several = list(diffs)
    names = section_names([diff.new for diff in several])
    lines = [line for name, diff in zip(names, several, strict=True) for line in _lines(name, diff)]
    lines += (f"- no longer locked: {_code(model)}" for model in went)
    lines += (f"- newly locked: {_code(model)}" for model in came)
    lines += (f"- new file: {_code(file)}" for file in new_files)
    lines += (f"- gone: {_code(file)}" for file in gone_files)
    lines += (f"- newly configured: {_code(each)}" for each in new_targets)
    lines += (f"- no longer configured: {_code(each)}" for each in gone_targets)
    lines += (
        f"- {_code(each.lock)} shows changes beyond the rules: {_plain(each.summary)}; "
        f"see {_code(each.command)}"
        for each in locks
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
    """Return a text that Markdown shows as it is in a table, where a bar has to be escaped even in code."""
    return _code(text).replace("|", "\\|")


def _code(text: str) -> str:
    """Return a text that Markdown shows as it is."""
    shown = printable(text)
    if not shown.strip(" "):
        return shown  # two backticks and nothing between them are no code
    longest = max(map(len, re.findall("`+", shown)), default=0)
    fence = "`" * (longest + 1)
    space = " " if longest or shown[0] == shown[-1] == " " else ""
    return f"{fence}{space}{shown}{space}{fence}"


def _plain(text: str) -> str:
    return re.sub(r"([\\`*_{}\[\]<>#|])", r"\\\1", printable(text))
