"""Inventories of everything that jax trains; here of Equinox and NNX modules and of plain trees of arrays."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from paramrules.diagnostics import Diagnostic, RulesError, did_you_mean
from paramrules.inventories import UNKNOWN_OWNER, Class, Inventory, Owner
from paramrules_optax.libraries import nnx
from paramrules_optax.libraries.abstract_init import How
from paramrules_optax.libraries.equinox import Tie, shared_ties
from paramrules_optax.stacks.declared_stacks import Stacked, declared_stacks
from paramrules_optax.stacks.layer_stacks import Arrays, Stacks, inventory_of_arrays, layer_shapes
from paramrules_optax.stacks.likely_stacks import likely_stacks
from paramrules_optax.stacks.seen_stacks import Shape
from paramrules_optax.stacks.slices import TreeInventory
from paramrules_optax.trees.likely_statistics import likely_statistics
from paramrules_optax.trees.param_tree import ParamTree, flatten_params
from paramrules_optax.trees.tree_columns import TreeColumns

Types = Mapping[str, type]

BY_OWNER = ("type", "within", "role", "fan_in", "fan_out")
"""The facts that nobody knows of a parameter without its module."""

_NO_MODULES = (
    "a tree of arrays does not know its modules: hand over the model beside it, as in `labels(params, rules, "
    "model=model)`, a linen module or haiku function as `model=paramrules.inventory(module, inputs=batch)`; "
    'or name the classes: `paramrules.inventory(params, types={"encoder.norm": LayerNorm})`'
)
_NO_VARIABLES = (
    "arrays do not know the variables that held them: hand over the NNX module itself, or its state"
)
_NO_ATTRIBUTES = (
    "attributes are those of NNX variables, and what modules' `no_weight_decay()` lists: hand over the "
    "model beside the arrays, as in `labels(params, rules, model=model)`"
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
    """The parameters of a model or tree, in the order in which jax lists its leaves.

    A linen module or haiku function has parameters only once it is run, which is done abstractly: `init`
    runs once under `jax.eval_shape`. An array that holds several layers, because they are scanned or built
    under `vmap`, stands for each of them: `layers.0.norm.scale`, `layers.1.norm.scale`, in the shape that
    it has in one layer. Linen and haiku show which arrays these are; of other models say it with `stacked`.

    Args:
        model: an Equinox or NNX module, an NNX state, a linen module, a haiku function, transformed or
            not, or a tree of dicts, FrozenDicts, dataclasses, tuples and lists; its leaves arrays or
            `jax.ShapeDtypeStruct`. An inventory is given back as it is.
        types: for a tree that does not know its modules, the class of each by canonical path:
            `{"encoder.layers_0.norm": flax.linen.LayerNorm}`; `""` is the root.
        inputs: what a linen module or haiku function is called with, arrays or `jax.ShapeDtypeStruct`: a
            tuple of the arguments, or the only one. What is no array (a flag) is handed over as it is.
        kwargs: the arguments that it takes by name: `{"train": False}`.
        method: the method of a linen module to initialise with, in place of `__call__`.
        rngs: random keys as `init` takes them, one or a dict of several; needed only where a model
            looks at them.
        stacked: how many leading axes of all arrays below a canonical path are layers: `{"layers": 1}`;
            `""` is the root. 0 says that there is no stack, and keeps W509 from asking.

    Raises RulesError: E501 where a leaf is no parameter, `types` names a module that is not there or is
    known, or a model cannot be run with the inputs; E502 where two parameters have one name; E507 and E508
    where `stacked` does not fit.

    >>> paramrules.inventory({"dense": {"kernel": jnp.ones((2, 3)), "bias": jnp.ones(3)}})
    <Inventory of 2 parameters, optax>
    """
    from paramrules_optax.init_inventory import has_to_run, inventory_of_run

    if isinstance(model, Inventory):
        return model
    how = How(inputs, kwargs, method, rngs)
    if has_to_run(model):
        return inventory_of_run(model, how, types, stacked)
    for keyword, value in how._asdict().items():
        if value is not None:
            raise RulesError(
                Diagnostic(
                    "E501",
                    f"`{keyword}` is for linen modules and haiku functions; this model has its own",
                    help=f"leave `{keyword}` out",
                )
            )
    return described(flatten_params(model), types, stacked)


def described(tree: ParamTree, types: Types | None = None, stacked: Stacked | None = None) -> TreeInventory:
    """The inventory of a model that has been taken apart. Raises what `inventory_of` raises."""
    walk, numbers = tree.walk, tree.trained
    names = _chosen(walk.names, numbers)
    owners = _chosen(walk.owners, numbers)
    leaves = _chosen(tree.leaves, numbers)
    boxes = [walk.boxes.get(number) for number in numbers] if walk.boxes else [None] * len(names)
    modules = [(stretch.name, stretch.node) for stretch in walk.modules]
    parameter = list(range(len(names)))
    if tree.model is not None:
        unfolded = nnx.unfold(tree.model)
        owners = [unfolded.owner(name) for name in names]
        modules = list(unfolded.modules.items())
        ties = [
            Tie(n, other, unfolded.owner(other)) for n in parameter for other in unfolded.others(names[n])
        ]
    else:
        place = {number: n for n, number in enumerate(numbers)} if walk.shared else {}
        ties = [tie._replace(number=place[tie.number]) for tie in shared_ties(walk) if tie.number in place]
    aliases: dict[int, list[int]] = {}
    for tie in ties:
        aliases.setdefault(tie.number, []).append(len(names))
        names.append(tie.name)
        owners.append(tie.owner)
        parameter.append(tie.number)
    told = named(names, owners, types) if types else owners
    unknown = _unknown(names, owners, told, boxes)
    stored: Sequence[Shape] = ()
    stacks: Sequence[Stacks] = ()
    shapes = None
    if stacked:
        stored = [leaf.shape if hasattr(leaf, "shape") else () for leaf in leaves]
        stacks = _stacks(stacked, names, stored, parameter)
        shapes = layer_shapes(stored, stacks[: len(leaves)])
    columns = TreeColumns(leaves, boxes, modules, shapes)
    inventory = inventory_of_arrays(Arrays(tree, names, told, columns, aliases, unknown, stored, stacks))
    count = len(leaves)
    inventory.doubts = lambda: (
        *likely_stacks(names[:count], told[:count], shapes or columns.stored(), stacked or {}),
        *likely_statistics(names[:count], told[:count]),
    )
    return inventory


def _stacks(
    stacked: Stacked, names: Sequence[str], stored: Sequence[Shape], parameter: Sequence[int]
) -> list[Stacks]:
    """The stacks of each name's array. Raises RulesError: E508 where names of a tied one do not agree."""
    declared = declared_stacks(stacked, names, [stored[number] for number in parameter])
    stacks = [declared.get(entry, ()) for entry in range(len(names))]
    for entry, number in enumerate(parameter):
        if len(stacks[entry]) != len(stacks[number]):
            raise RulesError(
                Diagnostic(
                    "E508",
                    f"`{names[number]}` and `{names[entry]}` are one array, and only one of them is declared "
                    "to be stacked",
                    help="declare the paths of both",
                )
            )
    return stacks


