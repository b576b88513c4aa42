"""Leaves of a tree: which are arrays, and which of them a gradient can train."""

from collections.abc import Iterable, Sequence
from operator import is_
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

Shape = tuple[int, ...]

ARRAYS = (jax.Array, np.ndarray, np.generic, jax.ShapeDtypeStruct)


def shapes_of(leaves: Iterable[Any]) -> list[Shape]:
    """Return the shapes of leaves, which may be Python numbers."""
    return [leaf.shape if hasattr(leaf, "shape") else () for leaf in leaves]


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
