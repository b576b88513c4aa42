"""Inventories from plain rows, for tests that need no framework."""

from collections.abc import Mapping, Sequence
from typing import Any

from paramrules.inventories import ABSENT, Class, Columns, Inventory, Owner

Row = Mapping[str, Any]

ROOT = "torch.nn.modules.module.Module"


class RowColumns(Columns):
    """Facts read from `parameters` (a row each) and `entries` (a row for each name)."""

    def __init__(self, parameters: Sequence[Row], entries: Sequence[Row]) -> None:
        self.parameters = parameters
        self.entries = entries

    def shape(self) -> Sequence[tuple[int, ...]]:
        return [tuple(row.get("shape", ())) for row in self.parameters]

    def dtype(self) -> Sequence[str]:
        return [row.get("dtype", "float32") for row in self.parameters]

    def trainable(self) -> Sequence[bool]:
        return [row.get("trainable", True) for row in self.parameters]

    def variable(self) -> Sequence[Class]:
        return [class_of(row.get("variable", "torch.nn.parameter.Parameter")) for row in self.parameters]

    def role(self) -> Sequence[str]:
        return [row.get("role", "weight") for row in self.entries]

    def fan_in(self) -> Sequence[int | None]:
        return [row.get("fan_in") for row in self.entries]

    def fan_out(self) -> Sequence[int | None]:
        return [row.get("fan_out") for row in self.entries]

    def attribute(self, name: str) -> Sequence[object]:
        return [row.get("attributes", {}).get(name, ABSENT) for row in self.entries]

    def attributes(self) -> Sequence[Mapping[str, object]]:
        return [row.get("attributes", {}) for row in self.entries]


def class_of(names: str | Sequence[str]) -> Class:
    """A class from its dotted name, or from the dotted names of itself and its bases."""
    return Class(names) if isinstance(names, str) else Class(names[0], tuple(names[1:]))


def inventory_of(
    rows: Sequence[Row | str], *, unknown: Mapping[str, str] | None = None, framework: str = "torch"
) -> Inventory:
    """An inventory from rows, one a parameter. Of a row only `name` is needed; a text is such a row.

    A row has `name`, `owner` (the owning module's class: a dotted name, or those of it and its bases),
    `around` (the classes of the modules around the owner, the root first, the owner not among them),
    `shape`, `dtype`, `trainable`, `variable`, `role`, `fan_in`, `fan_out`, `attributes`, and `also`: the
    further names of a tied parameter, each a text (all else as in the row) or a row that says what differs
    under that name.

    >>> inventory_of(["a.weight", {"name": "a.bias", "shape": [4], "owner": "torch.nn.Linear"}])
    <Inventory of 2 parameters, torch>
    """
    parameters: list[Row] = [{"name": row} if isinstance(row, str) else row for row in rows]
    entries: list[Row] = list(parameters)
    also: dict[int, list[int]] = {}
    for number, row in enumerate(parameters):
        for other in row.get("also", ()):
            also.setdefault(number, []).append(len(entries))
            entries.append({**row, **({"name": other} if isinstance(other, str) else other)})
    shared: dict[object, Owner] = {}
    return Inventory(
        framework,
        [row["name"] for row in entries],
        [_owner(row, shared) for row in entries],
        RowColumns(parameters, entries),
        also=also,
        unknown=unknown,
    )


def _owner(row: Row, shared: dict[object, Owner]) -> Owner:
    """The owner of an entry; entries with the same classes share one, as those of a backend do."""
    around = (*map(class_of, row.get("around", ())), class_of(row.get("owner", ROOT)))
    return shared.setdefault(around, Owner(around))


def golden_rows(data: Mapping[str, Any]) -> list[Row]:
    """The rows of a golden file, whose `around` counts the owner in and knows no bases."""
    skip = set(data["no_weight_decay"])

    def row(entry: Mapping[str, Any]) -> dict[str, Any]:
        attributes = {"no_weight_decay": True} if entry["name"] in skip else {}
        return {**entry, "around": entry["around"][:-1], "attributes": attributes}

    return [{**row(p), "also": [row(other) for other in p.get("also", ())]} for p in data["parameters"]]
