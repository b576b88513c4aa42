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


class Array(NamedTuple):
    """An array of the tree.

    Attributes:
        names: the canonical names under which a tree may hold it.
        parameters: the numbers of the parameters in it.
        shape: its shape without the axes of a stack.
        stack: its layers; None if it holds one parameter.
    """

    names: tuple[str, ...]
    parameters: tuple[int, ...]
    shape: tuple[int, ...]
    stack: StackedLayers | None = None


def arrays_of(inventory: Inventory) -> list[Array]:
    """Return the arrays that store an inventory's parameters: single ones first, then stacks."""
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
            tuple(index for _, index in sorted(zip(layers[number].axes, layers[number].at, strict=True)))
            for number in numbers
        )
        inner = tuple(extent for axis, extent in enumerate(shape) if axis not in axes)
        found.append(Array((name,), tuple(numbers), inner, StackedLayers(axes, at, len(shape))))
    return found
