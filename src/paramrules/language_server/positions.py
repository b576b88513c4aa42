"""Positions of the protocol: lines from 0, and code units in them, of UTF-16 unless otherwise agreed."""

import re
from bisect import bisect_right
from collections.abc import Callable
from functools import cached_property
from typing import Final

from lsprotocol import types

from paramrules.diagnostics import Span
from paramrules.syntax.decode import normalised

_LINE_END: Final = re.compile(r"\r\n|\r|\n")

Units = Callable[[str], int]
"""Counts the code units of a text, as the client and the server have agreed."""


class Lines:
    """A text as an editor holds it, and places in it.

    Offsets are those of a `Source` of the text: without a byte order mark, with LF at line ends.
    """

    def __init__(self, text: str, units: Units) -> None:
        self.text = text
        self._units = units

    @cached_property
    def _starts(self) -> list[int]:
        text = normalised(self.text)
        return [0, *(found.end() for found in _LINE_END.finditer(text))]

    @cached_property
    def _lines(self) -> list[str]:
        return _LINE_END.split(normalised(self.text))

    @cached_property
    def _mark(self) -> int:
        """The units of a byte order mark, which is on the first line."""
        return self._units("\ufeff") if self.text.startswith("\ufeff") else 0

    def position(self, offset: int) -> types.Position:
        """Return the position of an offset."""
        line = bisect_right(self._starts, offset) - 1
        units = self._units(self._lines[line][: offset - self._starts[line]])
        return types.Position(line, units + (self._mark if line == 0 else 0))

    def offset(self, position: types.Position) -> int:
        """Return the offset of a position; one behind the end of its line, or of the text, is that end."""
        if position.line >= len(self._lines):
            return self._starts[-1] + len(self._lines[-1])
        units = position.character - (self._mark if position.line == 0 else 0)
        at = 0
        line = self._lines[position.line]
        while at < len(line) and units > 0:
            units -= self._units(line[at])
            at += 1
        return self._starts[position.line] + at

    def range(self, start: int, end: int) -> types.Range:
        """Return the range between two offsets; one that ends before it starts is empty."""
        return types.Range(self.position(start), self.position(max(start, end)))

    def of(self, span: Span) -> types.Range:
        """Return the range of a span of this text."""
        return self.range(span.start, span.end)

    def line(self, number: int) -> str:
        """Return the text of a line, counted from 0; "" if there is none."""
        return self._lines[number] if number < len(self._lines) else ""
