"""Parameter: one row of an inventory."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from paramrules.inventories.layer import Layer
from paramrules.inventories.owner import Class, Owner


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
