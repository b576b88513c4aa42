"""Match classes against an alternative of `type`, `within` or `variable`."""

from functools import cache, lru_cache
from typing import NamedTuple

from paramrules.inventories.owner import Class, named
from paramrules.inventories.vocabulary import vocabulary


class Match(NamedTuple):
    """A class that an alternative matches.

    Attributes:
        name: the dotted name of the class that matched: the class itself or one of its bases.
        family: the family of the vocabulary through which it matched, "" if by its own name.
        base: True if it is a base of the class.
    """

    name: str
    family: str
    base: bool


@lru_cache(maxsize=100_000)
def match(alternative: str, cls: Class) -> Match | None:
    """Return the first of `cls` and its bases that the alternative matches; None if there is none.

    An alternative is a bare name (`LayerNorm`, which stands for its family too), a name with `*` and `?`
    (`*Norm`), or a dotted one (`torch.nn.LayerNorm`, `torch.nn.*Norm*`: a class of that name defined in
    the module or below it). Bases are compared in method resolution order, the frameworks' roots never.

    >>> match("LayerNorm", Class("flax.nnx.nn.normalization.LayerNorm"))
    Match(name='flax.nnx.nn.normalization.LayerNorm', family='', base=False)
    >>> match("Embedding", Class("flax.linen.linear.Embed")).family
    'Embedding'
    """
    for name in (cls.name, *cls.bases):
        if not is_root(name):
            if named(alternative, name):
                return Match(name, "", name != cls.name)
            if in_family(alternative, name):
                return Match(name, alternative, name != cls.name)
    return None


@cache
def in_family(family: str, name: str) -> bool:
    """Return whether the vocabulary puts a class of this dotted name into the family."""
    return any(named(member, name) for member in vocabulary().families.get(family, ()))


def source(family: str, name: str) -> str:
    """Return the package whose vocabulary puts a class of this dotted name into a family that it is in."""
    return next(
        tables.source
        for tables in vocabulary().sources
        if any(named(member, name) for member in tables.families.get(family, ()))
    )


@cache
def is_root(name: str) -> bool:
    """Return whether this is a root of class trees (`torch.nn.Module`, `object`), never compared."""
    return any(named(root, name) for root in vocabulary().roots)
