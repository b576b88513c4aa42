"""Whether two shapes can hold the same numbers: in another order of axes, or with axes merged."""

from functools import lru_cache
from math import prod

Shape = tuple[int, ...]


@lru_cache(maxsize=100_000)
def same_numbers(a: Shape, b: Shape) -> bool:
    """Whether one shape is the other with its axes reordered and some of them merged; extents of 1 are free.

    >>> same_numbers((768, 12, 64), (768, 768)), same_numbers((3, 3, 8, 16), (16, 8, 3, 3))
    (True, True)
    >>> same_numbers((4, 9), (6, 6))
    False
    """
    if prod(a) != prod(b):
        return False
    few, many = sorted((_axes(a), _axes(b)), key=len)
    return few == many or _merges(few, many)


def _axes(shape: Shape) -> Shape:
    return tuple(sorted((extent for extent in shape if extent != 1), reverse=True))


@lru_cache(maxsize=10_000)
def _merges(whole: Shape, parts: Shape) -> bool:
    """Whether the parts can be put into groups that multiply to the wholes."""
    if not parts:
        return all(extent == 1 for extent in whole)
    part, rest = parts[0], parts[1:]
    return any(
        extent % part == 0 and _merges(tuple(sorted((*whole[:at], extent // part, *whole[at + 1 :]))), rest)
        for at, extent in enumerate(whole)
        if extent not in whole[:at]
    )