def _chosen(column: Sequence[Any], numbers: Sequence[int]) -> list[Any]:
    return list(column) if len(numbers) == len(column) else [column[number] for number in numbers]


def named(names: Sequence[str], owners: Sequence[Owner], types: Types) -> list[Owner]:
    """The owners that `types` tells, where the tree itself does not know them."""
    modules = [name.rpartition(".")[0] for name in names]
    for path, cls in types.items():
        if not isinstance(cls, type):
            raise RulesError(
                Diagnostic(
                    "E501",
                    f"the type of `{path}` is given as `{cls!r}`, which is no class",
                    help='hand over the class itself: `types={"encoder.norm": LayerNorm}`',
                )
            )
        if path and path not in modules and not any(module.startswith(path + ".") for module in modules):
            raise RulesError(
                Diagnostic(
                    "E501",
                    f"the tree has no module `{path}`, whose type is given",
                    help=did_you_mean(path, modules) or "paths are canonical: `encoder.layers_0.norm`",
                )
            )
    for owner, module in zip(owners, modules, strict=True):
        if module in types and owner.known and owner.cls != Class.of(types[module]):
            raise RulesError(
                Diagnostic(
                    "E501",
                    f"`{module}` is known to be a `{owner.cls.name}`, and its type is given as "
                    f"`{Class.of(types[module]).name}`",
                    help="leave it out of `types`, which is for modules whose class nobody knows",
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


def _unknown(
    names: Sequence[str], owners: Sequence[Owner], told: Sequence[Owner], boxes: Sequence[Any]
) -> dict[str, str]:
    """The facts that nobody can tell: `owners` are what the tree knows, `told` with what `types` adds."""
    if UNKNOWN_OWNER not in set(owners):
        return {}
    unknown: dict[str, str] = {}
    different = set(told)
    if UNKNOWN_OWNER in different:
        no_modules = _NO_MODULES if len(different) == 1 else no_module(names, told)
        unknown = dict.fromkeys(BY_OWNER, no_modules)
    unknown["attr"] = _NO_ATTRIBUTES
    if None in boxes:
        unknown["variable"] = _NO_VARIABLES
    return unknown


def no_module(names: Sequence[str], owners: Sequence[Owner]) -> str:
    """What to do where the modules of some parameters are known, and those of others not."""
    without = [name for name, owner in zip(names, owners, strict=True) if not owner.known]
    more = f" (and of {len(without) - 1} more)" if len(without) > 1 else ""
    module = without[0].rpartition(".")[0]
    return (
        f"the tree does not know the module of `{without[0]}`{more}: name its class, as in "
        f'`paramrules.inventory(params, types={{"{module}": LayerNorm}})`'
    )
