"""Fan-in and fan-out, whatever the order in which a class stores the axes of its matrices."""

from collections.abc import Iterable
from functools import lru_cache
from math import prod

from paramrules.inventories.owner import Class, Owner, named, pattern
from paramrules.inventories.roles import unparametrized
from paramrules.inventories.vocabulary import Vocabulary, extended

_KEPT_AS = {"weight_v": "weight", "weight_orig": "weight"}
"""Names that the older weight and spectral norm of torch, and its pruning, give the trained weight."""


def fans(
    owner: Owner, name: str, shape: tuple[int, ...], own: tuple[str, ...] | None = None
) -> tuple[int | None, int | None]:
    """Return `fan_in` and `fan_out` of a parameter, each None if it has none.

    The vocabulary's layouts decide, by the class that owns the parameter, or by the class around that for
    attention kernels. Both fans of a convolution include its receptive field. Biases and scales have none.
    Nothing is guessed: a matrix whose layout is not listed, such as the `weight` of a module of the user's
    own, has none either, nor has one whose shape does not fit its layout.

    Args:
        owner: the module that owns the parameter.
        name: its canonical name.
        shape: its shape in one layer.
        own: the layout that the layer's instance reports, which takes precedence over the vocabulary's.

    References:
        Fans with the receptive field, as `torch.nn.init` computes them:
        https://docs.pytorch.org/docs/stable/nn.init.html

    >>> fans(linear, "head.weight", (1000, 192)), fans(conv2d, "stem.weight", (64, 3, 7, 7))
    ((192, 1000), (147, 3136))
    """
    whole, part = unparametrized(name)
    if part == "original0" or not owner.known:  # the gain of a weight norm
        return None, None
    layout = own or _layout(owner.around[-2:], ".".join(whole.split(".")[-2:]), extended(owner.own))
    return _read(layout, shape) if layout else (None, None)


def fans_of_all(
    owners: Iterable[Owner], names: Iterable[str], shapes: Iterable[tuple[int, ...]]
) -> list[tuple[int | None, int | None]]:
    """Return `fans` of many entries, each combination of owner, name and shape looked up once."""
    known: dict[tuple[Owner, str, str, tuple[int, ...]], tuple[int | None, int | None]] = {}
    column = []
    for owner, name, shape in zip(owners, names, shapes, strict=True):
        *_, module, leaf = ["", *name.rsplit(".", 2)]
        if leaf.startswith("original"):
            column.append(fans(owner, name, shape))
            continue
        key = (owner, module, leaf, shape)
        if key not in known:
            known[key] = fans(owner, name, shape)
        column.append(known[key])
    return column


@lru_cache(maxsize=100_000)
def _layout(around: tuple[Class, ...], tail: str, words: Vocabulary) -> tuple[str, ...] | None:
    """Return the layout for the last two components of a name, by the owner or the class around it."""
    leaf = tail.rpartition(".")[2]
    for cls, name in [*((outer, tail) for outer in around[:-1]), (around[-1], _KEPT_AS.get(leaf, leaf))]:
        for base in (cls.name, *cls.bases):
            for wanted, layout in _layouts(base, words):
                if wanted.count(".") == name.count(".") and pattern(wanted).match(name):
                    return layout
    return None


@lru_cache(maxsize=10_000)
def _layouts(name: str, words: Vocabulary) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Return leaf patterns and layouts of a class of this dotted name."""
    return tuple(row for cls, leaves in words.layouts.items() if named(cls, name) for row in leaves.items())


def _read(layout: tuple[str, ...], shape: tuple[int, ...]) -> tuple[int | None, int | None]:
    """Return the fans of a shape whose axes are laid out so."""
    axes = list(layout)
    if "*" in axes:
        at = axes.index("*")
        axes[at : at + 1] = ["*"] * (len(shape) - len(axes) + 1)
    if len(axes) != len(shape):
        return None, None
    contracted, produced, field = (
        prod(extent for extent, axis in zip(shape, axes, strict=True) if axis == kind)
        for kind in ("in", "out", "*")
    )
    return contracted * field, produced * field
