"""The arrays of a tree and the parameters that each holds: one, or those of the layers of a stack."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import jax.numpy as jnp
import numpy as np

from paramrules.inventories import Inventory


class Stack(NamedTuple):
    """Several layers in one array.

    Attributes:
        axes: the array's axes along which the layers lie, in the array's order.
        at: for each layer its place along these axes.
        ndim: the number of the array's axes.
    """

    axes: tuple[int, ...]
    at: tuple[tuple[int, ...], ...]
    ndim: int

    def spread(self, values: Sequence[Any]) -> Any:
        """The layers' numbers as an array that broadcasts against the stack; one number if they are equal."""
        numbers: Any = np
        if not all(isinstance(value, int | float) for value in values):
            numbers = jnp  # traced: what `optax.inject_hyperparams` injects
        elif len(set(values)) == 1:
            return values[0]
        extents = [1] * self.ndim
        for position, axis in enumerate(self.axes):
            extents[axis] = 1 + max(place[position] for place in self.at)
        placed = dict(zip(self.at, values, strict=True))
        return numbers.stack([placed[place] for place in sorted(placed)]).reshape(extents)


class Array(NamedTuple):
    """An array of the tree.

    Attributes:
        names: the canonical names under which a tree may hold it.
        parameters: the numbers of the parameters in it.
        shape: its shape, without the axes of a stack.
        stack: how they lie in it; None for a parameter by itself.
    """

    names: tuple[str, ...]
    parameters: tuple[int, ...]
    shape: tuple[int, ...]
    stack: Stack | None = None


def arrays_of(inventory: Inventory) -> list[Array]:
    """The arrays in which an inventory's parameters are stored: those of single ones, then the stacks."""
    names, layers, stored = inventory.names, inventory.column("layer"), inventory.column("stored")
    found: list[Array] = []
    stacked: dict[str, list[int]] = {}
    for number, layer in enumerate(layers):
        if layer is None:
            others = (names[entry] for entry in inventory.aliases.get(number, ()))
            found.append(Array((names[number], *others), (number,), tuple(stored[number])))
        else:
            stacked.setdefault(layer.array, []).append(number)
    for name, numbers in stacked.items():
        shape, axes = stored[numbers[0]], tuple(sorted(layers[numbers[0]].axes))
        at = tuple(
            tuple(place for _, place in sorted(zip(layers[number].axes, layers[number].at, strict=True)))
            for number in numbers
        )
        inner = tuple(extent for axis, extent in enumerate(shape) if axis not in axes)
        found.append(Array((name,), tuple(numbers), inner, Stack(axes, at, len(shape))))
    return found
