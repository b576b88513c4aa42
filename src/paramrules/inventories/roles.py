"""The role of a parameter: `weight`, `bias`, `scale` (a gain), `embedding` or `other`."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Final

from paramrules.inventories.alternatives import Alternatives
from paramrules.inventories.classes import families_of
from paramrules.inventories.owner import Class, Owner, fits
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


def roles(owners: Sequence[Owner], names: Sequence[str], words: Vocabulary | None = None) -> list[str]:
    """Return the `role` of many entries, each different one looked up once."""
    known = {entry: role(*entry, words) for entry in set(zip(owners, names, strict=True))}
    return list(map(known.__getitem__, zip(owners, names, strict=True)))


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
    for number in sorted({at for name in (cls.name, *cls.bases) for at in _tables_of(name, words)}):
        table = words.roles[number]
        if not any_class and table.classes == _ANY:
            continue
        for role, leaves in table.leaves:
            if fits(leaves, leaf):
                return role
    return None


@lru_cache(maxsize=100_000)
def _known(cls: Class, words: Vocabulary) -> bool:
    names = (cls.name, *cls.bases)
    return any(
        families_of(name, words) or any(words.roles[at].classes != _ANY for at in _tables_of(name, words))
        for name in names
    )


@lru_cache(maxsize=100_000)
def _tables_of(name: str, words: Vocabulary) -> frozenset[int]:
    """Return the numbers of the tables that cover a class of this dotted name."""
    by_class, by_family = _tables(words)
    return frozenset(
        (*by_class.of(name), *(at for each in families_of(name, words) for at in by_family.get(each, ())))
    )


@lru_cache(maxsize=100)
def _tables(words: Vocabulary) -> tuple[Alternatives[int], Mapping[str, list[int]]]:
    """Return the numbers of the tables by their classes and by their families."""
    by_family = defaultdict[str, list[int]](list)
    for at, table in enumerate(words.roles):
        for family in table.families:
            by_family[family].append(at)
    return Alternatives((cls, at) for at, table in enumerate(words.roles) for cls in table.classes), by_family
