"""Stacks of layers: one array that holds a parameter of every layer, and stands for as many entries."""

from collections.abc import Sequence
from typing import NamedTuple

from paramrules.inventories import Inventory
from paramrules_optax.tree import Tree


class Slice(NamedTuple):
    """One layer of a stacked array: which array it is of, and where in it.

    Attributes:
        array: the number of the array among the tree's parameters, in the order of `tree.trained`.
        axes: the stored axes that stacking has added; none for an array that is no stack.
        at: the place along each of them.
    """

    array: int
    axes: tuple[int, ...]
    at: tuple[int, ...]


class TreeInventory(Inventory):
    """An inventory that knows the tree it was taken of, so that labels find their places without names.

    Attributes:
        tree: the tree.
        slices: for each parameter (not for the further names of tied ones) where it is stored; None where
            every parameter is a whole array.
    """

    tree: Tree
    slices: Sequence[Slice] | None = None
