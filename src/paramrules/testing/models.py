"""Models of the cases: a neutral tree of modules for a backend to build, compared with what it built."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from paramrules.facts import GIVEN, SOURCES
from paramrules.inventories import Class, Inventory, Parameter
from paramrules.testing.suite import Case

ROOT = "torch.nn.modules.module.Module"


@dataclass(eq=False)
class Array:
    """A parameter. A tied one is held by several modules.

    Attributes:
        row: its row in the case; `cases/README.md` lists the keys.
    """

    row: Mapping[str, Any]

    @property
    def stored(self) -> tuple[int, ...]:
        """The shape to build it with."""
        return tuple(self.row.get("stored", self.row.get("shape", ())))

    @property
    def dtype(self) -> str:
        """The plain name of its dtype: `float32`."""
        return str(self.row.get("dtype", "float32"))

    @property
    def trainable(self) -> bool:
        """False if it is frozen."""
        return bool(self.row.get("trainable", True))

    @property
    def variable(self) -> tuple[str, ...]:
        """The dotted names of its class and of the bases."""
        return lineage(self.row.get("variable", "torch.nn.parameter.Parameter"))

    @property
    def attributes(self) -> dict[str, Any]:
        """The attributes to set on it."""
        own = dict(self.row.get("attributes", {}))
        own.pop("no_weight_decay", None)  # the root's method of that name lists it
        return own


@dataclass(eq=False)
class Module:
    """A module of the model.

    Attributes:
        lineage: the dotted names of its class and of the bases, most derived first, without the framework's
            root class; empty if any class will do.
        children: its modules and parameters by name, in the model's order. Names need not be identifiers.
        attributes: the attributes to set on it.
        no_decay: the names that a method `no_weight_decay` of the module returns; no such method if empty.
    """

    lineage: tuple[str, ...] = ()
    children: "dict[str, Module | Array]" = field(default_factory=dict)
    no_decay: set[str] = field(default_factory=set)
    attributes: dict[str, Any] = field(default_factory=dict)


def model_of(case: Case) -> Module:
    """Return the model that a case's rows describe. Raises ValueError if no model can have these rows."""
    root = Module()
    classes: dict[str, tuple[str, ...]] = {}
    for row in case.model["parameters"]:
        row = {"name": row} if isinstance(row, str) else row
        array = Array(row)
        for other in (row, *row.get("also", ())):
            place = {**row, **({"name": other} if isinstance(other, str) else other)}
            _put(root, place, array, classes)
            if "no_weight_decay" in place.get("attributes", {}):
                root.no_decay.add(place["name"])
    for name, attributes in case.model.get("modules", {}).items():
        module: Any = root
        for part in name.split(".") if name else ():
            module = module.children[part]
        module.attributes.update(attributes)
    return root


def _put(root: Module, place: Mapping[str, Any], array: Array, classes: dict[str, tuple[str, ...]]) -> None:
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
        if classes.setdefault(name, module.lineage) != module.lineage:
            raise ValueError(f"`{name}` is a {classes[name]} and, by `{place['name']}`, a {module.lineage}")
    module.children[leaf] = array


def lineage(cls: str | Sequence[str]) -> tuple[str, ...]:
    """Return the dotted names of a class and its bases, without root classes."""
    names = (cls,) if isinstance(cls, str) else cls
    return tuple(name for name in names if not name.endswith("module.Module"))


_NAMED = ("type", "within", "variable", "role", *GIVEN, "layer_groups", "attr", "module_attr", "dtype")
"""The facts that rules read by a word of their own, and that rows hold."""


def differing(case: Case, built: Inventory) -> list[str]:
    """Return the facts that the case's rules read and that the built model reports differently from the rows.

    `unknown` stands for facts that only the rows know, `known` for those that only the model knows. A fact is
    read if its word is in the text of the rules, fans also for facts about a bias's layer; shapes and ties
    always count. A class may have more bases than the row lists.
    """
    rows = case.inventory
    known = {name for parameter in rows for name in parameter.names}
    if len(rows) != len(built) or not known.issuperset(built.names):
        return ["name"]
    pairs = [(rows[name], built[name]) for parameter in built for name in parameter.names]
    text = "\n".join((case.rules, *case.files.values()))
    text = text.replace("layer_kernel", "fan_in")
    found: dict[str, None] = {}
    for fact in ("shape", "tied", *(fact for fact in _NAMED if re.search(rf"\b(layer_)?{fact}\b", text))):
        source = SOURCES.get(fact, fact)
        if (source in built.unknown) != (source in rows.unknown):
            found["unknown" if source in built.unknown else "known"] = None
        elif fact == "module_attr":
            read = re.findall(r"\bmodule_attr\((\w+)", text)
            if any(dict(rows.module_marks(name)) != dict(built.module_marks(name)) for name in read):
                found[fact] = None
        elif source not in built.unknown and not all(_same(fact, row, own) for row, own in pairs):
            found[fact] = None
    return list(found)


def _same(fact: str, row: Parameter, own: Parameter) -> bool:
    match fact:
        case "type":
            return _is_class(row.owner.cls, own.owner.cls)
        case "within":
            return len(row.owner.around) <= len(own.owner.around) and all(
                map(_is_class, reversed(row.owner.around), reversed(own.owner.around))
            )
        case "variable":
            return (
                row.variable is not None
                and own.variable is not None
                and _is_class(row.variable, own.variable)
            )
        case "attr":
            return row.attributes == own.attributes
        case "tied":
            return set(row.names) == set(own.names)
        case _:
            return bool(getattr(row, fact) == getattr(own, fact))


def _is_class(row: Class, own: Class) -> bool:
    """Return whether the built class has the name and the bases that the row lists."""
    names = lineage((row.name, *row.bases))
    return not names or (own.name == row.name and set(names) <= {own.name, *own.bases})
