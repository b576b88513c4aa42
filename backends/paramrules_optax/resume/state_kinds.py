"""Check the shapes and kinds of the arrays in a state."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import dtypes

from paramrules.backends import Diagnostic, a, misfit, other_kind
from paramrules_optax.resume.state_tree import StateTree

_KINDS = {
    "floating-point numbers": jnp.floating,
    "integers": jnp.integer,
    "booleans": jnp.bool_,
    "complex numbers": jnp.complexfloating,
    "random keys": dtypes.prng_key,
}
_WHOLE = "pass what `optimizer.update` returned, or what a checkpoint restored of it"
_NUMBERS = ("floating-point numbers", "integers")


def not_arrays(state: StateTree) -> list[Diagnostic]:
    """Return a finding (E680) for each leaf of a state that is not an array, such as a text."""
    return [
        other_kind(
            f"`{state.called(number)}`" + (f" of `{leaf.name}`" if leaf.name is not None else ""),
            _called(leaf.value),
            "an array of numbers",
            _WHOLE,
        )
        for number, leaf in enumerate(state.leaves)
        if not _kind(leaf.value)
    ]


def _called(value: Any) -> str:
    dtype = getattr(value, "dtype", None)
    if dtype is None or isinstance(value, jax.ShapeDtypeStruct):
        return a(type(value).__name__)
    return f"an array of `{dtype}`"


def moment_misfit(field: str, name: str, value: Any, expected: Any) -> Diagnostic | None:
    """Return the finding about what is saved of a parameter, if its shape (E625) or kind (E680) is another.

    A value of None is missing.
    """
    if value is None:
        return other_kind(f"`{field}` of `{name}`", "missing", "an array of numbers")
    if np.shape(value) != expected.shape:
        return misfit(field, name, np.shape(value), expected.shape)
    saved, wanted = _kind(value), _kind(expected)
    if saved == wanted:
        return None
    return other_kind(f"`{field}` of `{name}`", f"an array of {saved}", f"one of {wanted}")


def shared_misfit(field: str, value: Any, expected: Any) -> Diagnostic | None:
    """Return the finding (E680) about what is saved of many parameters, such as a count."""
    what, shape = f"`{field}` of the saved state", np.shape(value)
    if shape != expected.shape:
        return other_kind(
            what, f"an array of the shape {shape}", f"one of the shape {expected.shape}", _WHOLE
        )
    saved, wanted = _kind(value), _kind(expected)
    if saved in _NUMBERS and wanted == "integers" and not np.isfinite(value):
        return other_kind(what, f"`{value}`", "a whole number", _WHOLE)
    if saved in _NUMBERS and wanted == "integers":
        most = int(np.iinfo(expected.dtype).max)
        if not np.all((np.asarray(value) >= 0) & (np.asarray(value) <= most)):
            return other_kind(what, f"`{value}`", f"from 0 to {most:,}", _WHOLE)
    if saved == wanted or {saved, wanted} <= {*_NUMBERS}:
        return None
    return other_kind(what, f"an array of {saved}", f"one of {wanted}", _WHOLE)


def is_number(value: Any) -> bool:
    """Return whether a value is a number, or an array of one."""
    return np.shape(value) == () and _kind(value) in _NUMBERS


def _kind(value: Any) -> str:
    """Return the kind of the elements of an array or a number; empty for anything else."""
    dtype = None if isinstance(value, jax.ShapeDtypeStruct) else getattr(value, "dtype", None)
    if dtype is None and isinstance(value, bool | int | float | complex):
        dtype = np.asarray(value).dtype
    if dtype is None:
        return ""
    return next((kind for kind, scalar in _KINDS.items() if jnp.issubdtype(dtype, scalar)), "")
