"""The role of a parameter: `weight`, `bias`, `scale` (a gain), `embedding` or `other`."""

from collections.abc import Iterable
from functools import lru_cache
from typing import Final

from paramrules.inventories.classes import in_family
from paramrules.inventories.owner import Class, Owner, fits, named
from paramrules.inventories.tables import RoleTable
from paramrules.inventories.vocabulary import Vocabulary, extended

_ANY: Final = ("*",)
"""The classes of a table for any class."""


def role(owner: Owner, name: str, words: Vocabulary | None = None) -> str:
    """Return the role of a parameter, by the class that owns it and the last component of its name.

    The tables of the vocabulary decide, first that of the class, then that for any class. A name such as
    `weight.original1` is a part of what `torch.nn.utils.parametrize` stores in place of `weight`: weight
    norm's `original0` is the gain, any other part has the role of the whole. Anything that no table lists
    is `other`. `words` is the vocabulary, by default that of the owner.

    >>> role(linear, "blocks.0.fc.bias"), role(layer_norm, "blocks.0.norm.weight")
    ('bias', 'scale')
    """
    whole, part = unparametrized(name)
    if part == "original0":
        return "scale"
    if not owner.known:
        return "other"
    return _role(owner.cls, whole.rpartition(".")[2], words or extended(owner.own)) or "other"


def roles(owners: Iterable[Owner], names: Iterable[str], words: Vocabulary | None = None) -> list[str]:
    """Return the `role` of many entries, each different one looked up once."""
    entries = list(zip(owners, names, strict=True))
    known = {entry: role(*entry, words) for entry in set(entries)}
    return [known[entry] for entry in entries]


def role_by_class(owner: Owner, leaf: str) -> str | None:
    """Return the role of a leaf in a table for the owner's class; None if no such table has it."""
    return _role(owner.cls, leaf, extended(owner.own), any_class=False)


def belongs_to_a_known_layer(owner: Owner) -> bool:
    """Return whether the vocabulary has the owner's class or a base of it, in a family or a table."""
    return owner.known and _known(owner.cls, extended(owner.own))


def unparametrized(name: str) -> tuple[str, str]:
    """Return a name without the part that a parametrization adds, and that part.

    >>> unparametrized("conv.weight.original1"), unparametrized("conv.weight")
    (('conv.weight', 'original1'), ('conv.weight', ''))
    """
    whole, _, part = name.rpartition(".")
    if part.startswith("original") and (part == "original" or part[8:].isdigit()):
        return whole, part
    return name, ""


@lru_cache(maxsize=100_000)
def _role(cls: Class, leaf: str, words: Vocabulary, any_class: bool = True) -> str | None:
    for table in words.roles:
        if not any_class and table.classes == _ANY:
            continue
        if any(_covers(table, name, words) for name in (cls.name, *cls.bases)):
            for role, leaves in table.leaves:
                if fits(leaves, leaf):
                    return role
    return None


@lru_cache(maxsize=100_000)
def _known(cls: Class, words: Vocabulary) -> bool:
    tables = (table for table in words.roles if table.classes != _ANY)
    names = (cls.name, *cls.bases)
    return any(_covers(table, name, words) for table in tables for name in names) or any(
        in_family(family, name, words) for family in words.families for name in names
    )


@lru_cache(maxsize=100_000)
def _covers(table: RoleTable, name: str, words: Vocabulary) -> bool:
    """Return whether the table covers a class of this dotted name."""
    listed = any(named(cls, name) for cls in table.classes)
    return listed or any(in_family(family, name, words) for family in table.families)
