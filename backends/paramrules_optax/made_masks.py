"""Masks and labels that code made for a tree of parameters, by the names of the parameters."""

from collections.abc import Mapping
from typing import Any

import jax
import numpy as np

from paramrules.backends import Inventory
from paramrules_optax import libraries
from paramrules_optax.tree_inventory import TreeInventory
from paramrules_optax.trees.tree_walk import Walk


def trained_tree(inventory: Inventory) -> Any:
    """Return the tree that an optimizer gets: of an Equinox module what is trained, of an NNX one its state.

    What a linen module or haiku function makes is abstract. None for a saved inventory.
    """
    if not isinstance(inventory, TreeInventory):
        return None
    tree = inventory.tree
    return tree.filled([tree.leaves[number] for number in tree.trained])


def values_by_name(made: object, inventory: Inventory) -> Mapping[str, object] | None:
    """Return the leaves of a tree of booleans or texts, by name; None for anything else.

    A leaf of a tree that is a prefix of the parameters' has the name of a module. Leaves in the place of what
    is not trained, such as an Equinox module's activation, are left out.
    """
    if isinstance(made, bool | str):
        return None
    leaves = jax.tree_util.tree_leaves(made)
    if not leaves or not all(isinstance(leaf, bool | np.bool_ | str) for leaf in leaves):
        return None
    walk = Walk(made)
    if walk.graph:
        return values_by_name(libraries.state_of_graph(made), inventory)
    found = dict(zip(walk.names, leaves, strict=True))
    if isinstance(inventory, TreeInventory):
        tree = inventory.tree
        for number in set(range(len(tree.leaves))).difference(tree.trained):
            found.pop(tree.walk.names[number], None)
    return found
