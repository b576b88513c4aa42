"""Fan-in and fan-out, whatever the order in which a class stores the axes of its matrices."""

from functools import lru_cache
from math import prod

from paramrules.inventories.layouts import layout as layout_of
from paramrules.inventories.owner import Owner
from paramrules.inventories.tables import Layout

Fans = tuple[int | None, int | None]
"""`fan_in` and `fan_out`, each None if there is none."""


def fans(owner: Owner, name: str, shape: tuple[int, ...], own: Layout | None = None) -> Fans:
    """Return `fan_in` and `fan_out` of a parameter, read off its `layout`.

    Both fans of a convolution include its receptive field. Biases, scales and weights of an unknown layout
    have none.

    Args:
        owner: the module that owns the parameter.
        name: its canonical name.
        shape: its stored shape in one layer.
        own: the layout that the layer's instance reports, which takes precedence over the vocabulary's.

    References:
        Fans with the receptive field, as `torch.nn.init` computes them:
        https://docs.pytorch.org/docs/stable/nn.init.html

    >>> fans(linear, "head.weight", (1000, 192)), fans(conv2d, "stem.weight", (64, 3, 7, 7))
    ((192, 1000), (147, 3136))
    """
    return fans_in(layout_of(owner, name, len(shape), own), shape)


@lru_cache(maxsize=100_000)
def fans_in(layout: Layout | None, shape: tuple[int, ...]) -> Fans:
    """Return the fans of a shape in this layout, which has a word for each axis."""
    if layout is None or not {"in", "out"} & set(layout):
        return None, None
    contracted, produced, field = (
        prod(extent for extent, word in zip(shape, layout, strict=True) if word in kinds)
        for kinds in (("in", "in2"), ("out",), ("*",))
    )
    return contracted * field, produced * field
