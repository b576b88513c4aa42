"""Inventory: a model's parameters as columns of facts.

A parameter has one entry for each of its names, nearly always one. The first `len(inventory)` entries are the
parameters' own names in the model's order, entry i being parameter i; the further names of tied parameters
follow. Columns are computed when a rule reads them, so that a model of 45,000 tensors pays only for the facts
that its rules read.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, Final
from warnings import warn

from paramrules.diagnostics import Diagnostic, did_you_mean
from paramrules.display import Table, html_of
from paramrules.facts import FACTS, Fact
from paramrules.inventories.attributes import without_unreadable
from paramrules.inventories.columns import Aliases, Columns
from paramrules.inventories.layer_weights import in_layers, layer_of
from paramrules.inventories.layouts import merge
from paramrules.inventories.own_vocabulary import OwnFiles, current
from paramrules.inventories.owner import Owner
from paramrules.inventories.parameter import Parameter
from paramrules.inventories.vocabulary import Vocabulary, extended

_FIELDS: Final = [fact for fact in FACTS if fact.name in Parameter.__dataclass_fields__]
"""The flags and numbers that a row holds; those it lacks are properties, or follow from its shape."""

_SHOWN: Final = 20
"""The number of parameters that a notebook shows."""

_FEW: Final = 32
"""How many questions about single parameters are answered one by one.

