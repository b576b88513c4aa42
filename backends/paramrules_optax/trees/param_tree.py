"""A tree of parameters taken apart: its structure, its leaves, and which of them are parameters."""

from collections.abc import Sequence
from dataclasses import dataclass, is_dataclass, replace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.tree_util import PyTreeDef, keystr, tree_flatten_with_path

from paramrules.diagnostics import Diagnostic, RulesError
from paramrules_optax.libraries import frameworks, nnx
from paramrules_optax.trees.tree_walk import LeafRange, Walk

_COLLECTIONS = ("batch_stats", "cache", "intermediates", "losses", "metrics")
_ARRAYS = (jax.Array, np.ndarray, np.generic, jax.ShapeDtypeStruct)
_ALONE = "hand over parameters alone, as the optimizer is handed them"


@dataclass(frozen=True, slots=True)
class ParamTree:
    """A tree with names.

    Attributes:
        walk: the names of all leaves, and whose they are.
        leaves: all leaves.
        structure: how they hang together.
        trained: the numbers of the leaves that are parameters, in order.
        model: the NNX module whose state this is, if one was given.
    """

    walk: Walk
    leaves: Sequence[Any]
    structure: PyTreeDef
    trained: Sequence[int]
    model: Any = None

    def fits(self, tree: Any) -> bool:
        """Whether another tree has exactly this structure; its names are then the same."""
        return self._in_place(tree) is not None

    def holds_the_like(self, tree: Any) -> bool:
        """Whether another tree has exactly this structure, with arrays of the same shapes and dtypes."""
        leaves = self._in_place(tree)
        return leaves is not None and list(map(_kind, leaves)) == list(map(_kind, self.leaves))

    def _in_place(self, tree: Any) -> Sequence[Any] | None:
        """The leaves of another tree, if it has exactly this structure."""
        try:
            leaves = self.structure.flatten_up_to(tree)
        except (TypeError, ValueError):
            return None
        return leaves if jax.tree_util.all_leaves(leaves) else None

    def filled(self, values: Sequence[Any]) -> Any:
        """The tree with a value, one a parameter, in place of each; other leaves become None."""
        if len(values) < len(self.leaves):
            found = dict(zip(self.trained, values, strict=True))
            values = [found.get(number) for number in range(len(self.leaves))]
        return jax.tree_util.tree_unflatten(self.structure, values)


def flatten_params(tree: Any) -> ParamTree:
    """A tree of parameters, or a module of Equinox or NNX, in jax's order of leaves.

    Of an NNX module it is the state that `nnx.Optimizer` hands over. In an Equinox module leaves that are
    no parameters, as `eqx.is_inexact_array` sees it, and running statistics are passed over; anywhere else
    they are errors. Of the pair that `eqx.nn.make_with_state` gives the model is taken.

    Raises RulesError: E501 for a leaf that is no parameter, E502 for two with one name.
    """
    if isinstance(tree, tuple) and len(tree) == 2 and isinstance(tree[1], frameworks.equinox_states()):
        tree = tree[0]
    try:
        walk = Walk(tree)
        if not walk.graph:  # which may hold itself, and a RecursionError of jax's own does harm
            leaves, structure = jax.tree_util.tree_flatten(tree)
    except RecursionError:
        raise RulesError(Diagnostic("E501", "the tree is nested too deeply, or holds itself")) from None
    except (TypeError, ValueError) as error:
        raise RulesError(Diagnostic("E501", f"jax cannot take the tree apart: {error}")) from error
    if walk.graph:
        return replace(flatten_params(nnx.parameters(tree)), model=tree)
    refuse_collections(tree)
    _refuse_equal_names(tree, walk)
    return ParamTree(walk, leaves, structure, _trained(walk, leaves))


def _kind(leaf: Any) -> tuple[Any, Any]:
    return getattr(leaf, "shape", None), getattr(leaf, "dtype", None)


def is_array(leaf: Any) -> bool:
    """Whether it is an array, concrete, abstract or traced."""
    return isinstance(leaf, _ARRAYS)


