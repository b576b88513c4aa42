"""Shapes for which given facts are true, and others are not.

Facts compare extents and their number with constants, so every extent behaves as one of a few does: the
constants, and the numbers beside them. All shapes made of such numbers are tried, smallest first.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import product
from math import ceil, floor, prod
from typing import Final, cast

from paramrules.assignment.value_evaluator import compare
from paramrules.inventories import ABSENT
from paramrules.rules.arithmetic import LARGEST
from paramrules.rules.dnf import Atom, Budget, GaveUp

Shape = tuple[int, ...]
Pattern = tuple[float | None, ...]

_FREE: Final = (2, 1)
"""Extents that no fact is about: one that `squeezed_ndim` counts, and one that it does not."""
_AXES: Final = 64
"""The most axes of a shape that is tried."""
_TRIED: Final = 20_000
"""The most shapes with one number of axes that are tried."""
_EXTENT: Final = re.compile(r"shape\[(-?\d+)\]")


def shapes(facts: Mapping[Atom, bool], axes: int, budget: Budget) -> Iterator[Shape]:
    """Yield shapes that have these facts, small ones first and scalars last; other facts are ignored.

    Some have at least so many `axes`, with extents that differ, if there are such.

    Raises:
        GaveUp: none was found, and yet there may be one.
    """
    wanted = [(fact, value) for fact, value in facts.items() if _is_of_shape(fact)]
    sized = [(fact, value) for fact, value in wanted if fact.subject == "size"]
    others = [(fact, value) for fact, value in wanted if fact.subject != "size"]
    found, complete = _candidates(wanted, axes)
    any_found = False
    for shape in sorted(found, key=_size):
        budget.spend()
        if all(_has(shape, fact) == value for fact, value in others):
            if all(_has(shape, fact) == value for fact, value in sized):
                any_found = True
                yield shape
            else:
                complete = False  # not all products of extents are tried
    if not any_found and not complete:
        raise GaveUp


def _candidates(wanted: list[tuple[Atom, bool]], axes: int) -> tuple[set[Shape], bool]:
    """Return shapes, and whether that is one for each combination of facts, sizes apart."""
    patterns = [(_pattern(fact), value) for fact, value in wanted if is_shape(fact)]
    numbers = [(fact, value) for fact, value in wanted if not is_shape(fact)]
    sizes = near(constant(fact) for fact, _ in numbers if fact.subject == "size")
    found: set[Shape] = set()
    complete = True
    for count in _counts(patterns, numbers, axes):
        if count > _AXES:
            complete = False
            continue
        places = _places(count, patterns, numbers, bool(sizes))
        free = [at for at in range(count) if at not in places]
        if prod(map(len, places.values())) * (len(free) + 1) * (1 + len(sizes)) > _TRIED:
            complete = False
            continue
        for chosen in product(*places.values()):
            for ones in range(len(free) + 1):
                shape = [1 if at in free[:ones] else 2 for at in range(count)]
                for at, extent in zip(places, chosen, strict=True):
                    shape[at] = extent
                found.add(tuple(shape))
                if axes and not ones:
                    found.add(tuple(at + 3 if at in free else extent for at, extent in enumerate(shape)))
                for size in sizes if free else ():
                    shape[free[-1]] = size
                    found.add(tuple(shape))
    large = {shape for shape in found if max(prod(shape), *shape, 0) > LARGEST}
    return found - large, complete and not large


def _counts(patterns: list[tuple[Pattern, bool]], numbers: list[tuple[Atom, bool]], axes: int) -> list[int]:
    """Return the numbers of axes that facts tell apart."""
    fixed = {len(pattern) for pattern, value in patterns if value}
    if fixed:
        return sorted(fixed)
    positions = [position for fact, _ in numbers if (position := _position(fact)) is not None]
    squeezed = near(constant(fact) for fact, _ in numbers if fact.subject == "squeezed_ndim")
    lengths = [len(pattern) for pattern, _ in patterns]
    front = max([position + 1 for position in positions if position >= 0] + lengths, default=0)
    back = max((-position for position in positions if position < 0), default=0)
    most = front + back + max(squeezed, default=1) + 1  # more axes stand between those that facts are about
    more = near(constant(fact) for fact, _ in numbers if fact.subject == "ndim")
    return sorted({*range(min(most, _AXES) + 1), most, axes, *more})


def _places(
    count: int, patterns: list[tuple[Pattern, bool]], numbers: list[tuple[Atom, bool]], sized: bool
) -> dict[int, list[int]]:
    """Return the extents to try at each place that facts are about, if there are so many axes."""
    facts: dict[int, list[tuple[Atom, bool]]] = {}
    for fact, value in numbers:
        position = _position(fact)
        if position is not None and -count <= position < count:
            facts.setdefault(position % count, []).append((fact, value))
    written: dict[int, set[float]] = {}
    fixed: dict[int, float] = {}
    for pattern, value in patterns:
        for at, extent in enumerate(pattern[:count]):
            if extent is not None:
                written.setdefault(at, set()).add(extent)
                if value:
                    fixed[at] = extent
    found: dict[int, list[int]] = {}
    for at in sorted({*facts, *written}):
        own = facts.get(at, [])
        constants = {*(constant(fact) for fact, _ in own), *written.get(at, ())}
        same = [n for n in near((fixed[at],)) if n == fixed[at]] if at in fixed else []
        tried = same if at in fixed else [*_FREE, *near(constants)]
        fitting = [n for n in dict.fromkeys(tried) if all(compares(fact, n) == value for fact, value in own)]
        if at not in written and not sized:  # those that nothing tells apart
            fitting = [n for n in fitting if n != 1][:1] + [n for n in fitting if n == 1]
        found[at] = fitting
    return found


def is_shape(fact: Atom) -> bool:
    """Return whether a fact is `shape == (...)`."""
    return fact.kind == "other" and fact.subject == "shape"


def constant(fact: Atom) -> float:
    """Return the constant that a number is compared with."""
    return cast(tuple[str, float], fact.what)[1]


def compares(fact: Atom, number: int | None) -> bool:
    """Return whether a number, None if it is absent, compares as a fact says."""
    relation, other = cast(tuple[str, float], fact.what)
    if relation == "!=":
        return number is not None and number != other
    return compare(ABSENT if number is None else number, relation, other)


def near(constants: Iterable[float]) -> list[int]:
    """Return the whole numbers at constants and beside them, from 0, which stands for negative ones."""
    return sorted(
        {max(round_(c) + more, 0) for c in constants for round_ in (floor, ceil) for more in (-1, 0, 1)}
    )


def _is_of_shape(fact: Atom) -> bool:
    if fact.kind != "number":
        return is_shape(fact)
    return fact.subject in ("ndim", "squeezed_ndim", "size") or _position(fact) is not None


def _position(fact: Atom) -> int | None:
    found = _EXTENT.fullmatch(fact.subject)
    return None if found is None else int(found[1])


def _pattern(fact: Atom) -> Pattern:
    return cast(Pattern, fact.what)


def _size(shape: Shape) -> tuple[object, ...]:
    return not shape, len(shape), 0 in shape, shape.count(1), prod(shape), shape


def _has(shape: Shape, fact: Atom) -> bool:
    if is_shape(fact):
        pattern = _pattern(fact)
        return len(pattern) == len(shape) and all(
            wanted is None or compare(wanted, "==", extent)
            for wanted, extent in zip(pattern, shape, strict=True)
        )
    if fact.subject == "ndim":
        return compares(fact, len(shape))
    if fact.subject == "squeezed_ndim":
        return compares(fact, sum(extent != 1 for extent in shape))
    position = _position(fact)
    if position is None:
        return compares(fact, prod(shape))
    return compares(fact, shape[position] if -len(shape) <= position < len(shape) else None)
