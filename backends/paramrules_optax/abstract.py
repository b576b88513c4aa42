"""Models built without memory for their parameters."""

from collections.abc import Callable
from typing import Any

import jax

from paramrules_optax import frameworks


def abstractly(make: Callable[[], object]) -> object:
    """What `make()` gives, with a `jax.ShapeDtypeStruct` in place of every array.

    `make` runs once, under `jax.eval_shape`: nothing is computed and nothing allocated. It may give an
    Equinox or NNX module, a tree of arrays, or any of these inside tuples and dicts; what is no array is
    given back as it is.

    >>> abstractly(lambda: eqx.nn.Linear(100_000, 100_000, key=jax.random.key(0))).weight
    ShapeDtypeStruct(shape=(100000, 100000), dtype=float32)
    """
    kept: list[Any] = []

    def traced() -> list[Any]:
        made = make()
        if isinstance(made, frameworks.nnx_modules()):
            from flax import nnx

            graphdef, state = nnx.split(made)
            kept.append(lambda arrays: nnx.merge(graphdef, arrays))
            return state
        leaves, structure = jax.tree_util.tree_flatten(made)
        is_array = [isinstance(leaf, jax.Array) for leaf in leaves]

        def rebuilt(arrays: list[Any]) -> Any:
            found = iter(arrays)
            return structure.unflatten(
                next(found) if array else leaf for leaf, array in zip(leaves, is_array, strict=True)
            )

        kept.append(rebuilt)
        return [leaf for leaf, array in zip(leaves, is_array, strict=True) if array]

    arrays = jax.eval_shape(traced)
    return kept[0](arrays)
