"""Find patterns of siblings that repeat: layers of which every fourth is another one.

    layers.0..44..4
      +0..2              layers 0, 1, 2, 4, 5, 6, 8, ...
        linear_attn
      +3                 layers 3, 7, 11, ...
        self_attn

A line below a series that begins with `+` adds to the last number above it. Equal layers share a line
wherever they stand, `+0,2,6`; the layers are in the order of their numbers.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from paramrules.locks.runs import Kid, Numbers, Run, slopes_of

_LONGEST: Final = 16
"""The most siblings of a pattern. So each is compared with a few others, however many there are."""

_SAVED: Final = 3
"""The least siblings that get no line of their own; with fewer, they are as easy to read one by one."""

_NUMBERED: Final = re.compile(r"([A-Za-z0-9_-]*[A-Za-z_-]|)(0|[1-9][0-9]{0,8})((?:\.[^\"]*)?)")


class Offsets(NamedTuple):
    """Paths whose number is the one above and one of these: `+0..2,4.mlp`."""

    numbers: Numbers
    after: str

    def __str__(self) -> str:
        parts: list[list[int]] = []
        for number in self.numbers:
            if parts and number == parts[-1][-1] + 1:
                parts[-1].append(number)
            else:
                parts.append([number])
        shown = (f"{own[0]}..{own[-1]}" if len(own) > 1 else f"{own[0]}" for own in parts)
        return f"+{','.join(shown)}{self.after}"


class Part(NamedTuple):
    """A line of a pattern.

    Attributes:
        path: its paths.
        slopes: for each number below, how it counts along with the offset.
        form: the form of the subtree.
        numbers: the numbers below, where everything that counts is 0.
        rises: for each number below, how it counts along with the number of the first sibling.
    """

    path: Offsets
    slopes: Numbers
    form: int
    numbers: Numbers
    rises: Numbers


class Repeat(NamedTuple):
    """A pattern: the numbers at which it starts, its lines, and how many siblings it stands for."""

    run: Run
    parts: tuple[Part, ...]
    covered: int


class _Sibling(NamedTuple):
    before: str
    number: int
    after: str
    form: int
    numbers: Numbers


def repeat(kids: Sequence[Kid], at: int, more_than: int) -> Repeat | None:
    """Return the pattern that covers the most siblings from one on, if they are more than a number.

    Among patterns that cover as many, the shortest is returned; None if there is none.
    """
    siblings = _Siblings(kids, at)
    best = None
    for length in range(2, min(_LONGEST, (len(kids) - at) // 2) + 1):
        found = siblings.repeat(length)
        if found and found.covered > more_than and found.covered - len(found.parts) >= _SAVED:
            best, more_than = found, found.covered
    return best


class _Siblings:
    """The siblings from a place on, each read once it is needed."""

    def __init__(self, kids: Sequence[Kid], at: int) -> None:
        self._kids, self._at = kids, at
        self._known: list[_Sibling | None] = []

    def __getitem__(self, number: int) -> _Sibling | None:
        while len(self._known) <= number:
            path, form, numbers = self._kids[self._at + len(self._known)]
            found = _NUMBERED.fullmatch(path)
            self._known.append(_Sibling(found[1], int(found[2]), found[3], form, numbers) if found else None)
        return self._known[number]

    def repeat(self, length: int) -> Repeat | None:
        """Return the pattern of some length, None if there is none."""
        pattern = [self[number] for number in range(length)]
        first, again = pattern[0], self[length]
        if first is None or again is None:
            return None
        step = again.number - first.number
        members, rises = [], []
        for one, other in zip(pattern, (self[length + number] for number in range(length)), strict=True):
            rise = _rise(one, other, first, step)
            if one is None or rise is None:
                return None
            members.append(one)
            rises.append(rise)
        if any(a.number >= b.number for a, b in zip(members, [*members[1:], again], strict=True)):
            return None
        count = 2 * length
        while self._at + count + length <= len(self._kids) and all(
            _rise(self[count - length + number], self[count + number], first, step) == rises[number]
            for number in range(length)
        ):
            count += length
        last = first.number + (count // length - 1) * step
        return Repeat(Run(first.before, first.number, last, step, ""), tuple(_parts(members, rises)), count)


def _rise(one: _Sibling | None, other: _Sibling | None, first: _Sibling, step: int) -> Numbers | None:
    """Return how the numbers of a sibling count along up to the next of its kind; None for another one."""
    if one is None or other is None or one[3] != other[3] or one.after != other.after:
        return None
    if not one.before == other.before == first.before or other.number - one.number != step:
        return None
    return slopes_of(one.numbers, other.numbers, step)


def _parts(members: Sequence[_Sibling], rises: Sequence[Numbers]) -> Iterator[Part]:
    """Yield the lines of a pattern, each for siblings that are equal but for numbers that count up evenly."""
    start = members[0].number
    left = list(zip(members, rises, strict=True))
    while left:
        (one, rise), *others = left
        slopes: Numbers | None = None
        offsets, left = [one.number - start], []
        for other, own in others:
            found = slopes_of(one.numbers, other.numbers, other.number - one.number) if own == rise else None
            alike = (other.form, other.after) == (one.form, one.after) and found is not None
            if alike and slopes in (None, found):
                slopes = found
                offsets.append(other.number - start)
            else:
                left.append((other, own))
        slopes = slopes or (0,) * len(one.numbers)
        numbers = tuple(
            number - by * start - slope * offsets[0]
            for number, by, slope in zip(one.numbers, rise, slopes, strict=True)
        )
        yield Part(Offsets(tuple(offsets), one.after), slopes, one.form, numbers, rise)
