"""Stacks split into layers: names, shapes and order."""

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any, NamedTuple

from paramrules_optax.stacks.slices import Slice
from paramrules_optax.trees.leaves import Shape


class StackAxis(NamedTuple):
    """An axis of a stored array along which layers are stacked.

    Attributes:
        root: the path of the stacked module; in names the number of the layer follows it.
        axis: the axis of the stored array.
    """

    root: str
    axis: int


StackAxes = tuple[StackAxis, ...]
"""The stacks that an array is in, outermost first; most arrays are in none."""


def layer_shapes(stored: Sequence[Shape], stacks: Sequence[StackAxes]) -> list[Shape]:
    """Return the stored shapes without the axes of stacks."""
    found = []
    for shape, own in zip(stored, stacks, strict=True):
        axes = [stack.axis for stack in own]
        found.append(tuple(extent for n, extent in enumerate(shape) if n not in axes) if axes else shape)
    return found


def layers(stored: Sequence[Shape], stacks: Sequence[StackAxes]) -> Iterator[Slice]:
    """Yield the layers of all arrays in the order of an unrolled model: layer by layer, each with its arrays.

    `stacks` may go on after the arrays, with those of their further names.
    """
    return _layers(stored, stacks, range(len(stored)), ())


def _layers(
    stored: Sequence[Shape], stacks: Sequence[StackAxes], numbers: Sequence[int], at: tuple[int, ...]
) -> Iterator[Slice]:
    """Yield the layers of these arrays, at a place in each of their outermost stacks."""
    depth = len(at)

    def next_stack(number: int) -> Any:
        if depth == len(stacks[number]):
            return None
        root, axis = stacks[number][depth]
        return root, stored[number][axis]

    for stack, group in groupby(numbers, next_stack):
        members = list(group)
        if stack is None:
            for number in members:
                yield Slice(number, tuple(axis for _, axis in stacks[number]), at)
        else:
            for place in range(stack[1]):
                yield from _layers(stored, stacks, members, (*at, place))


def layer_name(name: str, stacks: StackAxes, at: tuple[int, ...]) -> str:
    """Return the name of a layer's parameter: the array's, with the layer's number after each stack's root.

    >>> layer_name("layers.mlp.kernel", (StackAxis("layers", 0),), (3,))
    'layers.3.mlp.kernel'
    """
    whole, done, parts = f".{name}".rstrip("."), 0, []
    for (root, _), place in zip(stacks, at, strict=True):
        end = len(root) + 1 if root else 0
        parts += [whole[done:end], f".{place}"]
        done = end
    return "".join((*parts, whole[done:]))[1:]
