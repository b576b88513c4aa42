"""A tree of parameters: its structure, its leaves, and which of them are parameters."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, is_dataclass, replace
from typing import Any

import jax
import jax.numpy as jnp
from jax.tree_util import PyTreeDef, keystr, tree_flatten_with_path

from paramrules.backends import Diagnostic, RulesError, a, class_name, other_framework
from paramrules_optax import libraries
from paramrules_optax.libraries import equinox, linen, nnx
from paramrules_optax.trees.leaves import ARRAYS, is_array, is_inexact
from paramrules_optax.trees.tree_walk import LeafRange, Walk

_PARAMETERS_ALONE = "pass parameters alone, as the optimizer gets them"


@dataclass(frozen=True, slots=True)
class ParamTree:
    """A tree with named leaves.

    Attributes:
        walk: the names and owners of all leaves.
        leaves: all leaves, in jax's order.
        structure: jax's structure of the tree.
        trained: the numbers of the leaves that are parameters, in order.
        model: the NNX module of which the tree is the state, if any.
    """

    walk: Walk
    leaves: Sequence[Any]
    structure: PyTreeDef
    trained: Sequence[int]
    model: Any = None

    def leaves_of(self, tree: Any) -> Sequence[Any] | None:
        """Return the leaves of another tree of this structure, which gives them the same names, else None."""
        try:
            leaves = self.structure.flatten_up_to(tree)
        except (TypeError, ValueError):
            return None
        return leaves if jax.tree_util.all_leaves(leaves) else None

    def filled(self, values: Sequence[Any]) -> Any:
        """Return the tree with one value in the place of each parameter, and None in that of other leaves."""
        if len(values) < len(self.leaves):
            found = dict(zip(self.trained, values, strict=True))
            values = [found.get(number) for number in range(len(self.leaves))]
        return jax.tree_util.tree_unflatten(self.structure, values)


def flatten_params(tree: Any) -> ParamTree:
    """Flatten a tree of parameters, or a module of Equinox or NNX, in jax's order of leaves.

    An NNX module stands for the state that `nnx.Optimizer` passes on, the pair that `eqx.nn.make_with_state`
    returns for its model. Inside an Equinox module, running statistics and leaves that `eqx.is_inexact_array`
    leaves out are skipped; anywhere else they are errors.

    Raises RulesError: E502 for two leaves with one name, E518 and E536 for a tree that jax cannot flatten,
    E537 to E540 for leaves that are not parameters.
    """
    tree = equinox.without_state(tree)
    try:
        walk = Walk(tree)
        if not walk.graph:
            leaves, structure = walk.flat
    except RulesError:
        raise
    except (TypeError, ValueError) as error:
        reason = error.__cause__ or error
        raise RulesError(Diagnostic("E536", f"jax cannot flatten the tree: {reason}")) from error
    if walk.graph:
        return replace(flatten_params(libraries.state_of_graph(tree)), model=tree)
    linen.refuse_collections(tree)
    _refuse_equal_names(tree, walk)
    return ParamTree(walk, leaves, structure, _trained(walk, leaves))


def _trained(walk: Walk, leaves: Sequence[Any]) -> Sequence[int]:
    arrays = all(issubclass(cls, ARRAYS) for cls in set(map(type, leaves)))
    plain = arrays and all(jnp.issubdtype(dtype, jnp.inexact) for dtype in {leaf.dtype for leaf in leaves})
    if plain and not walk.states and not walk.boxes:
        return range(len(leaves))
    inside = _covered(walk.modules, len(leaves))
    statistics = _covered(walk.states, len(leaves))
    untrained = nnx.untrained_variables()
    trained, wrong = [], []
    for number, leaf in enumerate(leaves):
        if statistics[number]:
            continue
        if isinstance(walk.boxes.get(number), untrained):
            wrong.append(number)
        elif is_inexact(leaf) or (isinstance(leaf, float | complex) and not inside[number]):
            trained.append(number)
        elif not inside[number]:
            wrong.append(number)
    if wrong:
        raise RulesError(_not_a_parameter(walk, leaves, wrong))
    return trained


def _covered(ranges: Sequence[LeafRange], count: int) -> bytearray:
    """Return 1 for each leaf that is in one of the ranges, else 0."""
    covered = bytearray(count)
    for leaves in ranges:
        covered[leaves.start : leaves.stop] = b"\1" * (leaves.stop - leaves.start)
    return covered


def _not_a_parameter(walk: Walk, leaves: Sequence[Any], wrong: Sequence[int]) -> Diagnostic:
    number = wrong[0]
    leaf, kind, box = leaves[number], type(leaves[number]), walk.boxes.get(number)
    name = f"`{walk.names[number]}`" if walk.names[number] else "the argument"
    more = f" (and {len(wrong) - 1} more)" if len(wrong) > 1 else ""
    refused = libraries.refuse(leaf, box)
    if refused:
        code = "E539" if box is not None else "E537"
        return Diagnostic(code, f"{name} {refused.reason}{more}", help=refused.help)
    if is_array(leaf):
        reason = f"is an array of {leaf.dtype.name}, which no optimizer trains"
        return Diagnostic(
            "E538", f"{name} {reason}{more}", help=_PARAMETERS_ALONE, cli_help="return parameters alone"
        )
    if isinstance(leaf, type):
        reason, help = f"is the class `{leaf.__qualname__}`", f"pass an instance: `{leaf.__name__}(...)`"
    else:
        reason, help = f"is {a(class_name(kind))}", _PARAMETERS_ALONE
        if elsewhere := other_framework(leaf, "optax"):
            help = elsewhere
        elif is_dataclass(leaf):
            help = f"if it holds parameters, call `jax.tree_util.register_dataclass({kind.__name__})`"
    return Diagnostic("E537", f"{name} {reason}, not an array{more}", help=help)


def _refuse_equal_names(tree: Any, walk: Walk) -> None:
    if len(set(walk.names)) == len(walk.names):
        return
    paths = [keystr(path) for path, _ in tree_flatten_with_path(tree)[0]]
    found: dict[str, list[str]] = {}
    for name, path in zip(walk.names, paths, strict=True):
        found.setdefault(name, []).append(path)
    name, (first, second, *_) = next((name, some) for name, some in found.items() if len(some) > 1)
    raise RulesError(
        Diagnostic(
            "E502",
            f"two parameters are called `{name}`",
            help=f"they are `{first}` and `{second}`: rename one",
        )
    )


def holds_arrays(model: Any) -> bool:
    """Return whether a model is a module of a JAX library, or a tree with arrays of jax or NumPy.

    Also true of a linen module, and of a tree that jax cannot flatten: its inventory says what is wrong.
    """
    if isinstance(model, libraries.module_classes() + linen.modules()) or is_array(_first_leaf(model)):
        return True
    try:
        walk = Walk(model)
        return walk.graph or any(map(is_array, walk.flat[0]))
    except (TypeError, ValueError):  # RulesError is one
        return isinstance(model, dict | list | tuple)


def _first_leaf(tree: Any) -> Any:
    """Return a leaf below dicts and lists; below those that contain themselves, one of them."""
    around = set()
    while isinstance(tree, Mapping | list | tuple) and tree and id(tree) not in around:
        around.add(id(tree))
        tree = next(iter(tree.values() if isinstance(tree, Mapping) else tree))
    return tree
