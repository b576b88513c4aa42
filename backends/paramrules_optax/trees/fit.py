"""Values that belong to parameters, put into whatever tree of these parameters comes.

An optimizer meets its parameters in several trees: NNX boxed and pure, gradients with `None` where there
is none, the part that `optax.masked` or `optax.partition` lets through. All have the same names.
"""

from collections.abc import Mapping
from typing import Any

import jax

from paramrules.diagnostics import Diagnostic, RulesError, did_you_mean
from paramrules.inventories import Inventory
from paramrules_optax.libraries import frameworks, nnx
from paramrules_optax.trees.param_tree import inexact, is_array, refuse_collections
from paramrules_optax.trees.tree_walk import Walk


def fitted(values: Mapping[str, Any], tree: Any) -> Any:
    """A tree of the same structure with the value of each parameter in its place.

    `values` are by canonical name. What is no array in an Equinox module (an activation) becomes None.

    Raises RulesError: E601 where a leaf is none of these parameters, E501 for linen's variables.
    """
    walk = Walk(tree)
    if walk.graph:
        return fitted(values, nnx.parameters(tree))
    leaves, structure = jax.tree_util.tree_flatten(tree)
    try:
        found = [values[name] for name in walk.names]
    except KeyError:
        refuse_collections(tree)
        found = [_value(values, walk, number, leaf) for number, leaf in enumerate(leaves)]
    return jax.tree_util.tree_unflatten(structure, found)


def refuse_other_arrays(inventory: Inventory, tree: Any) -> None:
    """Raises RulesError: E601 where an array of the tree cannot be the model's of that name.

    Of parameters that are no stacks of the model's own, a tree may hold several: `jax.vmap(model.init)` puts
    an axis in front.
    """
    walk = Walk(tree)
    if walk.graph:
        return refuse_other_arrays(inventory, nnx.parameters(tree))
    expected = {}
    for name, layer, stored in zip(
        inventory.names, inventory.column("layer"), inventory.column("stored"), strict=False
    ):
        expected[layer.array if layer else name] = (stored, layer is not None)
    for name, leaf in zip(walk.names, jax.tree_util.tree_leaves(tree), strict=True):
        if name not in expected or not is_array(leaf):
            continue
        if not inexact(leaf):
            raise RulesError(
                Diagnostic(
                    "E601",
                    f"`{name}` is an array of {leaf.dtype.name}, which no optimizer trains",
                    help="hand over the parameters themselves, not what was computed of them",
                )
            )
        stored, stacked = expected[name]
        if leaf.shape != stored and (stacked or leaf.shape[len(leaf.shape) - len(stored) :] != stored):
            what = "has stacked it to" if stacked else "has it in the shape"
            raise RulesError(
                Diagnostic(
                    "E601",
                    f"`{name}` has the shape {leaf.shape}, and the model {what} {stored}",
                    help="hand over the parameters and the inventory of one and the same model",
                )
            )


def _value(values: Mapping[str, Any], walk: Walk, number: int, leaf: Any) -> Any:
    name = walk.names[number]
    if name in values:
        return values[name]
    in_module = any(stretch.start <= number < stretch.stop for stretch in walk.modules)
    if in_module and not is_array(leaf):
        return None
    raise RulesError(_stranger(values, walk, number, leaf, in_module))


def _stranger(values: Mapping[str, Any], walk: Walk, number: int, leaf: Any, in_module: bool) -> Diagnostic:
    name = walk.names[number]
    if not name:
        return Diagnostic(
            "E601",
            "a single array stands where the tree of parameters should",
            help="`optax.inject_hyperparams` takes a function for a schedule unless told otherwise: "
            '`optax.inject_hyperparams(optax.adamw, static_args="mask")`',
        )
    box = walk.boxes.get(number)
    if isinstance(box, frameworks.nnx_untrained()):
        return Diagnostic(
            "E601",
            f"`{name}` is a `{type(box).__name__}` and no parameter",
            help="hand over `nnx.state(model, nnx.Param)`",
        )
    if isinstance(box, frameworks.nnx_variables()) and not isinstance(box, frameworks.nnx_params()):
        return Diagnostic(
            "E601",
            f"`{name}` is a `{type(box).__name__}`, and of an NNX module only each `nnx.Param` is taken",
            help=f"derive `{type(box).__name__}` from `nnx.Param`, or describe the trained state in place of "
            "the module",
        )
    if any(stretch.start <= number < stretch.stop for stretch in walk.states):
        return Diagnostic(
            "E601",
            f"`{name}` is a running statistic and no parameter",
            help="build the model with `eqx.nn.make_with_state`, which takes them out of it",
        )
    if in_module and not inexact(leaf):
        return Diagnostic(
            "E601",
            f"`{name}` is an array of {leaf.dtype.name} and no parameter",
            help="hand over `eqx.filter(model, eqx.is_inexact_array)`",
        )
    return Diagnostic(
        "E601",
        f"`{name}` is no parameter of the model that the rules were assigned to",
        help=_help(values, walk, name),
    )


def _help(values: Mapping[str, Any], walk: Walk, name: str) -> str:
    """Where in the tree the model's parameters are, or a similar name if some of them are in their place."""
    there = set(walk.names)
    for path in (name[:end] for end, letter in enumerate(name) if letter == "."):
        if all(f"{path}.{own}" in there for own in values):
            return f"the model's parameters are below `{path}`: hand over what is there"
    near = did_you_mean(name, values)
    if near and (len(walk.names) == 1 or any(other in values for other in walk.names)):
        return near
    return "hand over the tree that is trained, or the model that it belongs to"
