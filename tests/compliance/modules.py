"""A case's rows as a tree of modules, for a backend to build; and what a built one says otherwise."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from compliance.suite import Case
from support import Class

from paramrules import Inventory, Parameter

ROOT = "torch.nn.modules.module.Module"


@dataclass(eq=False)
class Array:
    """What one row says of a parameter. A tied one stands in several modules."""

    row: Mapping[str, Any]

    @property
    def variable(self) -> tuple[str, ...]:
        """The dotted name of its class and of the bases."""
        return lineage(self.row.get("variable", "torch.nn.parameter.Parameter"))


@dataclass(eq=False)
class Module:
    """A module: its class and bases without the framework's roots, and what it holds, in the rows' order.

    `no_decay` is what the root's method `no_weight_decay` names.
    """

    lineage: tuple[str, ...] = ()
    children: "dict[str, Module | Array]" = field(default_factory=dict)
    no_decay: set[str] = field(default_factory=set)


def modules(case: Case) -> Module:
    """The model that the rows are about. Raises ValueError where there can be none."""
    root = Module()
    said: dict[str, tuple[str, ...]] = {}
    for row in case.model["parameters"]:
        row = {"name": row} if isinstance(row, str) else row
        array = Array(row)
        for other in (row, *row.get("also", ())):
            place = {**row, **({"name": other} if isinstance(other, str) else other)}
            _put(root, place, array, said)
            if "no_weight_decay" in place.get("attributes", {}):
                root.no_decay.add(place["name"])
    return root


def _put(root: Module, place: Mapping[str, Any], array: Array, said: dict[str, tuple[str, ...]]) -> None:
    *path, leaf = place["name"].split(".")
    around = [*place.get("around", [ROOT] * len(path)), place.get("owner", ROOT)]
    if len(around) != len(path) + 1:
        raise ValueError(f"`{place['name']}` is in {len(path) + 1} modules and has {len(around)} classes")
    module: Any = root
    for depth, cls in enumerate(around):
        if depth:
            module = module.children.setdefault(path[depth - 1], Module())
        name = ".".join(path[:depth])
        module.lineage = lineage(cls)
        if said.setdefault(name, module.lineage) != module.lineage:
            raise ValueError(f"`{name}` is a {said[name]} and, by `{place['name']}`, a {module.lineage}")
    module.children[leaf] = array


def lineage(cls: str | Sequence[str]) -> tuple[str, ...]:
    """The dotted names of a class and its bases, without roots."""
    names = (cls,) if isinstance(cls, str) else cls
    return tuple(name for name in names if not name.endswith("module.Module"))


_NAMED = ("type", "within", "variable", "role", "fan_in", "fan_out", "attr", "trainable", "dtype")
"""The facts that rules ask for by one word."""


def differing(case: Case, built: Inventory) -> list[str]:
    """The facts that the case's rules ask for, and that the built model tells otherwise than the rows.

    `unknown` and `known` stand for those that the model does not know and the rows do, and the reverse. What
    rules ask for is seen by the words in their text; shapes and ties are always compared. Further bases of a
    class, which a framework has, are no difference.
    """
    rows = case.inventory
    assert len(rows) == len(built)
    pairs = [(rows[name], built[name]) for parameter in built for name in parameter.names]
    text = "\n".join((case.rules, *case.files.values()))
    found: dict[str, None] = {}
    for fact in ("shape", "tied", *(fact for fact in _NAMED if re.search(rf"\b{fact}\b", text))):
        if (fact in built.unknown) != (fact in rows.unknown):
            found["unknown" if fact in built.unknown else "known"] = None
        elif fact not in built.unknown and not all(_same(fact, row, own) for row, own in pairs):
            found[fact] = None
    return list(found)


def _same(fact: str, row: Parameter, own: Parameter) -> bool:
    match fact:
        case "type":
            return _is(row.owner.cls, own.owner.cls)
        case "within":
            return len(row.owner.around) <= len(own.owner.around) and all(
                map(_is, reversed(row.owner.around), reversed(own.owner.around))
            )
        case "variable":
            return row.variable is not None and own.variable is not None and _is(row.variable, own.variable)
        case "attr":
            return row.attributes == own.attributes
        case "tied":
            return set(row.names) == set(own.names)
        case _:
            return bool(getattr(row, fact) == getattr(own, fact))


def _is(row: Class, own: Class) -> bool:
    """Whether the built class is called as the row says and has the bases that it says."""
    names = lineage((row.name, *row.bases))
    return not names or (own.name == row.name and set(names) <= {own.name, *own.bases})
