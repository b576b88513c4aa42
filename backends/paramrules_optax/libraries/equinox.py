"""Equinox's shared nodes: `eqx.nn.Shared` keeps one array in a model that uses it in several places."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import jax
from jax.tree_util import tree_flatten, tree_unflatten

from paramrules.inventories import Owner
from paramrules_optax.trees.tree_walk import LeafRange, Walk


class Tie(NamedTuple):
    """A further name of the leaf `number`, and the module that it has under it."""

    number: int
    name: str
    owner: Owner


def shared_ties(walk: Walk) -> Iterator[Tie]:
    """The further names in a model whose functions have not been filtered away.

    An array that is shared transposed, or changed in any other way, keeps one name.
    """
    for stretch in walk.shared:
        if callable(stretch.node.where) and callable(stretch.node.get):
            yield from _ties(walk, stretch)


def _ties(walk: Walk, stretch: LeafRange) -> list[Tie]:
    shared = stretch.node
    leaves, structure = tree_flatten(shared.pytree)
    arrays = {n: leaf for n, leaf in enumerate(leaves) if isinstance(leaf, jax.Array | jax.ShapeDtypeStruct)}
    found: list[Tie] = []

    def traced(arrays: dict[int, Any]) -> None:
        """With tracers for arrays, what `get` passes on unchanged can be known again."""
        values = [arrays.get(number, leaf) for number, leaf in enumerate(leaves)]
        at = {id(value): stretch.start + number for number, value in enumerate(values)}
        pytree = tree_unflatten(structure, values)
        places, sources = shared.where(pytree), shared.get(pytree)
        if id(places) in at:
            places, sources = [places], [sources]
        for place, source in zip(places, sources, strict=True):
            inner = Walk(source)
            name, owner = walk.names[at[id(place)]], walk.owners[at[id(place)]]
            for value, below, inside in zip(tree_flatten(source)[0], inner.names, inner.owners, strict=True):
                if id(value) in at:
                    whole = f"{name}.{below}" if below else name
                    around = Owner((*owner.around, *inside.around)) if inside.known else owner
                    found.append(Tie(at[id(value)], whole, around))

    jax.eval_shape(traced, arrays)
    return found
