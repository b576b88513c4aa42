"""Arrays and trees that an optimizer cannot train."""

from collections.abc import Callable, Mapping
from typing import Any

import jax
import optax
import optax.contrib

from paramrules.backends import Assignment, Diagnostic, RulesError, did_you_mean, report_parameter
from paramrules_optax.pytorch import muon
from paramrules_optax.transforms.parts import Part
from paramrules_optax.trees.fit import fitted
from paramrules_optax.trees.tree_walk import Walk


def check_matrices(part: Part, assignment: Assignment) -> None:
    """Raise RulesError (E633) if Muon gets an array that is not a matrix, and no axes to read it as one."""
    optimizer = part.first.optimizer
    if optimizer is None or optimizer.factory not in (optax.contrib.muon, muon):
        return
    if part.first.settings["muon_weight_dimension_numbers"] is not None:
        return
    for array in part.arrays:
        if array.matrix is None:
            raise RulesError(
                report_parameter(
                    "E633",
                    f"`muon` trains matrices, and `{array.names[0]}` has the shape {array.shape}",
                    "add `ndim == 2` to the rule that gives it to `muon`, or say which axes form the "
                    "matrix, with `muon_weight_dimension_numbers`",
                    assignment=assignment,
                    parameter=array.parameters[0],
                    key="optimizer",
                )
            )


def guarded(
    inner: optax.GradientTransformationExtraArgs, labels: Mapping[str, str]
) -> optax.GradientTransformationExtraArgs:
    """Wrap a transformation to raise RulesError (E601, E632) for trees of other parameters.

    Parameters without a gradient, such as the functions in an Equinox model, are left out for it.
    """

    def init(params: Any) -> Any:
        fitted(labels, params)
        return inner.init(params)

    def update(updates: Any, state: Any, params: Any = None, **extra: Any) -> tuple[Any, Any]:
        if params is not None:
            params = _alike(updates, params)
        done: tuple[Any, Any] = inner.update(updates, state, params, **extra)
        return done

    return optax.GradientTransformationExtraArgs(init, update)


def _alike(updates: Any, params: Any) -> Any:
    """Return the parameters without those whose gradient is None."""
    if _structure(updates) == _structure(params):
        return params
    if _structure(updates, is_leaf=_is_none) != _structure(params, is_leaf=_is_none):
        _check_names(updates, params)
        return params
    return jax.tree.map(lambda u, p: None if u is None else p, updates, params, is_leaf=_is_none)


def _structure(tree: Any, is_leaf: Callable[[Any], bool] | None = None) -> Any:
    return jax.tree.structure(tree, is_leaf=is_leaf)


def _is_none(node: Any) -> bool:
    return node is None


def _check_names(updates: Any, params: Any) -> None:
    """Raise RulesError (E632) if one tree has a leaf that the other does not."""
    names = []
    for tree in (updates, params):
        filled = jax.tree.map(lambda leaf: 0.0 if leaf is None else leaf, tree, is_leaf=_is_none)
        names.append(dict.fromkeys(Walk(filled).names))
    gradients, parameters = names
    for one, other, here, there in (
        (gradients, parameters, "gradients", "parameters"),
        (parameters, gradients, "parameters", "gradients"),
    ):
        for name in one:
            if name not in other:
                raise RulesError(
                    Diagnostic(
                        "E632",
                        f"the {here} have a leaf `{name}` and the {there} do not",
                        help=did_you_mean(name, other)
                        or "pass gradients with respect to the tree that is trained",
                    )
                )
