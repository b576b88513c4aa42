"""The state of Optax's optimizers, found by tracing `init`."""

from collections.abc import Callable, Mapping
from functools import cache
from inspect import Parameter, isfunction, signature
from math import prod
from typing import Any

import jax
import optax
from jax import numpy as jnp

_Factory = Callable[..., optax.GradientTransformation]


@cache
def optimizers() -> dict[str, _Factory]:
    """Return the factories of Optax that need nothing but a learning rate, by their names."""
    factories: dict[str, _Factory] = {}
    for module in (optax.contrib, optax):
        for name, value in vars(module).items():
            if isfunction(value) and not name.startswith("scale_by_") and _needs_a_rate_alone(value):
                factories[name] = value
    return factories


def _needs_a_rate_alone(factory: Callable[..., Any]) -> bool:
    """Return whether a function is called like an optimizer: a rate, and else nothing that has no default."""
    takes = signature(factory).parameters
    named = (Parameter.VAR_POSITIONAL, Parameter.VAR_KEYWORD)
    needed = [name for name, p in takes.items() if p.default is p.empty and p.kind not in named]
    return "learning_rate" in takes and needed in ([], ["learning_rate"])


def state_bytes(optimizer: str, shape: tuple[int, ...], dtype: str, settings: Mapping[str, Any]) -> int:
    """Return the bytes of an optimizer's state of one array; counts of steps are not an array's."""
    factory = optimizers()[optimizer]
    own = {key: value for key, value in settings.items() if key in signature(factory).parameters}
    made = factory(learning_rate=1e-3, **own)
    state = jax.eval_shape(lambda: made.init(jnp.zeros(shape, dtype)))
    sizes = optax.tree_utils.tree_map_params(
        made,
        lambda leaf: prod(leaf.shape) * leaf.dtype.itemsize,
        state,
        transform_non_params=lambda leaf: 0,
    )
    return sum(jax.tree.leaves(sizes))