`explain` asks one, which should not describe all of a large model; a loop over the parameters asks all.
"""


class UnknownNameError(KeyError):
    """A name that no parameter has. Its text suggests one that is near.

    The suggestion takes long in a large model, and most of these errors are caught and never shown.
    """

    def __init__(self, name: object, names: Sequence[str] = ()) -> None:
        super().__init__(name)
        self._names = names

    def __str__(self) -> str:
        name = self.args[0]
        if not isinstance(name, str):
            return (
                f"parameters go by their names, not by {name!r}; `inventory.parameter(number)` returns a row"
            )
        near = did_you_mean(name, self._names)
        return f"the model has no parameter `{name}`{near and f': {near}'}"


class Inventory:
    """The parameters of one model.

    Args:
        framework: the backend's name: `torch`, `optax`.
        names: canonical names, one per entry; unique.
        owners: the module that owns each, one per entry.
        columns: the source of all other facts.
        aliases: for each tied parameter its further entries, in the order of registration.
        unknown: facts that cannot be known of this model (`type`, `within`, `variable`, `role`, `fan_in`,
            `fan_out`, `attr`, `module_attr`), each with what the user can do to make it
            known, the help line of E215.
        own: the files of the model's own vocabulary; by default those under which the model is described.
        also: the former name of `aliases`.

    Raises:
        RulesError: E521 if names, owners and aliases do not fit together, E522 if two entries have one name.

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
        aliases: Aliases | None = None,
        unknown: Mapping[str, str] | None = None,
        own: OwnFiles | None = None,
        also: Aliases | None = None,
    ) -> None:
        if also is not None:
            warn("`also` is now called `aliases`", DeprecationWarning, stacklevel=2)
            aliases = also
        self.framework = framework
        self.names = names
        self.owners = owners
        self.aliases: Aliases = aliases or {}
        self.unknown: Mapping[str, str] = unknown or {}
        self.own = current() if own is None else own
        self._columns = columns
        columns.bind(framework, names, owners, self.aliases)
        self._index: dict[str, int] | None = None
        self._count = columns.count
        self._asked_alone = 0

    @property
    def also(self) -> Aliases:
        """The former name of `aliases`."""
        warn("`Inventory.also` is now called `aliases`", DeprecationWarning, stacklevel=2)
        return self.aliases

    @property
    def vocabulary(self) -> Vocabulary:
        """The vocabulary of the model's classes: the installed one and its own."""
        return extended(self.own)

    @property
    def without_groups(self) -> str:
        """The help of E215 where a convolution has an unknown number of groups; "" if all are known."""
        return "" if "fan_in" in self.unknown else self._columns.without_groups()

    @property
    def is_saved(self) -> bool:
        """True if it was read from a file, and not taken from a model."""
        return self._columns.is_saved

    @property
    def findings(self) -> Sequence[Diagnostic]:
        """Warnings about the model, which every assignment of rules to it repeats. A saved one has none."""
        return ()

    def __len__(self) -> int:
        return self._count

    def __repr__(self) -> str:
        return f"<Inventory of {len(self)} parameters, {self.framework}>"

    def _repr_html_(self) -> str:
        """Return the first parameters as a table, for notebooks."""
        shown = islice(self, _SHOWN)
        rows = [
            (
                row.name,
                str(row.shape),
                row.dtype,
                row.role or "",
                row.owner.cls.short if row.owner.known else "",
            )
            for row in shown
        ]
        table = Table(("name", "shape", "dtype", "role", "owner"), rows)
        rest = f"and {len(self) - _SHOWN} more" if len(self) > _SHOWN else ""
        return html_of([repr(self)[1:-1], table, rest])

    def column(self, fact: str) -> Sequence[Any]:
        """Return a whole column by the name of the fact, computed on first use.

        Raises:
            RulesError: E521 if the backend supplies a column of another length or type.
        """
        return self._columns.column(fact)

    def attribute(self, name: str) -> Sequence[Any]:
        """Return the column of one attribute, one per entry, ABSENT where there is none.

        Raises:
            RulesError: E516 or E523 if `no_weight_decay` is asked for and a method of that name fails.
        """
        return self._columns.column("attribute", name)

    def module_attribute(self, name: str) -> Sequence[Any]:
        """Return the column of one attribute of modules, one per entry, ABSENT where none around has it.

        The nearest module outward that has it decides: the owner itself, or one around it.
        """
        return self._columns.column("module_attribute", name)

    def marked_module(self, name: str) -> Sequence[str | None]:
        """Return the names of the modules that `module_attribute` reads, one per entry; None for none."""
        return self._columns.column("marked_module", name)

    def module_marks(self, name: str) -> Mapping[str, object]:
        """Return one attribute by the names of the modules that have it; none of a saved inventory."""
        return self._columns.module_marks(name)

    def not_marks(self, name: str) -> Mapping[str, str]:
        """Return what the attribute is of modules whose attribute a rule cannot read, such as a method."""
        return self._columns.not_marks(name)

    @property
    def merged(self) -> Sequence[int]:
        """The parameters that are matrices and stored with more axes; `layout` tells how."""
        own = self.column("layout")[: self._count]
        return [number for number, layout in enumerate(own) if layout and merge(layout)]

    def entries(self, parameter: int) -> tuple[int, ...]:
        """Return the entries of a parameter: its own, then those of its further names."""
        return (parameter, *self.aliases.get(parameter, ()))

    def index(self, name: str) -> int:
        """Return the number of the parameter that has this canonical name, its own or a further one.

        Raises:
            KeyError: no parameter has it.
        """
        try:
            if self._index is None and self._answers_alone():
                return self._columns.parameter[self.names.index(name)]
            if self._index is None:
                self._index = dict(zip(self.names, self._columns.parameter, strict=True))
            return self._index[name]
        except (KeyError, ValueError):
            raise UnknownNameError(name, self.names) from None

    def _answers_alone(self) -> bool:
        """Count a question about a single parameter; return whether it is answered without the others."""
        self._asked_alone += 1
        return self._asked_alone <= _FEW

    def beside(self, number: int) -> "tuple[Inventory, Sequence[int]]":
        """Return what decides the facts of one parameter, as an inventory, and its entries in this one.

        That is the parameter itself and those of the same layers, under all of their names. Where many
        parameters are asked for, or columns can only be had as a whole, it is this inventory itself.
        """
        whole = self, range(len(self.names))
        if type(self) is not Inventory or not self._answers_alone():
            return whole
        layers = {layer_of(self.names[entry]) for entry in self.entries(number)}
        numbers = sorted({self._columns.parameter[entry] for entry in in_layers(self.names, layers)})
        entries, aliases = numbers.copy(), {}
        for place, parameter in enumerate(numbers):
            if others := self.aliases.get(parameter):
                aliases[place] = range(len(entries), len(entries) + len(others))
                entries += others
        columns = self._columns.some(entries)
        if columns is None:
            return whole
        made = Inventory(
            self.framework,
            [self.names[entry] for entry in entries],
            [self.owners[entry] for entry in entries],
            columns,
            aliases=aliases,
            unknown=self.unknown,
            own=self.own,
        )
        return made, entries

    def parameter(self, entry: int) -> Parameter:
        """Return one entry as a row, with every fact."""
        return self._row(entry, tuple(self.names[e] for e in self.entries(self._columns.parameter[entry])))

    def _row(self, entry: int, names: tuple[str, ...]) -> Parameter:
        number = self._columns.parameter[entry]

        def known(fact: str, at: int) -> Any:
            return None if fact in self.unknown else self.column(fact)[at]

        return Parameter(
            name=self.names[entry],
            names=names,
            owner=self.owners[entry],
            shape=tuple(self.column("shape")[number]),
            stored=tuple(self.column("stored")[number]),
            layer=self.column("layer")[number],
            dtype=self.column("dtype")[number],
            variable=known("variable", number),
            role=known("role", entry),
            attributes=without_unreadable(self._attributes(entry)),
            layout=self.column("layout")[entry],
            **{fact.name: self._fact(fact, entry if fact.by_name else number) for fact in _FIELDS},
        )

    def _fact(self, fact: Fact, at: int) -> Any:
        """Return a flag, or a number, which may be unknown."""
        is_known = fact.is_flag or (fact.source or fact.name) not in self.unknown
        return self.column(fact.name)[at] if is_known else None

    def _attributes(self, entry: int) -> Mapping[str, object]:
        return {} if "attr" in self.unknown else self.column("attributes")[entry]

    def __getitem__(self, name: str) -> Parameter:
        number = self.index(name)
        inventory, entries = self.beside(number)
        entry = next(entry for entry in self.entries(number) if self.names[entry] == name)
        return inventory.parameter(entries.index(entry))

    def __iter__(self) -> Iterator[Parameter]:
        return map(self.parameter, range(self._count))

    def to_json(self) -> str:
        """Return the text of a file that `from_json` and `load` read; docs/inventory.md describes it."""
        from paramrules.inventories.saved import written

        rows = (
            # without all its names in each of its rows, which a file does not hold
            [(self._row(entry, ()), self._attributes(entry)) for entry in self.entries(number)]
            for number in range(self._count)
        )
        return written(self.framework, self.unknown, self.own, self._columns.saved_marks, rows)

    def save(self, path: str | Path) -> None:
        """Write the inventory to a file, whole or not at all.

        Raises:
            RulesError: E703 if the file cannot be written.

        >>> paramrules.inventory(model).save("vit.json")
        """
        from paramrules.safe_files import write_whole

        write_whole(path, self.to_json())

    @staticmethod
    def load(path: str | Path) -> "Inventory":
        """Return the inventory saved in a file.

        Raises:
            RulesError: E505 if the file does not hold one, E506 if it has another version.
        """
        from paramrules.inventories.reading import load

        return Inventory(**load(path)._asdict())

    @staticmethod
    def from_json(text: str) -> "Inventory":
        """Return the inventory that `to_json` turned into this text. Raises what `load` raises."""
        from paramrules.inventories.reading import parse

        return Inventory(**parse(text)._asdict())
