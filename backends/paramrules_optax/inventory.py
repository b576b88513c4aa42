"""Inventories of everything that jax trains."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from paramrules.backends import UNKNOWN_OWNER, Diagnostic, Inventory, Owner, RulesError
from paramrules_optax import libraries
from paramrules_optax.declared_types import BY_OWNER, Types, unknown_by_owner, with_declared
from paramrules_optax.init_inventory import inventory_of_init
from paramrules_optax.libraries import equinox
from paramrules_optax.libraries.abstract_init import InitCall
from paramrules_optax.libraries.equinox import Tie
from paramrules_optax.linear_einsums import with_linear_einsums
from paramrules_optax.stacks.declared_stacks import Stacked, declared_stacks
from paramrules_optax.stacks.layer_stacks import StackAxes, layer_shapes
from paramrules_optax.stacks.likely_stacks import likely_stacks
from paramrules_optax.tree_inventory import TreeArrays, TreeInventory, inventory_of_arrays
from paramrules_optax.trees.leaves import Shape, known_shapes
from paramrules_optax.trees.likely_statistics import likely_statistics
from paramrules_optax.trees.param_tree import ParamTree, flatten_params
from paramrules_optax.trees.tree_columns import TreeColumns

_NO_MODULES = (
    "a tree of arrays does not know its modules: pass the model as well, as in `labels(params, rules, "
    "model=model)`, a linen module or haiku function as `model=paramrules.inventory(module, inputs=batch)`; "
    'or name the classes: `paramrules.inventory(params, types={"encoder.norm": LayerNorm})`'
)
_NO_VARIABLES = "arrays do not know the variables that held them: pass the NNX module itself, or its state"
_NO_MARKS = (
    "a tree of arrays does not know its modules: pass the model as well, as in `labels(params, rules, "
    "model=model)`, or match names"
)
_NO_ATTRIBUTES = (
    "attributes are those of NNX variables, and what modules' `no_weight_decay()` lists: pass the model as "
    "well, as in `labels(params, rules, model=model)`, or match names"
)


def inventory_of(
    model: Any,
    types: Types | None = None,
    *,
    inputs: Any = None,
    kwargs: Mapping[str, Any] | None = None,
    method: Callable[..., Any] | str | None = None,
    rngs: Any = None,
    stacked: Stacked | None = None,
) -> Inventory:
    """Return the parameters of a model or tree, in jax's order of leaves.

    A linen module or haiku function has no parameters before it runs, so its `init` runs once, under
    `jax.eval_shape`. An array that holds several layers, because they are scanned or built under `vmap`,
    stands for each of them: `layers.0.norm.scale`, `layers.1.norm.scale`, in the shape that it has in one
    layer. Linen and haiku show which arrays these are; for other models declare them with `stacked`.

    Args:
        model: an Equinox or NNX module, an NNX state, a linen module, a haiku function, transformed or not,
            or a tree of dicts, FrozenDicts, dataclasses, tuples and lists whose leaves are arrays or
            `jax.ShapeDtypeStruct`. An inventory is returned as it is.
        types: the class of each module by canonical path, for a tree that does not know its modules:
            `{"encoder.layers_0.norm": flax.linen.LayerNorm}`; `""` is the root.
        inputs: the positional arguments of a linen module or haiku function, arrays or
            `jax.ShapeDtypeStruct`: a tuple, or the only one. An argument that is not an array (a flag) is
        passed on as it is. kwargs: its arguments by name: `{"train": False}`.
        method: the method of a linen module to initialise with, in place of `__call__`.
        rngs: random keys as `init` takes them, one or a dict of several; needed only if a model reads them.
        stacked: the number of leading axes that are layers, for all arrays below a canonical path:
            `{"layers": 1}`; `""` is the root. 0 says that there is no stack, and silences W509.

    Raises:
        RulesError: E502 for two parameters with one name, E507 and E508 where `stacked` does not fit, E517
            for an argument that is for other models, E518 and E536 for a tree that jax cannot flatten, E519
            for what keeps a model beside its parameters, E532
            to E534 where `types` does not fit, E537 to E540 for a tree that holds something other than
            parameters, E541 and E542 for a model that cannot run. Reading a shape with symbols raises E503.

    >>> paramrules.inventory({"dense": {"kernel": jnp.ones((2, 3)), "bias": jnp.ones(3)}})
    <Inventory of 2 parameters, optax>
    """
    if isinstance(model, Inventory):
        return model
    libraries.refuse_holder(model)
    call = InitCall(inputs, kwargs, method, rngs)
    init = libraries.init_of(model)
    if init is not None:
        return inventory_of_init(init, model, call, types, stacked)
    for keyword, value in call._asdict().items():
        if value is not None:
            raise RulesError(
                Diagnostic(
                    "E517",
                    f"`{keyword}` is for linen modules and haiku functions: this model has its parameters",
                    help=f"leave `{keyword}` out",
                )
            )
    return inventory_of_tree(flatten_params(model), types, stacked)


def inventory_of_tree(
    tree: ParamTree, types: Types | None = None, stacked: Stacked | None = None
) -> TreeInventory:
    """Return the inventory of a model that has its parameters. Raises what `inventory_of` raises."""
    walk, numbers = tree.walk, tree.trained
    names = _chosen(walk.names, numbers)
    owners = _chosen(walk.owners, numbers)
    leaves = _chosen(tree.leaves, numbers)
    boxes = [walk.boxes.get(number) for number in numbers] if walk.boxes else [None] * len(names)
    modules: list[tuple[str, Any]]
    every: list[tuple[str, Any]]
    ties: list[Tie]
    if tree.model is not None:
        graph = libraries.unfold_graph(tree.model)
        owners = [graph.owner(name) for name in names]
        modules, every = list(graph.modules.items()), graph.every
        ties = [
            Tie(n, alias, graph.owner(alias)) for n, name in enumerate(names) for alias in graph.aliases(name)
        ]
    else:
        modules = every = [(module.name, module.node) for module in reversed(walk.modules)]
        place = {number: n for n, number in enumerate(numbers)} if walk.shared else {}
        ties = [tie._replace(number=place[tie.number]) for tie in equinox.ties(walk) if tie.number in place]
    parameter = list(range(len(names)))
    aliases: dict[int, list[int]] = {}
    for tie in ties:
        aliases.setdefault(tie.number, []).append(len(names))
        names.append(tie.name)
        owners.append(tie.owner)
        parameter.append(tie.number)
    known = with_declared(names, owners, types)
    unknown = _unknown(names, owners, known, boxes)
    stored: Sequence[Shape] = ()
    stacks: Sequence[StackAxes] = ()
    shapes = None
    if stacked:
        stored = known_shapes(names, leaves)
        stacks = _stacks(stacked, names, stored, parameter)
        shapes = layer_shapes(stored, stacks[: len(leaves)])
    columns = TreeColumns(leaves, boxes, modules, every, shapes)
    known = with_linear_einsums(names, known, columns.layouts())
    inventory = inventory_of_arrays(TreeArrays(tree, names, known, columns, aliases, unknown, stored, stacks))
    count = len(leaves)
    inventory.doubts = lambda: (
        *likely_stacks(names[:count], known[:count], columns.column("layer_shape"), stacked or {}),
        *likely_statistics(names[:count], known[:count]),
    )
    return inventory


def _chosen(column: Sequence[Any], numbers: Sequence[int]) -> list[Any]:
    return list(column) if len(numbers) == len(column) else [column[number] for number in numbers]


def _stacks(
    stacked: Stacked, names: Sequence[str], stored: Sequence[Shape], parameter: Sequence[int]
) -> list[StackAxes]:
    """Return the stacks of each name's array. Raises RulesError: E508 if names of a tied one do not agree."""
    declared = declared_stacks(stacked, names, [stored[number] for number in parameter])
    stacks = [declared.get(entry, ()) for entry in range(len(names))]
    for entry, number in enumerate(parameter):
        if len(stacks[entry]) != len(stacks[number]):
            raise RulesError(
                Diagnostic(
                    "E508",
                    f"`{names[number]}` and `{names[entry]}` are one array, and `stacked` declares only "
                    "one of them",
                    help="declare the paths of both",
                )
            )
    return stacks


def _unknown(
    names: Sequence[str], owners: Sequence[Owner], known: Sequence[Owner], boxes: Sequence[Any]
) -> dict[str, str]:
    """Return the unknown facts: `owners` are those of the tree, `known` those with what `types` adds."""
    if UNKNOWN_OWNER not in set(owners):
        return {}
    unknown = (
        dict.fromkeys(BY_OWNER, _NO_MODULES)
        if set(known) == {UNKNOWN_OWNER}
        else unknown_by_owner(names, known)
    )
    unknown |= {"attr": _NO_ATTRIBUTES, "module_attr": _NO_MARKS}
    if None in boxes:
        unknown["variable"] = _NO_VARIABLES
    return unknown
