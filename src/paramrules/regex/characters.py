"""Sets of characters: sorted ranges of code points that do not touch. Classes are ASCII: `\\d` is `[0-9]`."""

from collections.abc import Iterable
from typing import TypeAlias

Ranges: TypeAlias = tuple[tuple[int, int], ...]
"""Pairs of a first and a last code point, both included."""

_LAST = 0x10FFFF


def union(ranges: Iterable[tuple[int, int]]) -> Ranges:
    """Any ranges in any order, as a set."""
    merged: list[tuple[int, int]] = []
    for first, last in sorted(ranges):
        if merged and first <= merged[-1][1] + 1:
            merged[-1] = (merged[-1][0], max(last, merged[-1][1]))
        else:
            merged.append((first, last))
    return tuple(merged)


def complement(ranges: Ranges) -> Ranges:
    """All other characters."""
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
    """With the other case of every ASCII letter, as `(?i)` has it."""
    more = list(ranges)
    for first, last in ranges:
        for low, high, shift in ((65, 90, 32), (97, 122, -32)):
            if first <= high and last >= low:
                more.append((max(first, low) + shift, min(last, high) + shift))
    return union(more)


def single(character: str) -> Ranges:
    """The set of one character."""
    return ((ord(character), ord(character)),)


def subset(ranges: Ranges, of: Ranges) -> bool:
    """Whether the second set holds all of the first."""
    return all(any(low <= first and last <= high for low, high in of) for first, last in ranges)


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