def inexact(leaf: Any) -> bool:
    """Whether it is an array of floating or complex numbers."""
    return is_array(leaf) and bool(jnp.issubdtype(leaf.dtype, jnp.inexact))


def _trained(walk: Walk, leaves: Sequence[Any]) -> Sequence[int]:
    kinds: set[tuple[type, Any]] = {(type(leaf), getattr(leaf, "dtype", None)) for leaf in leaves}
    plain = all(issubclass(cls, _ARRAYS) and bool(jnp.issubdtype(dtype, jnp.inexact)) for cls, dtype in kinds)
    if plain and not walk.states and not walk.boxes:
        return range(len(leaves))
    inside = _covered(walk.modules, len(leaves))
    statistics = _covered(walk.states, len(leaves))
    untrained = frameworks.nnx_untrained()
    trained, wrong = [], []
    for number, leaf in enumerate(leaves):
        if statistics[number]:
            continue
        if isinstance(walk.boxes.get(number), untrained):
            wrong.append(number)
        elif inexact(leaf) or (isinstance(leaf, float | complex) and not inside[number]):
            trained.append(number)
        elif not inside[number]:
            wrong.append(number)
    if wrong:
        raise RulesError(_no_parameters(walk, leaves, wrong))
    return trained


def _covered(stretches: Sequence[LeafRange], count: int) -> bytearray:
    covered = bytearray(count)
    for stretch in stretches:
        covered[stretch.start : stretch.stop] = b"\1" * (stretch.stop - stretch.start)
    return covered


def _no_parameters(walk: Walk, leaves: Sequence[Any], wrong: Sequence[int]) -> Diagnostic:
    number = wrong[0]
    leaf, box = leaves[number], walk.boxes.get(number)
    more = f" (and {len(wrong) - 1} more)" if len(wrong) > 1 else ""
    name = f"`{walk.names[number]}` is" if walk.names[number] else "what is handed over is"
    if isinstance(box, frameworks.nnx_untrained()):
        return Diagnostic(
            "E501",
            f"{name} a `{type(box).__name__}` and no parameter{more}",
            help="hand over `nnx.state(model, nnx.Param)`",
        )
    if isinstance(leaf, _ARRAYS):
        return Diagnostic(
            "E501", f"{name} an array of {leaf.dtype.name}, which no optimizer trains{more}", help=_ALONE
        )
    if isinstance(leaf, type):
        help = f"hand over an instance: `{leaf.__name__}(...)`"
        return Diagnostic("E501", f"{name} the class `{leaf.__qualname__}` and no array{more}", help=help)
    kind = type(leaf)
    help = _ALONE
    if isinstance(leaf, frameworks.linen_modules()):
        help = 'linen keeps parameters apart from modules: hand over `model.init(...)["params"]`'
    elif is_dataclass(leaf):
        help = f"if it holds parameters, call `jax.tree_util.register_dataclass({kind.__name__})`"
    return Diagnostic(
        "E501", f"{name} a `{kind.__module__}.{kind.__qualname__}` and no array{more}", help=help
    )


def refuse_collections(tree: Any) -> None:
    """Raises RulesError (E501) for linen's variables, which hold more than parameters."""
    dicts = frameworks.dicts()
    if isinstance(tree, dicts) and isinstance(tree.get("params"), dicts):
        for beside in _COLLECTIONS:
            if beside in tree:
                raise RulesError(
                    Diagnostic(
                        "E501",
                        f"the tree holds the collection `{beside}` beside `params`",
                        help='hand over `variables["params"]`',
                    )
                )


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
    """Whether it is a module of Equinox or NNX, or a tree with an array of jax or NumPy among its leaves.

    So is what holds none but belongs to jax, a module of linen or a tree that jax cannot take apart: what is
    wrong with it is for its inventory to say.
    """
    if isinstance(model, frameworks.equinox_modules() + frameworks.linen_modules()):
        return True
    try:
        walk = Walk(model)
        return walk.graph or any(map(is_array, jax.tree_util.tree_leaves(model)))
    except (TypeError, ValueError, RecursionError):
        return isinstance(model, dict | list | tuple)
