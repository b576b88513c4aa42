"""Whether a class is what a rule calls it: what an alternative of `type`, `within`, `variable` means."""

from functools import cache, lru_cache
from typing import NamedTuple

from paramrules.inventories.dotted import named
from paramrules.inventories.owner import Class
from paramrules.inventories.vocabulary import vocabulary


class Match(NamedTuple):
    """How a class answers to an alternative.

    Attributes:
        name: the class that matched by its dotted name: the class itself or one of its bases.
        family: the family of the vocabulary through which it did, "" where its own name did.
        base: whether it is a base of the class.
    """

    name: str
    family: str
    base: bool


@lru_cache(maxsize=100_000)
def match(alternative: str, cls: Class) -> Match | None:
    """How `cls` or a base of it is what the alternative says; None where none is.

    An alternative is a bare name (`LayerNorm`, which stands for its family too), a name with `*` and `?`
    (`*Norm`), or a dotted one (`torch.nn.LayerNorm`, `torch.nn.*Norm*`: a class of that name defined in
    the module or below it). The class itself is compared first, then its bases in the order in which
    Python looks them up; the frameworks' roots never are.

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
    """Whether the vocabulary puts a class of this dotted name into the family."""
    return any(named(member, name) for member in vocabulary().families.get(family, ()))


def source(family: str, name: str) -> str:
    """The package whose vocabulary puts a class of this dotted name into the family, which it is in."""
    return next(
        tables.source
        for tables in vocabulary().sources
        if any(named(member, name) for member in tables.families.get(family, ()))
    )


@cache
def is_root(name: str) -> bool:
    """Whether this is a root of class trees (`torch.nn.Module`, `object`), which no rule is compared with."""
    return any(named(root, name) for root in vocabulary().roots)
