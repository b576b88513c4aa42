"""Stacks of layers: one array that holds a parameter of every layer, and stands for as many entries."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any, NamedTuple

from paramrules.diagnostics import Diagnostic
from paramrules.inventories import Class, Columns, Inventory, Layer
from paramrules_optax.trees.param_tree import ParamTree


class Slice(NamedTuple):
    """One layer of a stacked array: which array it is of, and where in it.

    Attributes:
        array: the number of the array among the tree's parameters, in the order of `tree.trained`.
        axes: the stored axes that stacking has added, outermost stack first; none for an array that is no
            stack.
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
        doubts: looks for what `findings` gives, when it is first asked for.
    """

    tree: ParamTree
    slices: Sequence[Slice] | None = None
    doubts: Callable[[], Iterable[Diagnostic]] = tuple

    @cached_property
    def findings(self) -> Sequence[Diagnostic]:
        """What is doubtful about the model.

        Stacks that are likely and not declared (W509), and what look like running statistics (W513).
        """
        return tuple(self.doubts())


class SliceColumns(Columns):
    """Repeats the facts of arrays for their layers.

    Args:
        arrays: the facts of arrays; their shapes are those of one layer.
        names: the names of arrays.
        slices: for each parameter the layer that it is.
        entries: for each entry the entry of its array.
    """

    def __init__(
        self, arrays: Columns, names: Sequence[str], slices: Sequence[Slice], entries: Sequence[int]
    ) -> None:
        self._arrays = arrays
        self._names = names
        self._slices = slices
        self._entries = entries

    def _of_parameters(self, column: Sequence[Any]) -> list[Any]:
        return [column[one.array] for one in self._slices]

    def _of_entries(self, column: Sequence[Any]) -> list[Any]:
        return [column[entry] for entry in self._entries]

    def shape(self) -> Sequence[tuple[int, ...]]:
        """The shapes of layers."""
        return self._of_parameters(self._arrays.column("shape"))

    def stored(self) -> Sequence[tuple[int, ...]]:
        """The shapes of arrays."""
        return self._of_parameters(self._arrays.column("stored"))

    def layer(self) -> Sequence[Layer | None]:
        """Which array, and where in it."""
        return [Layer(self._names[array], axes, at) if axes else None for array, axes, at in self._slices]

    def ndim(self) -> Sequence[int]:
        """The numbers of axes of layers."""
        return self._of_parameters(self._arrays.column("ndim"))

    def dtype(self) -> Sequence[str]:
        """The dtypes."""
        return self._of_parameters(self._arrays.column("dtype"))

    def trainable(self) -> Sequence[bool]:
        """Whether each takes part in training."""
        return self._of_parameters(self._arrays.column("trainable"))

    def variable(self) -> Sequence[Class]:
        """The classes of what holds the arrays."""
        return self._of_parameters(self._arrays.column("variable"))

    def role(self) -> Sequence[str]:
        """The roles."""
        return self._of_entries(self._arrays.column("role"))

    def fan_in(self) -> Sequence[int | None]:
        """What one layer contracts."""
        return self._of_entries(self._arrays.column("fan_in"))

    def fan_out(self) -> Sequence[int | None]:
        """What one layer produces."""
        return self._of_entries(self._arrays.column("fan_out"))

    def attribute(self, name: str) -> Sequence[object]:
        """One attribute, the same for all layers."""
        return self._of_entries(self._arrays.column("attribute", name))

    def attributes(self) -> Sequence[Mapping[str, object]]:
        """All attributes."""
        return self._of_entries(self._arrays.column("attributes"))
