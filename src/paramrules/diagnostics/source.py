"""A text that was read, and positions in it."""

from bisect import bisect_right
from functools import cached_property
from itertools import zip_longest
from typing import Final, NamedTuple

_QUOTED: Final = 160
"""The most characters that a message quotes of a file."""


class Source:
    """A rule file's name and text. Offsets count characters of `text`: no BOM, lines end in LF."""

    def __init__(self, name: str, text: str) -> None:
        self.name = name
        self.text = text

    def __repr__(self) -> str:
        return f"Source({self.name!r})"

    @cached_property
    def line_starts(self) -> list[int]:
        """The offset at which each line begins."""
        starts = [0]
        at = self.text.find("\n")
        while at >= 0:
            starts.append(at + 1)
            at = self.text.find("\n", at + 1)
        return starts

    def position(self, offset: int) -> tuple[int, int]:
        """Return the line and the column of an offset, both from 1."""
        line = bisect_right(self.line_starts, offset)
        return line, offset - self.line_starts[line - 1] + 1

    def line(self, number: int) -> str:
        """Return the text of a line, counted from 1, without its end."""
        start = self.line_starts[number - 1]
        end = self.text.find("\n", start)
        return self.text[start:] if end < 0 else self.text[start:end]

    def first_difference(self, expected: str) -> "Span":
        """Return the first line that another text has not; the last one if that text only goes on."""
        lines = self.text.split("\n")
        pairs = enumerate(zip_longest(lines, expected.split("\n")))
        number = next((number for number, (one, other) in pairs if one != other), 0)
        number = min(number, len(lines) - 1)
        start = self.line_starts[number]
        return Span(self, start, start + len(lines[number]))


class Span(NamedTuple):
    """The characters from `start` to `end` (excluded) of a source."""

    source: Source
    start: int
    end: int

    @property
    def text(self) -> str:
        """The characters themselves."""
        return self.source.text[self.start : self.end]

    @property
    def one_line(self) -> str:
        """The characters on one line, each run of white space as one space."""
        return " ".join(self.text.split())

    @property
    def quote(self) -> str:
        """The characters on one line, for a message: at most 160 of them, with `...` for the rest."""
        text = self.one_line
        return text if len(text) <= _QUOTED else f"{text[: _QUOTED - 3]}..."

    @property
    def line(self) -> int:
        """The number of its first line, from 1."""
        return self.source.position(self.start)[0]

    @property
    def location(self) -> str:
        """Its file and first line: `vit.rules:9`."""
        return f"{self.source.name}:{self.line}"

    def to(self, other: "Span") -> "Span":
        """Return the span from the start of this one to the end of a later one of the same source."""
        return Span(self.source, self.start, other.end)
