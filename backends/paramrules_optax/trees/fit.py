"""Values of parameters, put into any tree of these parameters.

An optimizer meets its parameters in several trees: NNX boxed and pure, gradients with `None` where there
is none, the part that `optax.masked` or `optax.partition` lets through. All of them have the same names.
"""

from collections.abc import Mapping
from typing import Any

import jax

from paramrules.backends import Diagnostic, Inventory, RulesError, did_you_mean
from paramrules_optax import libraries
from paramrules_optax.libraries import equinox, linen, nnx
from paramrules_optax.trees.leaves import is_array, is_inexact
from paramrules_optax.trees.tree_walk import LeafRange, Walk


def fitted(values: Mapping[str, Any], tree: Any) -> Any:
    """Return a tree of the same structure, with the value of each parameter in its place.

    `values` are by canonical name. Leaves of an Equinox module that are not arrays (activations) become None.

    Raises RulesError: E601 for a leaf that is not one of these parameters, E540 for linen's variables.
    """
    walk = Walk(tree)
    if walk.graph:
        return fitted(values, libraries.state_of_graph(tree))
    leaves, structure = walk.flat
    try:
        found = [values[name] for name in walk.names]
    except KeyError:
        linen.refuse_collections(tree)
        found = [_value(values, walk, number, leaf) for number, leaf in enumerate(leaves)]
    return jax.tree_util.tree_unflatten(structure, found)


def refuse_other_arrays(inventory: Inventory, tree: Any) -> None:
    """Refuse a tree with arrays that cannot be the model's of the same names. Raises RulesError (E601).

    A tree may hold several of each array that is not a stack in the model: `jax.vmap(model.init)` puts an
    axis in front.
    """
    walk = Walk(tree)
    if walk.graph:
        return refuse_other_arrays(inventory, libraries.state_of_graph(tree))
    expected = {}
    for name, layer, stored in zip(
        inventory.names, inventory.column("layer"), inventory.column("stored"), strict=False
    ):
        expected[layer.array if layer else name] = (stored, layer is not None)
    for name, leaf in zip(walk.names, walk.flat[0], strict=True):
        if name not in expected or not is_array(leaf):
            continue
        if not is_inexact(leaf):
            raise RulesError(
                Diagnostic(
                    "E601",
                    f"`{name}` is an array of {leaf.dtype.name}, which no optimizer trains",
                    help="pass the parameters themselves, not something computed from them",
                )
            )
        stored, stacked = expected[name]
        if leaf.shape != stored and (stacked or leaf.shape[len(leaf.shape) - len(stored) :] != stored):
            what = "stacks it to" if stacked else "has it in the shape"
            raise RulesError(
                Diagnostic(
                    "E601",
                    f"`{name}` has the shape {leaf.shape}, and the model {what} {stored}",
                    help="pass the parameters and the inventory of the same model",
                )
            )


def _value(values: Mapping[str, Any], walk: Walk, number: int, leaf: Any) -> Any:
    name = walk.names[number]
    if name in values:
        return values[name]
    in_module = _in_any(walk.modules, number)
    if in_module and not is_array(leaf):
        return None
    raise RulesError(_stranger(values, walk, number, leaf, in_module))


def _in_any(ranges: list[LeafRange], number: int) -> bool:
    return any(leaves.start <= number < leaves.stop for leaves in ranges)


def _stranger(values: Mapping[str, Any], walk: Walk, number: int, leaf: Any, in_module: bool) -> Diagnostic:
    name = walk.names[number]
    if not name:
        return Diagnostic(
            "E601",
            "a single array stands in the place of the tree of parameters",
            help="`optax.inject_hyperparams` takes a function for a schedule unless told otherwise: "
            '`optax.inject_hyperparams(optax.adamw, static_args="mask")`',
        )
    refused = nnx.refuse_unselected(walk.boxes.get(number))
    if refused is None and _in_any(walk.states, number):
        refused = equinox.RUNNING_STATISTIC
    if refused:
        return Diagnostic("E601", f"`{name}` {refused.reason}", help=refused.help)
    if in_module and not is_inexact(leaf):
        return Diagnostic(
            "E601",
            f"`{name}` is an array of {leaf.dtype.name}, not a parameter",
            help="pass `eqx.filter(model, eqx.is_inexact_array)`",
        )
    return Diagnostic(
        "E601",
        f"`{name}` is not a parameter of the model that the rules were assigned to",
        help=_help(values, walk, name),
    )


def _help(values: Mapping[str, Any], walk: Walk, name: str) -> str:
    """Say where in the tree the model's parameters are, or suggest a similar name if some are in place."""
    there = set(walk.names)
    for path in (name[:end] for end, letter in enumerate(name) if letter == "."):
        if all(f"{path}.{own}" in there for own in values):
            return f"the model's parameters are below `{path}`: pass the tree there"
    near = did_you_mean(name, values)
    if near and (len(walk.names) == 1 or any(other in values for other in walk.names)):
        return near
    return "pass the tree that is trained, or the model that it belongs to"
