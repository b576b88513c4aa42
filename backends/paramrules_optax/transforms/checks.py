"""What `build` and its transformation refuse to work with."""

from collections.abc import Callable, Mapping, Sequence
from numbers import Real
from typing import Any

import jax
import optax
import optax.contrib

from paramrules.diagnostics import Diagnostic, RulesError, did_you_mean
from paramrules_optax.transforms.optimizers import Optimizer
from paramrules_optax.transforms.parts import Part
from paramrules_optax.transforms.settings import no_decay
from paramrules_optax.transforms.treatment import Treatment
from paramrules_optax.trees.fit import fitted
from paramrules_optax.trees.tree_walk import Walk


def check_rate(name: str, rate: Any, *, or_schedule: bool = False) -> None:
    """Raises TypeError for a base rate that is no number, and no schedule where one may stand."""
    scalar = isinstance(rate, Real | jax.Array) and getattr(rate, "ndim", 0) == 0
    if (scalar and not isinstance(rate, bool)) or (callable(rate) if or_schedule else rate is None):
        return
    wanted = "a number or a schedule" if or_schedule else "a number"
    raise TypeError(f"`{name}` is {rate!r:.60}, a `{type(rate).__name__}`, and should be {wanted}")


def check_decay(decay: Any) -> None:
    """Raises ValueError where `decay` is neither of its two words."""
    if decay not in ("scaled", "unscaled"):
        raise ValueError(f"`decay` is {decay!r} and should be 'scaled' or 'unscaled'")


def check_decays(weight_decay: Any, decay: str, optimizers: Mapping[str, Optimizer]) -> None:
    """Raises RulesError (E612) where a base weight decay means nothing to any of the optimizers."""
    if weight_decay is not None and decay == "scaled" and not any(o.decays for o in optimizers.values()):
        raise RulesError(no_decay(list(optimizers.values())))


def check_matrices(part: Part) -> None:
    """Raises RulesError (E633) where Muon is to train what is no matrix and does not say how it is one."""
    optimizer = part.first.optimizer
    if optimizer is None or optimizer.factory is not optax.contrib.muon:
        return
    if part.first.settings["muon_weight_dimension_numbers"] is not None:
        return
    for array in part.arrays:
        if len(array.shape) != 2:
            raise RulesError(
                Diagnostic(
                    "E633",
                    f"`muon` trains matrices, and `{array.names[0]}` has the shape {array.shape}",
                    help="add `ndim == 2` to the rule that gives it to `muon`, or say which axes are its "
                    "matrix's, with `muon_weight_dimension_numbers`",
                )
            )


def check_trains(treatments: Sequence[Treatment]) -> None:
    """Raises RulesError (E614) where there is no parameter, or none that is trained."""
    if any(treatment.optimizer for treatment in treatments):
        return
    if treatments:
        message = "nothing is left to train: every parameter of the model is frozen"
        help = "`freeze = true` in the rules freezes; train at least one parameter"
    else:
        message = "nothing is there to train: the tree has no parameters"
        help = "hand over the parameters that the optimizer is to train"
    raise RulesError(Diagnostic("E614", message, help=help))


def guarded(
    inner: optax.GradientTransformationExtraArgs, labels: Mapping[str, str]
) -> optax.GradientTransformationExtraArgs:
    """The same, but with errors of its own where trees are not of the parameters that have labels.

    What has no gradient, such as a function in an Equinox model, is left out of the parameters, too.
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
    """The parameters, without those that have None for a gradient."""
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
    """Raises RulesError (E632) where one tree has a leaf that the other has not."""
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
                        f"the {here} have a leaf `{name}`, and the {there} have not",
                        help=did_you_mean(name, other)
                        or "hand over the gradients with respect to the very tree that is trained",
                    )
                )
