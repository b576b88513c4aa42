"""A line of a file and the carets below it, cut to the width of a terminal.

A terminal breaks a line that is too long, and the carets stand under something else then. So a line is cut
around them, with `...` for what is left out.
"""

import re
from itertools import accumulate
from textwrap import wrap
from typing import Final, NamedTuple

from paramrules.diagnostics.message_text import printable, width

_CUT: Final = "..."
_COMMENT: Final = re.compile(r"""^((?:[^#"']|"[^"]*"|'[^']*')*)#.*""")
"""A line with a comment, and what stands before it."""

_LONG: Final = 1_000
"""The characters of a line that is shown whole where nothing breaks lines."""

_WINDOW: Final = 200
"""The columns that are shown of a longer one."""

_LABEL: Final = 40
"""The columns that a label gets which does not fit beside the carets."""


class Excerpt(NamedTuple):
    """A line as it is shown, the columns before its carets, and how many carets there are."""

    text: str
    before: int
    carets: int


def excerpt(line: str, start: int, length: int, columns: int | None = None) -> Excerpt:
    """Return a line with a part of it marked, in at most so many columns.

    A marked part that goes on in further lines is underlined to the end of this one, without trailing space
    and comment. Of one that is too long for the columns itself, the beginning is shown.

    A line of more than 1,000 characters is cut to 200 columns at most. What lies far from the marked part is
    not looked at, because a file may hold thousands of findings in one long line.

    Args:
        line: the line.
        start: the place in the line where the marked part begins.
        length: its length, which may go beyond the line.
        columns: the most columns; None for any number.

    >>> excerpt("no_decay: type(LayerNorm) or ndm <= 1 -> weight_decay = 0", 29, 3, 24)
    Excerpt(text='...Norm) or ndm <= 1 -...', before=12, carets=3)
    """
    if len(line) > _LONG:
        columns = min(columns or _WINDOW, _WINDOW)
        begin = max(0, start - 2 * _WINDOW)
        line, start = line[begin : start + 4 * _WINDOW], start - begin
    rest = line[start:]
    marked = rest[:length] if length <= len(rest) else _COMMENT.sub(r"\1", rest).rstrip()
    first = width(printable(line[:start]))
    last = first + max(1, width(printable(marked)))
    total = width(printable(line))
    if columns is None or max(total, last) <= columns:
        return Excerpt(printable(line).rstrip(), first, last - first)
    left = _left(first, last, max(total, last), columns)
    right = left + columns
    begin = left + len(_CUT) if left else 0
    end = right - len(_CUT) if right < total else right
    text = _CUT if left else ""
    if line.isascii() and line.isprintable():
        text += line[begin:end]
    else:
        text = _between(line, text, left, begin, end)
    if right < total:
        text += " " * (end - left - width(text)) + _CUT
    return Excerpt(text.rstrip(), first - left, min(last, end) - first)


def _between(line: str, text: str, left: int, begin: int, end: int) -> str:
    """Return a text that begins in column `left`, followed by the columns of a line from `begin` to `end`."""
    shown = [printable(character) for character in line]
    for character, at in zip(shown, accumulate(map(width, shown)), strict=True):
        if at - width(character) >= begin and at <= end:
            # half of a wide one is left out
            text += " " * (at - width(character) - left - width(text)) + character
    return text


def label_lines(label: str, before: int, columns: int) -> list[str]:
    """Return a label in lines that stand below the carets, indented."""
    indent = " " * max(0, min(before, columns - _LABEL))
    return wrap(
        label,
        max(columns, _LABEL),
        initial_indent=indent,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _left(first: int, last: int, total: int, columns: int) -> int:
    """Return the first column to show: 0 if that leaves room for the marked part, else one well before it."""
    cut = len(_CUT)
    if last <= columns - cut:
        return 0
    room = columns - (last - first)
    before = room // 2 if room >= 2 * cut else cut
    return max(0, min(first - before, total - columns))
