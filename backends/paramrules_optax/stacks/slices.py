"""Slices: one array that holds a parameter of every layer stands for as many entries."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from paramrules.backends import Columns, Layer


class Slice(NamedTuple):
    """One layer of a stacked array, or a whole array that is not stacked.

    Attributes:
        array: the number of the array among the tree's parameters, in the order of `tree.trained`.
        axes: the stored axes that stacking adds, outermost stack first; none for a whole array.
        at: the place along each of them.
    """

    array: int
    axes: tuple[int, ...]
    at: tuple[int, ...]


class SliceColumns(Columns):
    """The facts about layers, which are those of their arrays.

    Names of arrays decide facts such as fans; those of layers, with a number in them, might not.

    Args:
        arrays: the facts about the arrays, in the shapes of one layer.
        slices: the layer that each parameter is.
        entries: the entry of its array for each entry.
    """

    def __init__(self, arrays: Columns, slices: Sequence[Slice], entries: Sequence[int]) -> None:
        self._arrays = arrays
        self._slices = slices
        self._entries = entries

    def module_marks(self, name: str) -> Mapping[str, object]:
        """Return the marks of the modules of the arrays."""
        return self._arrays.module_marks(name)

    def not_marks(self, name: str) -> Mapping[str, str]:
        """Return what the attribute of the modules of the arrays is where it is not a mark."""
        return self._arrays.not_marks(name)

    def without_groups(self) -> str:
        """Return what to do about an array's convolution with an unknown number of groups."""
        return self._arrays.without_groups()

    def layer(self) -> Sequence[Layer | None]:
        """Return the array and the place in it of each layer."""
        names = self._arrays.names
        return [Layer(names[array], axes, at) if axes else None for array, axes, at in self._slices]

    def column(self, fact: str, *of: str) -> Sequence[Any]:
        """Return the column of the arrays, each value repeated for all layers of its array."""
        if fact == "layer":
            return super().column(fact)
        column = self._arrays.column(fact, *of)
        entries = self._entries if len(column) == len(self._arrays.names) else self._entries[: self.count]
        return [column[entry] for entry in entries]
