"""Sets of characters: sorted ranges of code points that do not touch. Classes are ASCII: `\\d` is `[0-9]`."""

from collections.abc import Iterable
from typing import TypeAlias

Ranges: TypeAlias = tuple[tuple[int, int], ...]
"""Pairs of a first and a last code point, both included."""

_LAST = 0x10FFFF


def union(ranges: Iterable[tuple[int, int]]) -> Ranges:
    """Return ranges in any order, overlapping or not, as one set."""
    merged: list[tuple[int, int]] = []
    for first, last in sorted(ranges):
        if merged and first <= merged[-1][1] + 1:
            merged[-1] = (merged[-1][0], max(last, merged[-1][1]))
        else:
            merged.append((first, last))
    return tuple(merged)


def complement(ranges: Ranges) -> Ranges:
    """Return all characters that are not in the set."""
    others: list[tuple[int, int]] = []
    at = 0
    for first, last in ranges:
        if first > at:
            others.append((at, first - 1))
        at = last + 1
    if at <= _LAST:
        others.append((at, _LAST))
    return tuple(others)


def fold(ranges: Ranges) -> Ranges:
    """Add the other case of every ASCII letter, as `(?i)` does."""
    more = list(ranges)
    for first, last in ranges:
        for low, high, shift in ((65, 90, 32), (97, 122, -32)):
            if first <= high and last >= low:
                more.append((max(first, low) + shift, min(last, high) + shift))
    return union(more)


def single(character: str) -> Ranges:
    """Return the set of one character."""
    return ((ord(character), ord(character)),)


def subset(ranges: Ranges, of: Ranges) -> bool:
    """Return whether the second set holds all of the first."""
    return all(any(low <= first and last <= high for low, high in of) for first, last in ranges)


def disjoint(one: Ranges, other: Ranges) -> bool:
    """Return whether no character is in both sets."""
    i = j = 0
    while i < len(one) and j < len(other):
        if one[i][1] < other[j][0]:
            i += 1
        elif other[j][1] < one[i][0]:
            j += 1
        else:
            return False
    return True


DIGITS: Ranges = ((48, 57),)
WORD: Ranges = ((48, 57), (65, 90), (95, 95), (97, 122))
SPACE: Ranges = ((9, 13), (32, 32))
ANY: Ranges = ((0, _LAST),)
DOT: Ranges = complement(single("\n"))
CLASSES: dict[str, Ranges] = {
    "d": DIGITS,
    "D": complement(DIGITS),
    "w": WORD,
    "W": complement(WORD),
    "s": SPACE,
    "S": complement(SPACE),
}
