"""Find siblings that form a series: equal modules whose numbers count up.

0, 1, 2           0..2
0, 2, 4           0..4..2
0, 1, 10, 11, 2   0..11..text, the order in which JAX sorts keys
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Final, NamedTuple

from paramrules.locks.words import NUMBER

_BESIDE: Final = ("", ".", "_")
"""The text beside a number that stands by itself."""

BY_TEXT: Final = "text"
"""The mark of a series whose numbers stand in the order of texts."""

_GLUED: Final = 3
"""The least members of a fold of which nothing but the name says that they are a series: `w1..3`."""


class Run(NamedTuple):
    """Paths with a number that counts up: `layer_0..11.weight`; in the order of texts if `step` is 0."""

    before: str
    first: int
    last: int
    step: int
    after: str

    def __str__(self) -> str:
        step = "" if self.step == 1 else f"..{self.step}" if self.step else f"..{BY_TEXT}"
        return f"{self.before}{self.first}..{self.last}{step}{self.after}"


Numbers = tuple[int, ...]
Kid = tuple[str, int, Numbers]
"""A subtree as its module sees it: the path to it, its form, its numbers."""


def run(kids: Sequence[Kid], at: int) -> tuple[Run, tuple[int, ...], int] | None:
    """Return the paths, the slopes and the length of the run that starts at a sibling; None for none."""
    if at + 1 == len(kids):
        return None
    path, form, numbers = kids[at]
    next_path, next_form, next_numbers = kids[at + 1]
    up = counting(path, next_path) if form == next_form else None
    if up is None or '"' in path:
        return None
    before, start, step, after = up
    slopes = slopes_of(numbers, next_numbers, step)
    if slopes is None:
        return None
    if by_text := _by_text(kids, at, up, slopes):
        return by_text
    count = 2
    for path, other_form, others in kids[at + 2 :]:
        if other_form != form or path != f"{before}{start + count * step}{after}":
            break
        rise = step * count
        if others and others != tuple(n + slope * rise for n, slope in zip(numbers, slopes, strict=True)):
            break
        count += 1
    separate = before[-1:] in _BESIDE and after[:1] in _BESIDE
    if count < _GLUED and not (separate and step == 1 and all(slope in (0, 1) for slope in slopes)):
        return None
    return Run(before, start, start + (count - 1) * step, step, after), slopes, count


def slopes_of(ones: Numbers, others: Numbers, step: int) -> Numbers | None:
    """Return how numbers count along with a series; None if one of them does not do so evenly."""
    slopes = []
    for one, other in zip(ones, others, strict=True):
        slope, odd = divmod(other - one, step)
        if odd:
            return None
        slopes.append(slope)
    return tuple(slopes)


def _by_text(
    kids: Sequence[Kid], at: int, up: tuple[str, int, int, str], slopes: Numbers
) -> tuple[Run, tuple[int, ...], int] | None:
    """Return the run of siblings whose numbers are ordered as texts: 0, 1, 10, 11, 2, as JAX sorts keys.

    It begins with 0, 1, 10 or with 1, 10, so that no sibling is looked at more than twice.
    """
    before, start, step, after = up
    third = kids[at + 2][0] if at + 2 < len(kids) else ""
    if (start, step) != (1, 9) and ((start, step) != (0, 1) or third != f"{before}10{after}"):
        return None
    _, form, first = kids[at]
    numbers: list[int] = []
    for path, other_form, others in kids[at:]:
        number = path[len(before) : len(path) - len(after)]
        if other_form != form or path != f"{before}{number}{after}" or not NUMBER.fullmatch(number):
            break
        rise = int(number) - start
        if others != tuple(n + slope * rise for n, slope in zip(first, slopes, strict=True)):
            break
        numbers.append(int(number))
    last = max(numbers)
    if last < 10 or numbers != in_order(start, last, 0):
        return None
    return Run(before, start, last, 0, after), slopes, len(numbers)


def in_order(first: int, last: int, step: int) -> Sequence[int]:
    """Return the numbers of a series; with a step of 0, counted by ones and in the order of texts."""
    return range(first, last + 1, step) if step else sorted(range(first, last + 1), key=str)


@lru_cache(1 << 16)
def counting(one: str, other: str) -> tuple[str, int, int, str] | None:
    """Return how two texts count up: the text before the number, the number, the step, the text behind it."""
    ones, others = list(NUMBER.finditer(one)), list(NUMBER.finditer(other))
    if len(ones) != len(others):
        return None
    for a, b in zip(ones, others, strict=True):
        step = int(b[0]) - int(a[0])
        if step:
            before, after = one[: a.start()], one[a.end() :]
            same = other[: b.start()] == before and other[b.end() :] == after
            return (before, int(a[0]), step, after) if same and step > 0 else None
    return None
