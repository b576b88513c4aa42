"""Columns: of what follows the labels, of the arrows, and of the comments behind code."""

from collections.abc import Iterable, Sequence
from typing import Final

from paramrules.diagnostics.message_text import width
from paramrules.formatting.statement import Statement
from paramrules.formatting.writer import Line

HEAD: Final = 24
"""The widest label, with its colon, that moves what follows the others."""

BODY: Final = 50
"""The widest predicate that moves the arrows of the others."""

CODE: Final = 60
"""The widest line that moves the comments behind its neighbours."""


def laid_out(block: Sequence[Statement]) -> list[list[Line]]:
    """Return the lines of statements that stand together."""
    column = _widest((each.head_width for each in block if each.body), HEAD)
    heads = [max(each.head_width, column) for each in block]
    rows = [
        each.arrow is not None and head == column and each.fits(head)
        for each, head in zip(block, heads, strict=True)
    ]
    arrows = _widest((each.body_width for each, is_row in zip(block, rows, strict=True) if is_row), BODY)
    return [
        each.lines(head, max(arrows, each.body_width) if is_row else each.body_width)
        for each, head, is_row in zip(block, heads, rows, strict=True)
    ]


def join(lines: Sequence[Line]) -> str:
    """Return the text of lines, the comments behind neighbouring lines in one column."""
    texts = []
    column = shared = run = 0  # the lines up to here have a column
    for number, line in enumerate(lines):
        if not line.comment:
            texts.append(line.code)
            continue
        if not line.continues:
            if number >= run:
                run = number
                while run < len(lines) and lines[run].comment and not lines[run].continues:
                    run += 1
                shared = _widest((width(each.code) for each in lines[number:run]), CODE)
            column = max(width(line.code), shared) + 2
        texts.append(line.code + " " * (column - width(line.code)) + line.comment)
    return "".join(f"{text}\n" for text in texts)


def _widest(widths: Iterable[int], limit: int) -> int:
    return max((each for each in widths if each <= limit), default=0)
