"""Parameter: one row of an inventory, and Layer: its place in an array that holds several layers."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from paramrules.inventories.owner import Class, Owner


class Layer(NamedTuple):
    """One layer of a stack.

    Attributes:
        array: the canonical name of the array, without places.
        axes: the axes of the stored array that stacking added, outermost stack first.
        at: the place along each of them, from 0.
    """

    array: str
    axes: tuple[int, ...]
    at: tuple[int, ...]

    def __str__(self) -> str:
        return ", ".join(f"layer {at} of axis {axis}" for axis, at in zip(self.axes, self.at, strict=True))


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter under one of its names: a row of the inventory, for reading.

    Attributes:
        name: the canonical name.
        names: all its canonical names, its own first.
        owner: the module that owns it, without classes if the inventory does not know them.
        shape: the logical shape.
        stored: the shape of the array that holds it.
        layer: its place in a stack; None outside stacks.
        dtype: the plain name of the dtype, such as `float32`.
        trainable: True if it takes part in training.
        variable: the class of the parameter itself; None if unknown.
        role: `weight`, `bias`, `scale`, `embedding` or `other`; None if unknown.
        fan_in: the extent that its layer contracts; None if it has none or it is unknown.
        fan_out: the extent that its layer produces; None if it has none or it is unknown.
        attributes: the readable attributes set on it.
        layout: for each axis of its array in one layer `in`, `out`, `*` or `_`; None if it has no layout or
            it is unknown.
        layer_fan_in: the `fan_in` of its layer's weight: of a bias, that of the weight beside it.
        layer_fan_out: likewise.
        layer_kernel: the number of places in that weight's receptive field; 1 without one.
        layer_groups: the number of groups of that weight's convolution; 1 for any other layer.
    """

    name: str
    names: tuple[str, ...]
    owner: Owner
    shape: tuple[int, ...]
    stored: tuple[int, ...]
    layer: Layer | None
    dtype: str
    trainable: bool
    variable: Class | None
    role: str | None
    fan_in: int | None
    fan_out: int | None
    attributes: Mapping[str, object] = field(default_factory=dict)
    layout: tuple[str, ...] | None = None
    layer_fan_in: int | None = None
    layer_fan_out: int | None = None
    layer_kernel: int | None = None
    layer_groups: int | None = None

    @property
    def leaf(self) -> str:
        """The last component of the name."""
        return self.name.rpartition(".")[2]

    @property
    def module(self) -> str:
        """Everything before the last component; "" at the root."""
        return self.name.rpartition(".")[0]

    @property
    def tied(self) -> bool:
        """True if it has more than one name."""
        return len(self.names) > 1


def is_below(name: str, path: str) -> bool:
    """Return whether a name is a path or below it; everything is below the root, `""`."""
    return not path or name == path or name.startswith(path + ".")


def stored_text(stored: tuple[int, ...], layer: Layer | None) -> str:
    """Describe in words how an array is stored.

    >>> stored_text((12, 768, 3072), Layer("layers.mlp.kernel", (0,), (3,)))
    '(12, 768, 3072), layer 3 of axis 0'
    """
    return f"{stored}, {layer}" if layer else str(stored)
