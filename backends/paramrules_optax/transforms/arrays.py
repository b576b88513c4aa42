"""The arrays of a tree and the parameters that each holds: one, or the layers of a stack, slice by slice."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import jax.numpy as jnp
import numpy as np

from paramrules.inventories import Inventory
from paramrules_optax.slices import TreeInventory


class Stack(NamedTuple):
    """Several layers in one array.

    Attributes:
        axes: the array's axes along which the layers lie.
        at: for each layer its place along these axes.
        ndim: the number of the array's axes.
    """

    axes: tuple[int, ...]
    at: tuple[tuple[int, ...], ...]
    ndim: int

    def spread(self, values: Sequence[Any]) -> Any:
        """The layers' numbers as an array that broadcasts against the stack; one number if they are equal."""
        if all(isinstance(value, int | float) for value in values):
            if len(set(values)) == 1:
                return values[0]
            numbers: Any = np
        else:  # traced: what `optax.inject_hyperparams` injects
            numbers = jnp
        extents = [1] * self.ndim
        for position, axis in enumerate(self.axes):
            extents[axis] = 1 + max(place[position] for place in self.at)
        placed = [value for _, value in sorted(zip(self.at, values, strict=True), key=lambda pair: pair[0])]
        return numbers.reshape(numbers.stack([numbers.asarray(value) for value in placed]), extents)


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
    """The arrays in which the parameters of an inventory are stored."""
    others = {number: tuple(inventory.names[n] for n in also) for number, also in inventory.also.items()}
    logical = inventory.column("shape")
    tree = inventory.tree if isinstance(inventory, TreeInventory) else None
    slices = inventory.slices if isinstance(inventory, TreeInventory) else None
    if slices is None or tree is None:
        stored = logical if tree is None else [np.shape(tree.leaves[leaf]) for leaf in tree.trained]
        return [
            Array((name, *others.get(number, ())), (number,), tuple(stored[number]))
            for number, name in enumerate(inventory.names[: len(inventory)])
        ]
    held: dict[int, list[int]] = {}
    for number, one in enumerate(slices):
        held.setdefault(one.array, []).append(number)
    found = []
    for array, numbers in held.items():
        axes = slices[numbers[0]].axes
        leaf = tree.trained[array]
        name, shape = tree.walk.names[leaf], np.shape(tree.leaves[leaf])
        inner = tuple(extent for axis, extent in enumerate(shape) if axis not in axes)
        stack = Stack(axes, tuple(slices[number].at for number in numbers), len(shape)) if axes else None
        found.append(
            Array((name, *(() if stack else others.get(numbers[0], ()))), tuple(numbers), inner, stack)
        )
    return found
