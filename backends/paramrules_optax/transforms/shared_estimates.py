"""Optimizers whose state holds something about all parameters together, such as an estimated step size.

Prodigy, D-Adaptation, DoG, MoMo and Mechanic estimate one number from all that they train. A factory without
a recipe is called once for each rate and decay, and each call estimates anew.

Such a state is recognised by its shape, whoever wrote the factory: of a state that holds something for each
parameter alone, two parameters need twice as many floating-point leaves as one. What is left over belongs to
all of them. Counters are integers and do not matter.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import optax
import optax.contrib

from paramrules.backends import Diagnostic, RulesError
from paramrules_optax.transforms.parts import Part

_FORM = "`optax.contrib.schedule_free(paramrules_optax.build(...), learning_rate, b1=0.9)`"


def split_estimates(
    parts: Sequence[Part], made: Mapping[str, optax.GradientTransformation]
) -> list[Diagnostic]:
    """Return a warning (W651) for each optimizer that estimates something for each part by itself.

    Args:
        parts: the parts.
        made: their transformations, by label.

    Raises RulesError: E652 for a schedule-free optimizer, whose parameters for evaluation could not be found
    in the state.
    """
    of_factories: dict[str, list[Part]] = {}
    for part in parts:
        optimizer = part.first.optimizer
        if optimizer is not None and optimizer.recipe is None:
            of_factories.setdefault(optimizer.spec.name, []).append(part)
            if _is_schedule_free(made[part.label]):
                raise RulesError(_refused(optimizer.spec.called))
    return [
        _split(having)
        for having in of_factories.values()
        if len(having) > 1 and _holds_shared(made[having[0].label])
    ]


def _state(tx: optax.GradientTransformation, parameters: int) -> Any:
    """Return the abstract state of some parameters; None if they are not what the transformation trains."""
    params = {str(number): jnp.zeros((2, 3)) for number in range(parameters)}
    try:
        return jax.eval_shape(tx.init, params)
    except Exception:  # it may look for its own parameters; if it is broken, the user's `init` says so
        return None


def _is_schedule_free(tx: optax.GradientTransformation) -> bool:
    return any(isinstance(node, optax.contrib.ScheduleFreeState) for node in _nodes(_state(tx, 1)))


def _holds_shared(tx: optax.GradientTransformation) -> bool:
    one, two = (
        sum(jnp.issubdtype(leaf.dtype, jnp.inexact) for leaf in jax.tree.leaves(_nodes(_state(tx, number))))
        for number in (1, 2)
    )
    return 2 * one > two


def _nodes(state: Any) -> list[Any]:
    """Return the leaves of a state, where schedule-free states are leaves and injected numbers are none."""
    injected = (optax.InjectHyperparamsState, optax.InjectStatefulHyperparamsState)
    special = (*injected, optax.contrib.ScheduleFreeState)
    found = []
    for node in jax.tree.leaves(state, is_leaf=lambda node: isinstance(node, special)):
        found += _nodes(node.inner_state) if isinstance(node, injected) else [node]
    return found


def _split(having: Sequence[Part]) -> Diagnostic:
    optimizer = having[0].first.optimizer
    assert optimizer is not None
    first, second = (part.arrays[0].names[0] for part in having[:2])
    return Diagnostic(
        "W651",
        f"`{optimizer.spec.called}` estimates something over all parameters, and the rules split them into "
        f"{len(having)} parts with an estimate each: `{first}` and `{second}` differ",
        help="give all groups of this optimizer one rate, one decay and equal settings",
    )


def _refused(called: str) -> Diagnostic:
    return Diagnostic(
        "E652",
        f"`{called}` is schedule-free, and `schedule_free_eval_params` would not find its state among groups",
        help=f"make the base optimizer with `build`, without momentum, and wrap it: {_FORM}",
    )
