"""Stacks that a run of `init` shows: inside a scan, a module sees an array without the axis of the scan."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import combinations, pairwise
from typing import NamedTuple

from paramrules_optax.libraries.abstract_init import Views
from paramrules_optax.stacks.layer_stacks import StackAxes, StackAxis
from paramrules_optax.trees.leaves import Shape

Axes = tuple[int, ...]


class Step(NamedTuple):
    """The shapes inside and outside of a stack, or of several at one place, whose root is a path."""

    root: str
    inner: Shape
    outer: Shape


def seen_stacks(stored: Sequence[Shape], views: Sequence[Views]) -> list[StackAxes]:
    """Return the stacks that each array is in.

    Shapes may be ambiguous about the axis that a stack adds: (4, 4) inside and (4, 4, 4) outside. All arrays
    of a stack have it at the same place, counted from the front or from the back, so an unambiguous one
    decides for the others. If there is none, it is the first axis.
    """
    steps = [_steps(shape, seen) for shape, seen in zip(stored, views, strict=True)]
    together: dict[tuple[str, int, int], list[tuple[int, int]]] = defaultdict(list)
    for array, own in enumerate(steps):
        for depth, step in enumerate(own):
            together[step.root, depth, len(step.outer) - len(step.inner)].append((array, depth))
    added: dict[tuple[int, int], Axes] = {}
    for places in together.values():
        added.update(zip(places, _axes([steps[array][depth] for array, depth in places]), strict=True))
    return [
        tuple(_stacks(own, [added[array, depth] for depth in range(len(own))]))
        for array, own in enumerate(steps)
    ]


def _steps(stored: Shape, seen: Views) -> list[Step]:
    """Return the steps from the stored shape inwards; none if stacking cannot have added the axes."""
    if not seen or next(iter(seen)) == stored:
        return []
    chain = [next(iter(seen))]
    for shape in sorted(seen, key=len):
        if _holds(shape, chain[-1]) and _holds(stored, shape):
            chain.append(shape)
    if not _holds(stored, chain[-1]):
        return []
    chain.append(stored)
    return [Step(seen[inner], inner, outer) for inner, outer in pairwise(chain)][::-1]


def _holds(outer: Shape, inner: Shape) -> bool:
    """Return whether the outer shape is the inner one with further axes."""
    extents = iter(outer)
    return len(outer) > len(inner) and 0 not in outer and all(extent in extents for extent in inner)


def _axes(steps: Sequence[Step]) -> list[Axes]:
    """Return for each outer shape the axes that the stack adds, at the same place in all of them."""
    possible = [list(_additions(step)) for step in steps]
    common = set.intersection(
        *(
            {*options, *(tuple(axis - len(step.outer) for axis in axes) for axes in options)}
            for step, options in zip(steps, possible, strict=True)
        )
    )
    if not common:
        return [options[0] for options in possible]
    chosen = min(common, key=lambda axes: (min(axes) < 0, axes))
    return [tuple(axis % len(step.outer) for axis in chosen) for step in steps]


def _additions(step: Step) -> Iterator[Axes]:
    """Yield the axes that a stack may have added: those without which the outer shape is the inner one."""
    rank = len(step.outer)
    for axes in combinations(range(rank), rank - len(step.inner)):
        if tuple(extent for axis, extent in enumerate(step.outer) if axis not in axes) == step.inner:
            yield axes


def _stacks(steps: Sequence[Step], added: Sequence[Axes]) -> Iterator[StackAxis]:
    """Yield the stacks of one array, with axes of its stored shape."""
    left = list(range(len(steps[0].outer))) if steps else []
    for step, axes in zip(steps, added, strict=True):
        yield from (StackAxis(step.root, left[axis]) for axis in axes)
        left = [axis for number, axis in enumerate(left) if number not in axes]
