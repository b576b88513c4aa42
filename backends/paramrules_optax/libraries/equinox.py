"""Equinox: modules are pytrees, `nn.Shared` ties nodes, `nn.StateIndex` and `nn.State` hold statistics."""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

import jax
from jax.tree_util import tree_flatten, tree_unflatten

from paramrules.backends import Owner
from paramrules_optax.libraries.loaded import Classes, Refusal, loaded, requires

if TYPE_CHECKING:
    from paramrules_optax.trees.tree_walk import LeafRange, Walk

RUNNING_STATISTIC = Refusal(
    "is a running statistic, not a parameter",
    "build the model with `eqx.nn.make_with_state`, which takes them out of it",
)


def modules() -> Classes:
    """Return `equinox.Module`."""
    return loaded("equinox", "Module")


def states() -> Classes:
    """Return the classes that hold running statistics: in a model before `make_with_state`, and after it."""
    return loaded("equinox.nn", "StateIndex", "State")


def shared() -> Classes:
    """Return the wrapper that ties nodes of a model."""
    return loaded("equinox.nn", "Shared")


def random_arguments(maker: Callable[..., object]) -> dict[str, Callable[[], object]]:
    """Return what makes the `key` that a class of modules, or a function, requires."""
    ours = modules() and (not isinstance(maker, type) or issubclass(maker, modules()))
    return {"key": lambda: jax.random.PRNGKey(0)} if ours and requires(maker, "key") else {}


def without_state(tree: Any) -> Any:
    """Return the model of the pair that `eqx.nn.make_with_state` returns; any other tree as it is."""
    pair = isinstance(tree, tuple) and len(tree) == 2
    return tree[0] if pair and isinstance(tree[1], loaded("equinox.nn", "State")) else tree


class Tie(NamedTuple):
    """A further name of leaf `number`, and its owner under this name."""

    number: int
    name: str
    owner: Owner


def ties(walk: "Walk") -> Iterator[Tie]:
    """Yield the further names of the leaves that a model shares, unless its functions are filtered away.

    An array that is shared transposed, or changed in any other way, keeps one name.
    """
    for node in walk.shared:
        if callable(node.node.where) and callable(node.node.get):
            yield from _ties(walk, node)


def _ties(walk: "Walk", node: "LeafRange") -> list[Tie]:
    wrapper = node.node
    leaves, structure = tree_flatten(wrapper.pytree)
    arrays = {n: leaf for n, leaf in enumerate(leaves) if isinstance(leaf, jax.Array | jax.ShapeDtypeStruct)}
    found: list[Tie] = []

    def traced(arrays: dict[int, Any]) -> None:
        """Replace each array by a tracer, which is an object of its own."""
        values = [arrays.get(number, leaf) for number, leaf in enumerate(leaves)]
        at = {id(value): node.start + number for number, value in enumerate(values)}
        pytree = tree_unflatten(structure, values)
        places, sources = wrapper.where(pytree), wrapper.get(pytree)
        if id(places) in at:
            places, sources = [places], [sources]
        for place, source in zip(places, sources, strict=True):
            inner = walk.of(source)
            name, owner = walk.names[at[id(place)]], walk.owners[at[id(place)]]
            for value, below, inside in zip(tree_flatten(source)[0], inner.names, inner.owners, strict=True):
                if id(value) in at:
                    alias = f"{name}.{below}" if below else name
                    around = Owner((*owner.around, *inside.around)) if inside.known else owner
                    found.append(Tie(at[id(value)], alias, around))

    jax.eval_shape(traced, arrays)
    return found
