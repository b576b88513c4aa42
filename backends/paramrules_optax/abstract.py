"""Models built without memory for their parameters."""

from collections.abc import Callable
from typing import Any

import jax
from jax.tree_util import tree_flatten, tree_unflatten

from paramrules_optax.libraries import frameworks


def build_abstract(make: Callable[[], object]) -> Any:
    """What `make()` gives, with a `jax.ShapeDtypeStruct` in place of every array of jax.

    `make` runs once, under `jax.eval_shape`: nothing is computed and nothing allocated. It may give an
    Equinox or NNX module, a tree of arrays, or any of these in tuples and dicts; what is no array, a
    module of another framework among it, is given back as it is. A model that wants to know values while
    it is built, such as `jnp.linspace(0, rate, depth)[3].item()`, is built a second time, with its arrays.

    >>> build_abstract(lambda: eqx.nn.Linear(100_000, 100_000, key=jax.random.key(0))).weight
    ShapeDtypeStruct(shape=(100000, 100000), dtype=float32)
    """
    rebuild: list[Callable[[Any], Any]] = []

    def traced() -> Any:
        made = make()
        if frameworks.holds_nnx(made):
            from flax import nnx

            graphdef, state = nnx.split(made)
            rebuild.append(lambda abstract: nnx.merge(graphdef, abstract))
            return state
        leaves, structure = tree_flatten(made)
        arrays = {number: leaf for number, leaf in enumerate(leaves) if isinstance(leaf, jax.Array)}
        rest = [None if number in arrays else leaf for number, leaf in enumerate(leaves)]

        def rebuilt(abstract: dict[int, Any]) -> Any:
            return tree_unflatten(structure, [abstract.get(n, leaf) for n, leaf in enumerate(rest)])

        rebuild.append(rebuilt)
        return arrays

    try:
        abstract = jax.eval_shape(traced)
    except jax.errors.JAXTypeError:
        return make()
    return rebuild[0](abstract)
