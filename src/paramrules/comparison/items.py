"""The parameters of a model as the pairing sees them: the parts of the name, shape, role, fans."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from functools import cached_property, lru_cache
from itertools import pairwise
from math import prod
from typing import Any, NamedTuple

from paramrules.comparison.name_words import LEAVES, words_of
from paramrules.comparison.parsed_names import Stems, parse_names
from paramrules.inventories import Class, Inventory
from paramrules.inventories.classes import match
from paramrules.inventories.vocabulary import Vocabulary

Shape = tuple[int, ...]

_NORMS = ("LayerNorm", "RMSNorm", "ScaleNorm", "GroupNorm", "BatchNorm", "InstanceNorm")
_OTHERS = ("Linear", "Conv", "ConvTranspose", "Embedding", "Attention", "RNN", "LSTM", "GRU")


class Kind(NamedTuple):
    """The facts that agree if two parameters are the same. None and the role `other` are unknown."""

    shape: Shape
    role: str | None
    fans: tuple[int, int] | None
    norm: bool | None  # True if a norm owns it, None if its class tells nothing

    @property
    def size(self) -> int:
        """The number of elements."""
        return prod(self.shape)

    def fits(self, other: "Kind", *, loosely: bool = False) -> bool:
        """Return whether both may be the same parameter; `loosely` allows one of two roles to be `other`."""
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
    """A parameter.

    Attributes:
        number: its number in the inventory.
        name: its name.
        module: the name of the module that owns it.
        leaf: the last word of the name: `weight`, `bias`, or its own where it has one.
        stems: the parts of the name, without numbers.
        ranks: the ranks of what is numbered in the name.
        kind: its shape, role and fans.
        size: the number of its elements.
    """

    number: int
    name: str
    module: str
    leaf: str
    stems: Stems
    ranks: tuple[int, ...]
    kind: Kind
    size: int

    @property
    def words(self) -> tuple[str, ...]:
        """The words of its modules, and its own if it is more than a weight or a bias."""
        leaf = self.stems[-1][0]
        return words_of(self.stems[:-1] if leaf in LEAVES else self.stems)


class Side:
    """One of the two models.

    Attributes:
        entries: every parameter under each of its names.
        items: every parameter under its own name, in the model's order.
    """

    def __init__(self, inventory: Inventory) -> None:
        self.inventory = inventory
        count = len(inventory)
        parsed = parse_names(inventory.names)
        kinds = list(_kinds(inventory))

        def item(number: int, entry: int) -> Item:
            name = inventory.names[entry]
            module, _, leaf = name.rpartition(".")
            kind = kinds[number]
            return Item(number, name, module, LEAVES.get(leaf, leaf), *parsed[entry], kind, kind.size)

        self.items = [item(number, number) for number in range(count)]
        self.entries = [
            self.items[number] if entry == number else item(number, entry)
            for number in range(count)
            for entry in inventory.entries(number)
        ]

    @cached_property
    def is_sorted(self) -> bool:
        """True if the names are sorted, as jax lists dicts; their order then says nothing about the model."""
        names = [item.name.split(".") for item in self.items]
        return _is_in_order(names) or _is_in_order(map(_naturally, names))

    @cached_property
    def modules(self) -> dict[str, list[Item]]:
        """The parameters of each module that has several, also under further names, by its name."""
        counts = Counter(entry.module for entry in self.entries)
        found: dict[str, list[Item]] = defaultdict(list)
        for item in self.items:
            if counts[item.module] > 1:
                found[item.module].append(item)
        return found


def _is_in_order(keys: Iterable[Any]) -> bool:
    return all(before <= after for before, after in pairwise(keys))


def _naturally(parts: Sequence[str]) -> list[tuple[int, str]]:
    return [(int(part), "") if part.isdecimal() and len(part) < 19 else (-1, part) for part in parts]


def _kinds(inventory: Inventory) -> Iterable[Kind]:
    def column(fact: str) -> Sequence[object]:
        return [None] * len(inventory) if fact in inventory.unknown else inventory.column(fact)

    norms: dict[Class, bool | None] = {}
    known: dict[tuple[object, ...], Kind] = {}
    owners = inventory.owners
    rows = zip(inventory.column("shape"), column("role"), column("fan_in"), column("fan_out"), strict=False)
    for number, (shape, role, fan_in, fan_out) in enumerate(rows):
        owner = owners[number]
        norm = True if role == "scale" else None
        if owner.known and norm is None:
            if owner.cls not in norms:
                norms[owner.cls] = _is_norm(owner.cls, inventory.vocabulary)
            norm = norms[owner.cls]
        key = (shape, role, fan_in, fan_out, norm)
        if key not in known:
            fans = (fan_in, fan_out) if fan_in is not None and fan_out is not None else None
            known[key] = Kind(tuple(shape), role, fans, norm)  # type: ignore[arg-type]
        yield known[key]


def _is_norm(cls: Class, words: Vocabulary | None) -> bool | None:
    """Return whether a class is a norm, or None if it is of no family: users write norms of their own."""
    if any(match(family, cls, words) for family in _NORMS):
        return True
    return False if any(match(family, cls, words) for family in _OTHERS) else None


@lru_cache(maxsize=100_000)
def same_numbers(a: Shape, b: Shape) -> bool:
    """Return whether one shape is the other with axes reordered and merged; extents of 1 do not count.

    >>> same_numbers((768, 12, 64), (768, 768)), same_numbers((3, 3, 8, 16), (16, 8, 3, 3))
    (True, True)
    >>> same_numbers((4, 9), (6, 6))
    False
    """
    if prod(a) != prod(b):
        return False
    few, many = sorted((_axes(a), _axes(b)), key=len)
    return few == many or _merges(few, many)


def _axes(shape: Shape) -> Shape:
    return tuple(sorted((extent for extent in shape if extent != 1), reverse=True))


@lru_cache(maxsize=10_000)
def _merges(whole: Shape, parts: Shape) -> bool:
    """Return whether the parts can be grouped so that each group multiplies to one of the wholes."""
    if not parts:
        return all(extent == 1 for extent in whole)
    part, rest = parts[0], parts[1:]
    return any(
        extent % part == 0 and _merges(tuple(sorted((*whole[:at], extent // part, *whole[at + 1 :]))), rest)
        for at, extent in enumerate(whole)
        if extent not in whole[:at]
    )
