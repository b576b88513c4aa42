"""Leaves of a tree: which are arrays, and which of them a gradient can train."""

from collections.abc import Iterable, Sequence
from itertools import chain
from operator import is_
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from paramrules.backends import Diagnostic, RulesError

Shape = tuple[int, ...]

ARRAYS = (jax.Array, np.ndarray, np.generic, jax.ShapeDtypeStruct)


def shapes_of(leaves: Iterable[Any]) -> list[Shape]:
    """Return the shapes of leaves, which may be Python numbers."""
    return [leaf.shape if hasattr(leaf, "shape") else () for leaf in leaves]


def known_shapes(names: Sequence[str], leaves: Iterable[Any]) -> list[Shape]:
    """Return the shapes of leaves. Raise RulesError (E503) if a symbol stands for an extent of one."""
    shapes = shapes_of(leaves)
    if set(map(type, chain.from_iterable(shapes))) <= {int}:
        return shapes
    symbols = {
        name: extent
        for name, shape in zip(names, shapes, strict=False)
        for extent in shape
        if not hasattr(extent, "__index__")
    }
    if not symbols:
        return [tuple(map(int, shape)) for shape in shapes]  # NumPy's integers
    name, symbol = next(iter(symbols.items()))
    what = f"`{name}`" if name else "the argument"
    more = f" (and {len(symbols) - 1} more)" if len(symbols) > 1 else ""
    raise RulesError(
        Diagnostic(
            "E503",
            f"{what} has no known shape: `{symbol}` stands for a number{more}",
            help="leave symbols to the shapes of inputs: those of parameters are numbers",
        )
    )


def is_array(leaf: Any) -> bool:
    """Return whether a leaf is an array: concrete, abstract or traced."""
    return isinstance(leaf, ARRAYS)


def is_inexact(leaf: Any) -> bool:
    """Return whether a leaf is an array of floating-point or complex numbers."""
    return is_array(leaf) and bool(jnp.issubdtype(leaf.dtype, jnp.inexact))


def are_alike(ours: Sequence[Any], theirs: Sequence[Any]) -> bool:
    """Return whether the leaves of two trees of one structure have the same shapes and dtypes."""
    return all(map(is_, ours, theirs)) or list(map(_kind, ours)) == list(map(_kind, theirs))


def _kind(leaf: Any) -> tuple[Any, Any]:
    return getattr(leaf, "shape", None), getattr(leaf, "dtype", None)
