"""A model's parameters as pairing sees them."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from functools import cached_property
from math import prod
from typing import NamedTuple

from paramrules.comparison.names import Template, places, words_of
from paramrules.comparison.shapes import Shape, same_numbers
from paramrules.comparison.words import LEAVES
from paramrules.inventories import Class, Inventory
from paramrules.inventories.classes import match

_NORMS = ("LayerNorm", "RMSNorm", "ScaleNorm", "GroupNorm", "BatchNorm", "InstanceNorm")


class Kind(NamedTuple):
    """What has to agree for two parameters to be the same one. None and `other` say nothing."""

    shape: Shape
    role: str | None
    fans: tuple[int, int] | None
    norm: bool | None
    """Whether a norm owns it."""

    @property
    def size(self) -> int:
        """The number of elements."""
        return prod(self.shape)

    def fits(self, other: "Kind", *, loosely: bool = False) -> bool:
        """Whether they may be one; `loosely`: also where one of two roles is `other`."""
        roles = {self.role, other.role} - {None}
        if loosely:
            roles -= {"other"}
        return (
            len(roles) <= 1
            and same_numbers(self.shape, other.shape)
            and (self.fans is None or other.fans is None or self.fans == other.fans)
            and (self.norm is None or other.norm is None or self.norm == other.norm)
        )


class Item(NamedTuple):
    """A parameter: its number in the inventory, its name, and the name taken apart."""

    number: int
    name: str
    template: Template
    ranks: tuple[int, ...]
    kind: Kind

    @property
    def module(self) -> str:
        """The name of the module that owns it."""
        return self.name.rpartition(".")[0]

    @property
    def leaf(self) -> str:
        """The last word of the name: `weight`, `bias`, or its own where it has one."""
        own = self.name.rpartition(".")[2]
        return LEAVES.get(own, own)

    @property
    def words(self) -> tuple[str, ...]:
        """What its modules are called, and itself where it is more than a weight or a bias."""
        leaf = self.template[-1][0]
        return words_of(self.template[:-1] if leaf in LEAVES else self.template)


class Side:
    """One of two models that are compared."""

    def __init__(self, inventory: Inventory) -> None:
        self.inventory = inventory
        count = len(inventory)
        taken_apart = places(inventory.names)
        kinds = list(_kinds(inventory))
        self.entries = [
            Item(number, inventory.names[entry], *taken_apart[entry], kinds[number])
            for number in range(count)
            for entry in inventory.entries(number)
        ]
        """Every parameter under each of its names."""
        self.items = [
            Item(number, inventory.names[number], *taken_apart[number], kinds[number])
            for number in range(count)
        ]
        """Every parameter under its own name, in the model's order."""

    @cached_property
    def is_sorted(self) -> bool:
        """Whether the order is that of the alphabet, as jax lists dicts, and says nothing of the model."""
        names = [item.name.split(".") for item in self.items]
        return names == sorted(names) or names == sorted(names, key=_naturally)

    @cached_property
    def modules(self) -> dict[str, list[Item]]:
        """The parameters of each module, by its name."""
        found: dict[str, list[Item]] = defaultdict(list)
        for item in self.items:
            found[item.module].append(item)
        return found


def _naturally(parts: Sequence[str]) -> list[tuple[int, str]]:
    return [(int(part), "") if part.isdigit() else (-1, part) for part in parts]


def _kinds(inventory: Inventory) -> Iterable[Kind]:
    def column(fact: str) -> Sequence[object]:
        return [None] * len(inventory) if fact in inventory.unknown else inventory.column(fact)

    norms: dict[Class, bool] = {}
    known: dict[tuple[object, ...], Kind] = {}
    owners = inventory.owners
    rows = zip(inventory.column("shape"), column("role"), column("fan_in"), column("fan_out"), strict=False)
    for number, (shape, role, fan_in, fan_out) in enumerate(rows):
        owner = owners[number]
        norm = None
        if owner.known:
            if owner.cls not in norms:
                norms[owner.cls] = any(match(family, owner.cls) for family in _NORMS)
            norm = norms[owner.cls]
        key = (shape, role, fan_in, fan_out, norm)
        if key not in known:
            fans = (fan_in, fan_out) if fan_in is not None and fan_out is not None else None
            known[key] = Kind(tuple(shape), role, fans, norm)  # type: ignore[arg-type]
        yield known[key]
