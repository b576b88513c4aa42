"""Inventories of models that have to be run: linen modules and haiku functions."""

import sys
from functools import partial
from types import FunctionType, MethodType
from typing import Any

import jax

from paramrules.inventories import UNKNOWN_OWNER
from paramrules_optax.inventory import BY_OWNER, Types, named, no_module
from paramrules_optax.libraries import frameworks
from paramrules_optax.libraries.abstract_init import How, Run
from paramrules_optax.stacks.declared_stacks import Stacked, declared_stacks
from paramrules_optax.stacks.layer_stacks import Arrays, inventory_of_arrays, layer_shapes
from paramrules_optax.stacks.seen_stacks import seen_stacks
from paramrules_optax.stacks.slices import TreeInventory
from paramrules_optax.trees.param_tree import flatten_params
from paramrules_optax.trees.tree_columns import TreeColumns

_NONE_IN_HAIKU = "a haiku parameter carries no attributes: ask for its name, its type or its shape"
_NONE_IN_BRIDGES = (
    "the attributes of an NNX module inside of linen are not known: ask for a name, type or shape"
)


def has_to_run(model: object) -> bool:
    """Whether it is a linen module or a haiku function; any function may be one where haiku is loaded."""
    if isinstance(model, frameworks.linen_modules() + frameworks.haiku_transformed()):
        return True
    return "haiku" in sys.modules and isinstance(model, FunctionType | MethodType | partial)


def inventory_of_run(
    model: Any, how: How, types: Types | None = None, stacked: Stacked | None = None
) -> TreeInventory:
    """The parameters that `init` makes, in the order in which jax lists their leaves.

    Stacks are those that the run shows; below a path that is declared, those that are declared. Of a
    parameter that no module was seen to make, and of one inside an NNX module, the owner is not known
    unless `types` tells it.

    Raises RulesError: E501 where running fails, and what `paramrules_optax.inventory` raises.
    """
    run = _run(model, how)
    tree = flatten_params(run.params)
    names = tree.walk.names
    if any(name not in run.around for name in names):  # what `jit` has traced before does not run again
        with jax.disable_jit():
            run = _run(model, how)
    owners = run.owners(names, frameworks.nnx_bridges())
    stored = [leaf.shape for leaf in tree.leaves]
    stacks = seen_stacks(stored, [run.views.get(name, {}) for name in names])
    for number, told in declared_stacks(stacked or {}, names, stored).items():
        stacks[number] = told
    boxes = [tree.walk.boxes.get(number) for number in range(len(names))]
    named_owners = named(names, owners, types) if types else owners
    columns = TreeColumns(tree.leaves, boxes, run.modules.items(), layer_shapes(stored, stacks))
    unknown = dict.fromkeys(BY_OWNER, no_module(names, named_owners)) if UNKNOWN_OWNER in named_owners else {}
    if not _is_linen(model):
        unknown["attr"] = _NONE_IN_HAIKU
    elif UNKNOWN_OWNER in owners:
        unknown["attr"] = _NONE_IN_BRIDGES
    return inventory_of_arrays(Arrays(tree, names, named_owners, columns, {}, unknown, stored, stacks))


def _is_linen(model: object) -> bool:
    return isinstance(model, frameworks.linen_modules())


def _run(model: Any, how: How) -> Run:
    if _is_linen(model):
        from paramrules_optax.libraries.linen import linen_run

        return linen_run(model, how)
    from paramrules_optax.libraries.haiku import haiku_run

    return haiku_run(model, how)
