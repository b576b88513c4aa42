"""Inventories of Equinox and NNX modules and of plain trees of arrays."""

from collections.abc import Mapping, Sequence
from typing import Any

from paramrules.diagnostics import Diagnostic, RulesError, did_you_mean
from paramrules.inventory import UNKNOWN_OWNER, Class, Inventory, Owner
from paramrules_optax import graph
from paramrules_optax.columns import TreeColumns
from paramrules_optax.graph import Graph
from paramrules_optax.tree import Tree, take_apart

Types = Mapping[str, type]

_HAND_OVER = (
    "a tree of arrays does not know its modules: hand over the Equinox or NNX module itself (`model=` beside "
    'its arrays), or name the classes: `paramrules.inventory(params, types={"encoder.norm": LayerNorm})`'
)
_HAND_OVER_VARIABLES = (
    "a tree of arrays does not know the variables that held them: hand over the NNX module itself, or "
    "`nnx.state(model, nnx.Param)`"
)


def inventory_of(model: Any, types: Types | None = None) -> Inventory:
    """The parameters of a module or tree, in the order in which jax lists its leaves.

    Args:
        model: an Equinox or NNX module, an NNX state, or a tree of dicts, FrozenDicts, dataclasses,
            tuples and lists; its leaves arrays or `jax.ShapeDtypeStruct`.
        types: for a tree that does not know its modules, the class of each by canonical path:
            `{"encoder.layers_0.norm": flax.linen.LayerNorm}`; `""` is the root.

    Raises RulesError: E501 where a leaf is no parameter or `types` names a module that is not there,
    E502 where two parameters have one name.

    >>> paramrules.inventory({"dense": {"kernel": jnp.ones((2, 3)), "bias": jnp.ones(3)}})
    <Inventory of 2 parameters, optax>
    """
    return described(take_apart(model), types)


def described(tree: Tree, types: Types | None = None) -> Inventory:
    """The inventory of a model that has been taken apart."""
    walk, numbers = tree.walk, tree.trained
    names = _chosen(walk.names, numbers)
    owners = _chosen(walk.owners, numbers)
    leaves = _chosen(tree.leaves, numbers)
    boxes = [walk.boxes.get(number) for number in numbers] if walk.boxes else [None] * len(names)
    modules = [(stretch.name, stretch.node) for stretch in walk.modules]
    parameter = list(range(len(names)))
    also: dict[int, list[int]] = {}
    if tree.model is not None:
        unfolded = graph.unfold(tree.model)
        names, parameter, also = _with_ties(names, unfolded)
        owners = [unfolded.owner(name) for name in names]
        modules = list(unfolded.modules.items())
    if types:
        owners = _named(names, owners, types)
    columns = TreeColumns(leaves, boxes, names, owners, parameter, modules)
    return Inventory("optax", names, owners, columns, also=also, unknown=_unknown(owners, boxes))


def _chosen(column: Sequence[Any], numbers: Sequence[int]) -> list[Any]:
    return list(column) if len(numbers) == len(column) else [column[number] for number in numbers]


def _with_ties(names: list[str], unfolded: Graph) -> tuple[list[str], list[int], dict[int, list[int]]]:
    """The names of a state's leaves and behind them the others of what is shared, and whose each is."""
    names, parameter = list(names), list(range(len(names)))
    also: dict[int, list[int]] = {}
    for number, name in enumerate(tuple(names)):
        for other in unfolded.others(name):
            also.setdefault(number, []).append(len(names))
            names.append(other)
            parameter.append(number)
    return names, parameter, also


def _named(names: Sequence[str], owners: Sequence[Owner], types: Types) -> list[Owner]:
    """The owners that `types` tells, where the tree itself does not know them."""
    modules = [name.rpartition(".")[0] for name in names]
    for path in types:
        if path not in modules and not any(module.startswith(path + ".") for module in modules):
            raise RulesError(
                Diagnostic(
                    "E501",
                    f"the tree has no module `{path}`, whose type is given",
                    help=did_you_mean(path, modules) or "paths are canonical: `encoder.layers_0.norm`",
                )
            )
    known: dict[str, Owner] = {}
    for module in set(modules) & set(types):
        parts = module.split(".") if module else []
        paths = ["", *(".".join(parts[: count + 1]) for count in range(len(parts)))]
        known[module] = Owner(tuple(Class.of(types[path]) for path in paths if path in types))
    return [
        owner if owner.known else known.get(module, UNKNOWN_OWNER)
        for owner, module in zip(owners, modules, strict=True)
    ]


def _unknown(owners: Sequence[Owner], boxes: Sequence[Any]) -> dict[str, str]:
    if UNKNOWN_OWNER not in set(owners):
        return {}
    unknown = dict.fromkeys(("type", "within", "role", "fan_in", "fan_out"), _HAND_OVER)
    if None in boxes:
        unknown |= dict.fromkeys(("variable", "attr"), _HAND_OVER_VARIABLES)
    return unknown
