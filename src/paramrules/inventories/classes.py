"""Match classes against an alternative of `type`, `within` or `variable`."""

import re
from functools import lru_cache
from typing import Final, NamedTuple

from paramrules.inventories.alternatives import Alternatives
from paramrules.inventories.owner import Class, Owner, named
from paramrules.inventories.vocabulary import Vocabulary, extended, vocabulary

_PATTERN: Final = re.compile(r"[.*?]")


class Match(NamedTuple):
    """A class that an alternative matches.

    Attributes:
        name: the dotted name of the class that matched: the class itself or one of its bases.
        family: the family of the vocabulary through which it matched, "" if by its own name.
        base: True if it is a base of the class.
        by_name: True if no table puts the class into the family, and only its name does.
    """

    name: str
    family: str
    base: bool
    by_name: bool = False


@lru_cache(maxsize=100_000)
def match(alternative: str, cls: Class, words: Vocabulary | None = None) -> Match | None:
    """Return the first of `cls` and its bases that the alternative matches; None if there is none.

    An alternative is a bare name (`LayerNorm`, which stands for its family too), a name with `*` and `?`
    (`*Norm`), or a dotted one (`torch.nn.LayerNorm`, `torch.nn.*Norm*`: a class of that name defined in
    the module or below it). Bases are compared in method resolution order, the frameworks' roots never.
    `words` is the model's vocabulary, by default the installed one.

    >>> match("LayerNorm", Class("flax.nnx.nn.normalization.LayerNorm"))
    Match(name='flax.nnx.nn.normalization.LayerNorm', family='', base=False)
    >>> match("Embedding", Class("flax.linen.linear.Embed")).family
    'Embedding'
    """
    if not _PATTERN.search(alternative) and alternative not in _bare_names(cls, words):
        return None
    for name in (cls.name, *cls.bases):
        if not is_root(name, words):
            if named(alternative, name):
                return Match(name, "", name != cls.name)
            if in_family(alternative, name, words):
                return Match(name, alternative, name != cls.name)
    family, name = family_by_name(cls, words)
    return Match(name, family, name != cls.name, by_name=True) if family == alternative else None


@lru_cache(maxsize=10_000)
def _bare_names(cls: Class, words: Vocabulary | None) -> frozenset[str]:
    """Return the bare names that match a class. Files hold many that match none."""
    names = [name for name in (cls.name, *cls.bases) if not is_root(name, words)]
    return frozenset(
        (
            *(name.rpartition(".")[2] for name in names),
            *(family for name in names for family in families_of(name, words)),
            family_by_name(cls, words)[0],
        )
    )


@lru_cache(maxsize=100_000)
def family_by_name(cls: Class, words: Vocabulary | None = None) -> tuple[str, str]:
    """Return the family in whose name that of a class ends, and the class or the base of it that is meant.

    Both are "" if the vocabulary puts the class or a base of it anywhere: only what nobody has listed goes by
    its name. Norms and attention layers do. Embeddings and linear layers do not, because `TimestepEmbedding`
    and `LoRALinear` are made of several layers.

    >>> family_by_name(Class("lab.models.Gemma3RMSNorm"))
    ('RMSNorm', 'lab.models.Gemma3RMSNorm')
    """
    names = [name for name in (cls.name, *cls.bases) if not is_root(name, words)]
    families = (words or vocabulary()).families
    if not any(families_of(name, words) for name in names):
        telling = [family for family in families if family.endswith("Norm") or family == "Attention"]
        for name in names:
            if ending := [family for family in telling if name.endswith(family)]:
                return max(ending, key=len), name
    return "", ""


def in_family(family: str, name: str, words: Vocabulary | None = None) -> bool:
    """Return whether the vocabulary puts a class of this dotted name into the family."""
    return family in families_of(name, words)


@lru_cache(maxsize=100_000)
def families_of(name: str, words: Vocabulary | None = None) -> frozenset[str]:
    """Return the families into which the vocabulary puts a class of this dotted name."""
    return frozenset(_members(words or vocabulary()).of(name))


@lru_cache(maxsize=100)
def _members(words: Vocabulary) -> Alternatives[str]:
    return Alternatives((member, family) for family, members in words.families.items() for member in members)


def source(family: str, name: str, words: Vocabulary | None = None) -> str:
    """Return the package or file that puts a class of this dotted name into a family that it is in."""
    return next(
        tables.source
        for tables in (words or vocabulary()).sources
        if any(named(member, name) for member in tables.families.get(family, ()))
    )


@lru_cache(maxsize=10_000)
def is_root(name: str, words: Vocabulary | None = None) -> bool:
    """Return whether this is a root of class trees (`torch.nn.Module`, `object`), never compared."""
    return bool(_roots(words or vocabulary()).of(name))


@lru_cache(maxsize=100)
def _roots(words: Vocabulary) -> Alternatives[str]:
    return Alternatives((root, root) for root in words.roots)


def owner_in_family(family: str, owner: Owner) -> bool:
    """Return whether a module's class or one of its bases belongs to a family, by its own vocabulary too."""
    words = extended(owner.own)
    return any(in_family(family, name, words) for name in (owner.cls.name, *owner.cls.bases))
