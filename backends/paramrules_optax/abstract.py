"""Models built without memory for their parameters."""

from collections.abc import Callable
from typing import Any

import jax
from jax.tree_util import tree_flatten, tree_unflatten

from paramrules_optax.libraries import nnx


def build_abstract(make: Callable[[], object]) -> Any:
    """Return the result of `make()` with a `jax.ShapeDtypeStruct` in the place of every array of jax.

    `make` runs once, under `jax.eval_shape`: nothing is computed or allocated. It may return an Equinox or
    NNX module, a tree of arrays, or any of these in tuples and dicts; anything that is not an array, such as
    a linen module, is returned as it is. A model that reads values while it is built, as in
    `jnp.linspace(0, rate, depth)[3].item()`, is built a second time, with its arrays.

    >>> build_abstract(lambda: eqx.nn.Linear(100_000, 100_000, key=jax.random.key(0))).weight
    ShapeDtypeStruct(shape=(100000, 100000), dtype=float32)
    """
    rebuild: list[Callable[[Any], Any]] = []

    def traced() -> Any:
        made = make()
        arrays, with_arrays = nnx.split(made) if nnx.holds_module(made) else _split(made)
        rebuild.append(with_arrays)
        return arrays

    try:
        abstract = jax.eval_shape(traced)
    except jax.errors.JAXTypeError:
        return make()
    return rebuild[0](abstract)


def _split(tree: Any) -> tuple[dict[int, Any], Callable[[dict[int, Any]], Any]]:
    """Return the arrays of a tree by number, and the function that puts others into their places."""
    leaves, structure = tree_flatten(tree)
    arrays = {number: leaf for number, leaf in enumerate(leaves) if isinstance(leaf, jax.Array)}
    rest = [None if number in arrays else leaf for number, leaf in enumerate(leaves)]

    def with_arrays(others: dict[int, Any]) -> Any:
        return tree_unflatten(structure, [others.get(number, leaf) for number, leaf in enumerate(rest)])

    return arrays, with_arrays
