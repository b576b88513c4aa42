"""Inventories of models that have to be run: linen modules and haiku functions."""

import sys
from functools import partial
from types import FunctionType, MethodType
from typing import Any

import jax

from paramrules.diagnostics import Diagnostic, RulesError
from paramrules_optax import frameworks
from paramrules_optax.columns import TreeColumns
from paramrules_optax.inventory import TreeInventory
from paramrules_optax.runs import How, Run
from paramrules_optax.tree import take_apart

_NO_ATTRIBUTES = "a haiku parameter carries no attributes: ask for its name, its type or its shape"


def has_to_run(model: object) -> bool:
    """Whether it is a linen module or a haiku function; any function may be one where haiku is loaded."""
    if isinstance(model, frameworks.linen_modules() + frameworks.haiku_transformed()):
        return True
    return "haiku" in sys.modules and isinstance(model, FunctionType | MethodType | partial)


def inventory_of_run(model: Any, how: How) -> TreeInventory:
    """The parameters that `init` makes, in the order in which jax lists their leaves.

    Raises RulesError: E501 where running fails or a parameter was there before.
    """
    run = _run(model, how)
    tree = take_apart(run.params)
    names = tree.walk.names
    if any(name not in run.sights for name in names):  # what `jit` has traced before does not run again
        with jax.disable_jit():
            run = _run(model, how)
    unseen = [name for name in names if name not in run.sights]
    if unseen:
        raise RulesError(_not_made(unseen))
    owners, shapes = run.owners(names), run.shapes(names, tree.leaves)
    boxes = [tree.walk.boxes.get(number) for number in range(len(names))]
    columns = TreeColumns(tree.leaves, boxes, names, owners, range(len(names)), run.modules.items(), shapes)
    unknown = {} if _is_linen(model) else {"attr": _NO_ATTRIBUTES}
    inventory = TreeInventory("optax", names, owners, columns, unknown=unknown)
    inventory.tree = tree
    return inventory


def _is_linen(model: object) -> bool:
    return isinstance(model, frameworks.linen_modules())


def _run(model: Any, how: How) -> Run:
    if _is_linen(model):
        from paramrules_optax.linen_modules import linen_run

        return linen_run(model, how)
    from paramrules_optax.haiku_functions import haiku_run

    return haiku_run(model, how)


def _not_made(names: list[str]) -> Diagnostic:
    more = f" (and {len(names) - 1} more)" if len(names) > 1 else ""
    return Diagnostic(
        "E501",
        f"no module has made `{names[0]}`{more}, so that its type is not known",
        help="hand over the tree of parameters with its classes: "
        '`paramrules.inventory(params, types={"encoder.norm": LayerNorm})`',
    )
