"""Inventory: a model's parameters as columns of facts.

A parameter has one entry for each of its names; nearly always that is one. The first `len(inventory)`
entries are the parameters' own names in the model's order, entry i being parameter i; the further names
of tied parameters follow. Columns are asked for by the rules that read them, so that a model with
45,000 tensors pays only for the facts that its rules look at.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from math import prod
from pathlib import Path
from typing import Any, Final

from paramrules.diagnostics import Diagnostic
from paramrules.inventories.layer import Layer
from paramrules.inventories.owner import Class, Owner

ABSENT: Final = type("Absent", (), {"__repr__": lambda self: "ABSENT", "__bool__": lambda self: False})()
"""Stands in an attribute column where a parameter has no such attribute."""


class Columns:
    """Where an inventory's facts come from. A backend subclasses this and answers from its tensors.

    Methods named after a fact give one value a parameter, in the model's order, but `role`, `fan_in`,
    `fan_out` and `attribute`, which depend on the owner and give one value an entry. Each is called at
    most once an inventory.
    """

    def shape(self) -> Sequence[tuple[int, ...]]:
        """The logical shapes: whole tensors, without the axes that stacking layers put in front."""
        raise NotImplementedError

    def stored(self) -> Sequence[tuple[int, ...]]:
        """The shapes as they are stored: of a layer that of the whole stack, of a bias with all its axes."""
        return self.shape()

    def layer(self) -> Sequence[Layer | None]:
        """Of which array each is a layer; None for one that has an array of its own."""
        return [None] * len(self.shape())

    def ndim(self) -> Sequence[int]:
        """The number of axes of the logical shape."""
        return [len(shape) for shape in self.shape()]

    def size(self) -> Sequence[int]:
        """The number of elements of the logical shape."""
        return [prod(shape) for shape in self.shape()]

    def elements(self) -> Sequence[int]:
        """The number of elements that are stored."""
        return self.size()

    def squeezed_ndim(self) -> Sequence[int]:
        """The number of extents other than 1."""
        return [sum(extent != 1 for extent in shape) for shape in self.shape()]

    def dtype(self) -> Sequence[str]:
        """The dtypes by their plain names: `float32`, `bfloat16`."""
        raise NotImplementedError

    def trainable(self) -> Sequence[bool]:
        """Whether the parameter takes part in training (torch's `requires_grad`)."""
        raise NotImplementedError

    def variable(self) -> Sequence[Class]:
        """The class of the parameter itself."""
        raise NotImplementedError

    def role(self) -> Sequence[str]:
        """`weight`, `bias`, `scale`, `embedding` or `other`, an entry each."""
        raise NotImplementedError

    def fan_in(self) -> Sequence[int | None]:
        """The extent that the layer contracts, an entry each; None where there is none."""
        raise NotImplementedError

    def fan_out(self) -> Sequence[int | None]:
        """The extent that the layer produces, an entry each; None where there is none."""
        raise NotImplementedError

    def attribute(self, name: str) -> Sequence[object]:
        """The attribute of that name, an entry each; ABSENT where there is none."""
        raise NotImplementedError

    def attributes(self) -> Sequence[Mapping[str, object]]:
        """All attributes that JSON can hold, an entry each."""
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter under one of its names: a row of the inventory, for reading.

    `names` holds all its canonical names, its own first. `shape` is logical, `stored` that of the array that
    holds it, `layer` where in a stack it is (None outside of stacks). `variable` is the class of the
    parameter itself. `fan_in` and `fan_out` are None where they do not apply, `owner` has no classes
    where the inventory does not know them.
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
        """All before the last component; "" at the root."""
        return self.name.rpartition(".")[0]

    @property
    def tied(self) -> bool:
        """Whether it has more than one name."""
        return len(self.names) > 1


class Inventory:
    """The parameters of one model.

    Args:
        framework: the backend's name: `torch`, `optax`.
        names: canonical names, an entry each; unique.
        owners: whose each is, an entry each.
        also: for each tied parameter its further entries, in the order of registration.
        columns: where the facts come from.
        unknown: facts that nobody can know of this model (`type`, `within`, `variable`, `role`,
            `fan_in`, `fan_out`, `attr`), each with what the user can do to make it known, which
            becomes the help line of E215.

    >>> import paramrules
    >>> inventory = paramrules.inventory(model)
    >>> len(inventory), inventory["blocks.0.attn.qkv.weight"].shape
    (152, (576, 192))
    """

    def __init__(
        self,
        framework: str,
        names: Sequence[str],
        owners: Sequence[Owner],
        columns: Columns,
        *,
        also: Mapping[int, Sequence[int]] | None = None,
        unknown: Mapping[str, str] | None = None,
    ) -> None:
        self.framework = framework
        self.names = names
        self.owners = owners
        self.also: Mapping[int, Sequence[int]] = also or {}
        self.unknown: Mapping[str, str] = unknown or {}
        self._columns = columns
        self._cache: dict[str, Sequence[Any]] = {}
        self._index: dict[str, int] | None = None
        self._count = len(names) - sum(map(len, self.also.values()))

    @property
    def findings(self) -> Sequence[Diagnostic]:
        """Warnings about the model, which every assignment of rules to it repeats. A saved one has none."""
        return ()

    def __len__(self) -> int:
        return self._count

    def __repr__(self) -> str:
        return f"<Inventory of {len(self)} parameters, {self.framework}>"

    def column(self, fact: str) -> Sequence[Any]:
        """A whole column by the name of the fact, computed on first use."""
        if fact not in self._cache:
            self._cache[fact] = getattr(self._columns, fact)()
        return self._cache[fact]

    def attribute(self, name: str) -> Sequence[Any]:
        """The column of one attribute, an entry each, ABSENT where there is none."""
        key = f"attr({name})"
        if key not in self._cache:
            self._cache[key] = self._columns.attribute(name)
        return self._cache[key]

    def entries(self, parameter: int) -> tuple[int, ...]:
        """The entries of a parameter: its own, then those of its further names."""
        return (parameter, *self.also.get(parameter, ()))

    def index(self, name: str) -> int:
        """The number of the parameter that has this canonical name, be it one of several.

        Raises KeyError where there is none.
        """
        if self._index is None:
            self._index = {name: entry for entry, name in enumerate(self.names)}
            for parameter, others in self.also.items():
                self._index.update((self.names[entry], parameter) for entry in others)
        return self._index[name]

    def parameter(self, entry: int) -> Parameter:
        """One entry as a row, with every fact."""
        number = entry if entry < self._count else self.index(self.names[entry])

        def known(fact: str, at: int) -> Any:
            return None if fact in self.unknown else self.column(fact)[at]

        return Parameter(
            name=self.names[entry],
            names=tuple(self.names[e] for e in self.entries(number)),
            owner=self.owners[entry],
            shape=tuple(self.column("shape")[number]),
            stored=tuple(self.column("stored")[number]),
            layer=self.column("layer")[number],
            dtype=self.column("dtype")[number],
            trainable=self.column("trainable")[number],
            variable=known("variable", number),
            role=known("role", entry),
            fan_in=known("fan_in", entry),
            fan_out=known("fan_out", entry),
            attributes={} if "attr" in self.unknown else self.column("attributes")[entry],
        )

    def __getitem__(self, name: str) -> Parameter:
        number = self.index(name)
        entry = next(e for e in self.entries(number) if self.names[e] == name)
        return self.parameter(entry)

    def to_json(self) -> str:
        """The text of a file that `from_json` and `load` read; paramrules.inventories.saved describes it."""
        from paramrules.inventories.saved import written

        return written(self)

    def save(self, path: str | Path) -> None:
        """Writes the inventory to a file, whole or not at all. Raises RulesError (E703).

        >>> paramrules.inventory(model).save("vit.json")
        """
        from paramrules.inventories.writing import write_whole

        write_whole(path, self.to_json())

    @staticmethod
    def load(path: str | Path) -> "Inventory":
        """The inventory that was saved in a file. Raises RulesError (E505, E506)."""
        from paramrules.inventories.reading import load

        return load(path)

    @staticmethod
    def from_json(text: str) -> "Inventory":
        """The inventory that `to_json` has made this text of. Raises RulesError (E505, E506)."""
        from paramrules.inventories.reading import parse

        return parse(text)

    def __iter__(self) -> Iterator[Parameter]:
        return map(self.parameter, range(self._count))
