"""Inventories from plain rows, which need no framework."""

from collections.abc import Mapping, Sequence
from typing import Any

from paramrules.facts import GIVEN
from paramrules.inventories import ABSENT, Class, Columns, Inventory, Owner
from paramrules.inventories.attributes import readable

Row = Mapping[str, Any]

ROOT = "torch.nn.modules.module.Module"


class RowColumns(Columns):
    """Facts read from `parameters`, one row each, and `entries`, one row per name; `marks` by modules."""

    def __init__(
        self, parameters: Sequence[Row], entries: Sequence[Row], marks: Mapping[str, Row] | None = None
    ) -> None:
        self.parameters = parameters
        self.entries = entries
        self.marks = marks or {}

    def _compute(self, fact: str, *of: str) -> Sequence[Any]:
        """Read the flags and numbers of each row."""
        if fact not in GIVEN:
            return super()._compute(fact, *of)
        rows = self.entries if GIVEN[fact].by_name else self.parameters
        return [row.get(fact, GIVEN[fact].default) for row in rows]

    def stored(self) -> Sequence[tuple[int, ...]]:
        """Read the `shape` of each row."""
        return [tuple(row.get("shape", ())) for row in self.parameters]

    def shape(self) -> Sequence[tuple[int, ...]]:
        """Return the same shapes: those in rows are logical."""
        return self.column("stored")

    def ndim(self) -> Sequence[int]:
        """Count the axes of the shapes."""
        return [len(shape) for shape in self.column("shape")]

    def dtype(self) -> Sequence[str]:
        """Read the `dtype` of each row."""
        return [row.get("dtype", "float32") for row in self.parameters]

    def variable(self) -> Sequence[Class]:
        """Read the `variable` of each row."""
        return [class_of(row.get("variable", "torch.nn.parameter.Parameter")) for row in self.parameters]

    def role(self) -> Sequence[str]:
        """Read the `role` of each row."""
        return [row.get("role", "weight") for row in self.entries]

    def attribute(self, name: str) -> Sequence[object]:
        """Read the `attributes` of each row."""
        return [attributes.get(name, ABSENT) for attributes in self.column("attributes")]

    def module_marks(self, name: str) -> Mapping[str, object]:
        """Read the `marks`."""
        return {path: readable(marks[name]) for path, marks in self.marks.items() if name in marks}

    def attributes(self) -> Sequence[Mapping[str, object]]:
        """Read the `attributes` of each row."""
        return [
            {name: readable(value) for name, value in row.get("attributes", {}).items()}
            for row in self.entries
        ]


def class_of(names: str | Sequence[str]) -> Class:
    """Return the class of this dotted name, or of the dotted names of itself and its bases."""
    return Class(names) if isinstance(names, str) else Class(names[0], tuple(names[1:]))


def inventory_of(
    rows: Sequence[Row | str],
    *,
    unknown: Mapping[str, str] | None = None,
    framework: str = "torch",
    modules: Mapping[str, Row] | None = None,
) -> Inventory:
    """Return an inventory of rows, one per parameter. A row needs only a `name`; a string is such a row.

    A row has `name`, `owner` (the owning module's class: a dotted name, or those of it and its bases),
    `around` (the classes of the modules around the owner, the root first, the owner not among them),
    `shape`, `dtype`, `trainable`, `variable`, `role`, `fan_in`, `fan_out`, `attributes`, and `also`: the
    further names of a tied parameter, each a string or a row of what differs under that name.
    `modules` holds the attributes that are set on modules, by the module's name and their own.

    >>> inventory_of(["a.weight", {"name": "a.bias", "shape": [4], "owner": "torch.nn.Linear"}])
    <Inventory of 2 parameters, torch>
    """
    parameters: list[Row] = [{"name": row} if isinstance(row, str) else row for row in rows]
    entries: list[Row] = list(parameters)
    aliases: dict[int, list[int]] = {}
    for number, row in enumerate(parameters):
        for other in row.get("also", ()):
            aliases.setdefault(number, []).append(len(entries))
            entries.append({**row, **({"name": other} if isinstance(other, str) else other)})
    shared: dict[object, Owner] = {}
    return Inventory(
        framework,
        [row["name"] for row in entries],
        [_owner(row, shared) for row in entries],
        RowColumns(parameters, entries, modules),
        aliases=aliases,
        unknown=unknown,
    )


def _owner(row: Row, shared: dict[object, Owner]) -> Owner:
    """Return the owner of an entry; entries with the same classes share one, as in a backend."""
    around = (*map(class_of, row.get("around", ())), class_of(row.get("owner", ROOT)))
    return shared.setdefault(around, Owner(around))
