"""Inventories of models that have no parameters before they run: linen modules and haiku functions."""

from collections.abc import Callable
from typing import Any

import jax

from paramrules.backends import UNKNOWN_OWNER, Class, Owner
from paramrules_optax.declared_types import Types, unknown_by_owner, with_declared
from paramrules_optax.libraries.abstract_init import InitCall, InitRun
from paramrules_optax.linear_einsums import with_linear_einsums
from paramrules_optax.stacks.declared_stacks import Stacked, declared_stacks
from paramrules_optax.stacks.layer_stacks import layer_shapes
from paramrules_optax.stacks.seen_stacks import seen_stacks
from paramrules_optax.tree_inventory import TreeArrays, TreeInventory, inventory_of_arrays
from paramrules_optax.trees.leaves import known_shapes
from paramrules_optax.trees.param_tree import flatten_params
from paramrules_optax.trees.tree_columns import TreeColumns


def inventory_of_init(
    init: Callable[[Any, InitCall], InitRun],
    model: Any,
    call: InitCall,
    types: Types | None = None,
    stacked: Stacked | None = None,
) -> TreeInventory:
    """Return the parameters that `init` makes, in jax's order of leaves.

    Stacks are those that the run shows, and below a declared path those that are declared. A parameter that
    no module was seen to make, or that is inside an NNX module, has an unknown owner unless `types` names it.

    Raises RulesError: E541 and E542 where the model cannot run, and what `inventory_of` raises.
    """
    run = init(model, call)
    tree = flatten_params(run.params)
    names = tree.walk.names
    if any(name not in run.around for name in names):  # `jit` does not run again what it traced before
        with jax.disable_jit():
            run = init(model, call)
    owners = _owners(run, names)
    stored = known_shapes(names, tree.leaves)
    stacks = seen_stacks(stored, [run.views.get(name, {}) for name in names])
    for number, declared in declared_stacks(stacked or {}, names, stored).items():
        stacks[number] = declared
    boxes = [tree.walk.boxes.get(number) for number in range(len(names))]
    known = with_declared(names, owners, types)
    columns = TreeColumns(
        tree.leaves, boxes, run.modules.items(), run.every, layer_shapes(stored, stacks), run.groups
    )
    unknown = {**unknown_by_owner(names, known), **run.unknown}
    owners = with_linear_einsums(names, known, columns.layouts())
    return inventory_of_arrays(TreeArrays(tree, names, owners, columns, {}, unknown, stored, stacks))


def _owners(run: InitRun, names: list[str]) -> list[Owner]:
    """Return the owner of each parameter; unknown if no module was seen to make it."""
    interned: dict[tuple[type, ...], Owner] = {(): UNKNOWN_OWNER}
    owners = []
    for name in names:
        around = run.around.get(name, ())
        if around not in interned:
            interned[around] = Owner(tuple(map(Class.of, around)))
        owners.append(interned[around])
    return owners
