"""Layouts: what each axis of a stored weight is for, and the matrix that the axes form."""

from collections.abc import Iterable, Mapping
from functools import cache, lru_cache

from paramrules.inventories.alternatives import Alternatives
from paramrules.inventories.owner import Class, Owner, fits
from paramrules.inventories.roles import unparametrized
from paramrules.inventories.tables import Layout
from paramrules.inventories.vocabulary import Vocabulary, extended

Merge = tuple[tuple[int, ...], ...]
"""For each axis of a logical shape the stored axes that it holds."""

_KEPT_AS = {"weight_v": "weight", "weight_orig": "weight"}
"""Names that the older weight and spectral norm of torch, and its pruning, give the trained weight."""


def layout(owner: Owner, name: str, rank: int, own: Layout | None = None) -> Layout | None:
    """Return the layout of a weight of this rank; None if it is unknown.

    The vocabulary's layouts decide, by the class that owns the parameter, or by the class around that for
    attention kernels. Nothing is guessed: a matrix whose layout is not listed, such as the `weight` of a
    module of the user's own, has none, nor has one whose rank does not fit.

    Args:
        owner: the module that owns the parameter.
        name: its canonical name.
        rank: the number of its axes in one layer.
        own: the layout that the layer's instance reports, which takes precedence over the vocabulary's.

    >>> layout(attention_query, "attn.query.kernel", 3), layout(conv2d, "stem.weight", 4)
    (('in', 'out', 'out'), ('out', 'in', '*', '*'))
    """
    whole, part = unparametrized(name)
    if part == "original0" or not owner.known:  # the gain of a weight norm
        return None
    words = own or _listed(owner.around[-2:], ".".join(whole.split(".")[-2:]), extended(owner.own))
    return _spread(words, rank) if words else None


def layouts_of_all(
    owners: Iterable[Owner], names: Iterable[str], ranks: Iterable[int], own: Mapping[str, Layout]
) -> list[Layout | None]:
    """Return `layout` of many entries, each combination of owner, name and rank looked up once."""
    known: dict[tuple[Owner, str, int], Layout | None] = {}
    column = []
    for owner, name, rank in zip(owners, names, ranks, strict=True):
        tail = name[name.rfind(".", 0, max(name.rfind("."), 0)) + 1 :]  # the last two components
        if name in own or "original" in tail:
            column.append(layout(owner, name, rank, own.get(name)))
            continue
        key = (owner, tail, rank)
        if key not in known:
            known[key] = layout(owner, name, rank)
        column.append(known[key])
    return column


@cache
def merge(layout: Layout) -> Merge | None:
    """Return how the stored axes form a matrix; None if they stand for themselves.

    All contracted axes become one, and all produced ones, each where the first of them stands. Batches stay,
    and so does a convolution as a whole.

    >>> merge(("in", "out", "out")), merge(("in", "_", "out", "out")), merge(("out", "in", "*", "*"))
    (((0,), (1, 2)), ((0,), (1,), (2, 3)), None)
    """
    if "*" in layout or not {"in", "out"} <= set(layout):
        return None
    axes: dict[str | int, list[int]] = {}
    for axis, word in enumerate(layout):
        axes.setdefault(word if word in ("in", "out") else axis, []).append(axis)
    return tuple(map(tuple, axes.values())) if len(axes) < len(layout) else None


@lru_cache(maxsize=100_000)
def _listed(around: tuple[Class, ...], tail: str, vocabulary: Vocabulary) -> Layout | None:
    """Return the layout for the last two components of a name, by the owner or the class around it."""
    leaf = tail.rpartition(".")[2]
    for cls, name in [*((outer, tail) for outer in around[:-1]), (around[-1], _KEPT_AS.get(leaf, leaf))]:
        for base in (cls.name, *cls.bases):
            for wanted, layout in _layouts(base, vocabulary):
                if wanted.count(".") == name.count(".") and fits(wanted, name):
                    return layout
    return None


@lru_cache(maxsize=10_000)
def _layouts(name: str, vocabulary: Vocabulary) -> tuple[tuple[str, Layout], ...]:
    """Return leaf patterns and layouts of a class of this dotted name."""
    return tuple(row for leaves in _by_class(vocabulary).of(name) for row in leaves.items())


@lru_cache(maxsize=100)
def _by_class(vocabulary: Vocabulary) -> Alternatives[Mapping[str, Layout]]:
    return Alternatives(vocabulary.layouts.items())


@cache
def _spread(words: Layout, rank: int) -> Layout | None:
    """Return the layout with a word for each of `rank` axes; None if that does not fit."""
    axes = list(words)
    if "*" in axes:
        at = axes.index("*")
        axes[at : at + 1] = ["*"] * (rank - len(axes) + 1)
    return tuple(axes) if len(axes) == rank else None
