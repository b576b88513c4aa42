"""The arrays of a tree and the parameters in each: one, or one for each layer of a stack."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import jax.numpy as jnp
import numpy as np

from paramrules.backends import Inventory


class StackedLayers(NamedTuple):
    """The layers in an array that holds several.

    Attributes:
        axes: the array's axes along which the layers lie, in the array's order.
        at: for each layer, its index along each of these axes.
        ndim: the number of the array's axes.
    """

    axes: tuple[int, ...]
    at: tuple[tuple[int, ...], ...]
    ndim: int

    def spread(self, values: Sequence[Any]) -> Any:
        """Return the layers' numbers as an array that broadcasts against the stack; one number if equal."""
        numbers: Any = np
        if not all(isinstance(value, int | float) for value in values):
            numbers = jnp  # traced, as `optax.inject_hyperparams` injects them
        elif len(set(values)) == 1:
            return values[0]
        extents = [1] * self.ndim
        for position, axis in enumerate(self.axes):
            extents[axis] = 1 + max(at[position] for at in self.at)
        placed = dict(zip(self.at, values, strict=True))
        return numbers.stack([placed[at] for at in sorted(placed)]).reshape(extents)


class Matrix(NamedTuple):
    """The axes of an array that form a matrix; the others count matrices.

    Attributes:
        contracted: the axes that the layer contracts.
        produced: the axes that it produces.
    """

    contracted: tuple[int, ...]
    produced: tuple[int, ...]


class Array(NamedTuple):
    """An array of the tree.

    Attributes:
        names: the canonical names under which a tree may hold it.
        parameters: the numbers of the parameters in it.
        shape: its logical shape, without the axes of a stack.
        matrix: how it is a matrix in each layer; None if its logical shape is none.
        stack: its layers; None if it holds one parameter.
    """

    names: tuple[str, ...]
    parameters: tuple[int, ...]
    shape: tuple[int, ...]
    matrix: Matrix | None
    stack: StackedLayers | None = None


def arrays_of(inventory: Inventory) -> list[Array]:
    """Return the arrays that store an inventory's parameters: single ones first, then stacks."""
    names, layers, stored = inventory.names, inventory.column("layer"), inventory.column("stored")
    shapes, layouts = inventory.column("shape"), inventory.column("layout")
    found: list[Array] = []
    stacked: dict[str, list[int]] = {}
    for number, layer in enumerate(layers):
        if layer is None:
            others = (names[entry] for entry in inventory.aliases.get(number, ()))
            matrix = _matrix(shapes[number], layouts[number], range(len(stored[number])))
            found.append(Array((names[number], *others), (number,), tuple(shapes[number]), matrix))
        else:
            stacked.setdefault(layer.array, []).append(number)
    for name, numbers in stacked.items():
        first = numbers[0]
        axes, ndim = tuple(sorted(layers[first].axes)), len(stored[first])
        at = tuple(
            tuple(index for _, index in sorted(zip(layers[number].axes, layers[number].at, strict=True)))
            for number in numbers
        )
        matrix = _matrix(shapes[first], layouts[first], [axis for axis in range(ndim) if axis not in axes])
        stack = StackedLayers(axes, at, ndim)
        found.append(Array((name,), tuple(numbers), tuple(shapes[first]), matrix, stack))
    return found


def _matrix(shape: Sequence[int], layout: Sequence[str] | None, axes: Sequence[int]) -> Matrix | None:
    """Return how an array is a matrix; of an unknown layout, the first axis is taken to be contracted.

    Args:
        shape: the logical shape.
        layout: what each axis of one layer is for.
        axes: the place of each of these axes in the stored array.
    """
    if len(shape) != 2:
        return None
    if layout is None or not {"in", "out"} <= set(layout):
        layout = ("in", "out")
    contracted, produced = (
        tuple(axis for axis, word in zip(axes, layout, strict=True) if word == kind) for kind in ("in", "out")
    )
    return Matrix(contracted, produced)
