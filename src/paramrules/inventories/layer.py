"""Where a parameter is kept whose array holds those of several layers."""

from typing import NamedTuple


class Layer(NamedTuple):
    """One layer of a stack.

    Attributes:
        array: the canonical name of the array, which has no places in it.
        axes: the axes of the stored array that stacking has added, outermost stack first.
        at: the place along each of them, from 0.
    """

    array: str
    axes: tuple[int, ...]
    at: tuple[int, ...]

    def __str__(self) -> str:
        return ", ".join(f"layer {at} of axis {axis}" for axis, at in zip(self.axes, self.at, strict=True))


def is_below(name: str, path: str) -> bool:
    """Whether a parameter is below a path, or is the path itself; everything is below the root, `""`."""
    return not path or name == path or name.startswith(path + ".")


def stored_text(stored: tuple[int, ...], layer: Layer | None) -> str:
    """How an array is stored, in words.

    >>> stored_text((12, 768, 3072), Layer("layers.mlp.kernel", (0,), (3,)))
    '(12, 768, 3072), layer 3 of axis 0'
    """
    return f"{stored}, {layer}" if layer else str(stored)
