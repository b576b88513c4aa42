"""Layer: the place of a parameter in an array that holds those of several layers."""

from typing import NamedTuple


class Layer(NamedTuple):
    """One layer of a stack.

    Attributes:
        array: the canonical name of the array, without places.
        axes: the axes of the stored array that stacking added, outermost stack first.
        at: the place along each of them, from 0.
    """

    array: str
    axes: tuple[int, ...]
    at: tuple[int, ...]

    def __str__(self) -> str:
        return ", ".join(f"layer {at} of axis {axis}" for axis, at in zip(self.axes, self.at, strict=True))


def is_below(name: str, path: str) -> bool:
    """Return whether a name is a path or below it; everything is below the root, `""`."""
    return not path or name == path or name.startswith(path + ".")


def stored_text(stored: tuple[int, ...], layer: Layer | None) -> str:
    """Describe in words how an array is stored.

    >>> stored_text((12, 768, 3072), Layer("layers.mlp.kernel", (0,), (3,)))
    '(12, 768, 3072), layer 3 of axis 0'
    """
    return f"{stored}, {layer}" if layer else str(stored)
