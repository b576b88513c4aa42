"""Leaves of a tree: which are arrays, and which of them a gradient can train."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

Shape = tuple[int, ...]

ARRAYS = (jax.Array, np.ndarray, np.generic, jax.ShapeDtypeStruct)


def shape_of(leaf: Any) -> Shape:
    """Return the shape of a leaf, which may be a Python number."""
    return leaf.shape if hasattr(leaf, "shape") else ()


def is_array(leaf: Any) -> bool:
    """Return whether a leaf is an array: concrete, abstract or traced."""
    return isinstance(leaf, ARRAYS)


def is_inexact(leaf: Any) -> bool:
    """Return whether a leaf is an array of floating-point or complex numbers."""
    return is_array(leaf) and bool(jnp.issubdtype(leaf.dtype, jnp.inexact))
