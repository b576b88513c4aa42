"""Leaves of a tree: which are arrays, and which of them a gradient can train."""

from collections.abc import Iterable
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
