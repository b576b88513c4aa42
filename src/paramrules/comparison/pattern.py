"""Names with words in place of numbers: `blocks.{i}.norm{j+1}.scale`."""

import re
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple, Self

from paramrules.diagnostics import Span

Numbers = dict[str, int]
"""What the words of a pattern stand for."""

WORDS: Final = "ijklmnopqrst"
"""The words that patterns are written with."""

_HOLE: Final = re.compile(r"\{([A-Za-z_][A-Za-z0-9_]*)(?:([+-][0-9]{1,9}))?\}")
_WRONG: Final = re.compile(r"[{}\s]")
_DIGITS: Final = re.compile(r"[0-9]+")


class Hole(NamedTuple):
    """A place where a number stands: the word for it, and what is added to it."""

    word: str
    more: int


class Pattern(NamedTuple):
    """A name as a mapping file writes it: texts, and the holes between them."""

    span: Span
    texts: tuple[str, ...]
    holes: tuple[Hole, ...]

    @classmethod
    def of(cls, span: Span) -> Self | None:
        """The pattern that is written there; None where there is none."""
        found = list(_HOLE.finditer(span.text))
        ends = [0, *(match.end() for match in found)]
        starts = [*(match.start() for match in found), len(span.text)]
        texts = tuple(span.text[end:start] for end, start in zip(ends, starts, strict=True))
        if not span.text or any(map(_WRONG.search, texts)):
            return None
        return cls(span, texts, tuple(Hole(match[1], int(match[2] or 0)) for match in found))

    @property
    def words(self) -> frozenset[str]:
        """The words that stand for numbers."""
        return frozenset(hole.word for hole in self.holes)

    def filled(self, numbers: Numbers) -> str:
        """The name with these numbers in it."""
        written = (str(numbers[hole.word] + hole.more) for hole in self.holes)
        return self.texts[0] + "".join(
            number + text for number, text in zip(written, self.texts[1:], strict=True)
        )

    def found_in(self, names: Sequence[str]) -> Iterator[Numbers]:
        """The numbers with which it is one of the names."""
        matches = re.compile("([0-9]{1,18})".join(map(re.escape, self.texts))).fullmatch
        for name in names:
            if match := matches(name):
                numbers = {
                    hole.word: int(digits) - hole.more
                    for hole, digits in zip(self.holes, match.groups(), strict=True)
                }
                if self.filled(numbers) == name:  # the same number wherever its word is
                    yield numbers


def patterned(name: str) -> str:
    """A name with words in place of all its numbers.

    >>> patterned("h.0.mlp.fc1.weight")
    'h.{i}.mlp.fc{j}.weight'
    """
    words = iter(WORDS)
    return _DIGITS.sub(lambda digits: f"{{{word}}}" if (word := next(words, "")) else digits[0], name)
