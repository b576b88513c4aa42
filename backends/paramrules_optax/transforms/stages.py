"""Stages with numbers for each array: decay, rate, no update. None of them holds moments.

The numbers are kept by canonical name and fitted to any tree of the parameters: boxed, pure or partly masked.
Each is a number, or an array that broadcasts along the layers of a stack.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax

from paramrules_optax.trees.fit import fitted

Numbers = Mapping[str, Any]
Schedule = Callable[[Any], Any]


class Decays(NamedTuple):
    """The weight decay of each array.

    Attributes:
        weights: the decays that stay; 0 for those that follow the schedule.
        schedule: the schedule of the others; None if there are none.
        scales: their factors of the schedule; 0 for those that stay.
    """

    weights: Numbers
    schedule: Schedule | None = None
    scales: Numbers = MappingProxyType({})


def add_decays(decays: Decays, sign: int = 1) -> optax.GradientTransformation:
    """Add to each update its decay times the parameter, or its negative."""
    fixed = add_decay({name: sign * weight for name, weight in decays.weights.items()})
    if decays.schedule is None:
        return fixed
    return optax.chain(fixed, add_scheduled_decay(decays.schedule, decays.scales, sign))


def add_scheduled_decay(schedule: Schedule, scales: Numbers, sign: int = 1) -> optax.GradientTransformation:
    """Add to each update the schedule's decay times its scale and the parameter.

    The schedule is evaluated once per step.
    """

    def init(params: Any) -> optax.ScaleByScheduleState:
        return optax.ScaleByScheduleState(count=jnp.zeros([], jnp.int32))

    def update(
        updates: Any, state: optax.ScaleByScheduleState, params: Any = None
    ) -> tuple[Any, optax.ScaleByScheduleState]:
        if params is None:
            raise ValueError(_NEEDS_PARAMETERS)
        decay = schedule(state.count)

        def one(update: Any, param: Any, scale: Any) -> Any:
            if update is None or _is(0, scale):
                return update
            factor = _as(scale, decay) if isinstance(scale, np.ndarray) else scale
            return update + jnp.array(sign * (decay * factor), dtype=update.dtype) * param

        added = _mapped(one, updates, params, fitted(scales, updates))
        return added, optax.ScaleByScheduleState(count=optax.safe_increment(state.count))

    return optax.GradientTransformation(init, update)


_NEEDS_PARAMETERS = "weight decay needs the parameters: call `update(grads, state, params)`"


def add_decay(weights: Numbers) -> optax.GradientTransformation:
    """Add to each update its weight times the parameter, as `optax.add_decayed_weights` does."""

    def update(updates: Any, state: optax.EmptyState, params: Any = None) -> tuple[Any, optax.EmptyState]:
        if all(_is(0, weight) for weight in weights.values()):
            return updates, state
        if params is None:
            raise ValueError(_NEEDS_PARAMETERS)

        def one(update: Any, param: Any, weight: Any) -> Any:
            return update if update is None or _is(0, weight) else update + _like(weight, update) * param

        return _mapped(one, updates, params, fitted(weights, updates)), state

    return optax.GradientTransformation(_no_state, update)


def scale_by_rates(rates: Numbers, sign: int = -1) -> optax.GradientTransformation:
    """Multiply each update by its rate."""

    def update(updates: Any, state: optax.EmptyState, params: Any = None) -> tuple[Any, optax.EmptyState]:
        def one(update: Any, rate: Any) -> Any:
            return None if update is None else _like(sign * rate, update) * update

        return _mapped(one, updates, fitted(rates, updates)), state

    return optax.GradientTransformation(_no_state, update)


def add_transformed_decay(
    decays: Decays, inner: optax.GradientTransformation
) -> optax.GradientTransformation:
    """Add what `inner` makes of the decay alone."""
    both = optax.chain(add_decays(decays), inner)

    def update(updates: Any, state: Any, params: Any = None) -> tuple[Any, Any]:
        scaled, state = both.update(jax.tree.map(jnp.zeros_like, updates), state, params)
        return jax.tree.map(jnp.add, updates, scaled), state

    return optax.GradientTransformation(both.init, update)


def scale_by_schedule(schedule: Schedule, scales: Numbers, sign: int = -1) -> optax.GradientTransformation:
    """Multiply each update by its scale and the schedule's rate, which is evaluated once per step.

    Rates are divided by a 1 that XLA cannot know. It computes a quotient once, so that arrays of one shape
    share their kernel. A product it would compute anew in the kernel of each array, with the scale as a
    constant: that makes as many kernels as there are scales, and on a CPU takes twice as long to compile.
    """

    def init(params: Any) -> optax.ScaleByScheduleState:
        return optax.ScaleByScheduleState(count=jnp.zeros([], jnp.int32))

    def update(
        updates: Any, state: optax.ScaleByScheduleState, params: Any = None
    ) -> tuple[Any, optax.ScaleByScheduleState]:
        rate = schedule(state.count)
        unit = jnp.maximum(jnp.sign(state.count), 1)
        steps: dict[Any, Any] = {}

        def step(scale: Any, dtype: Any) -> Any:
            if isinstance(scale, np.ndarray):
                return jnp.array(sign * (rate * _as(scale, rate)), dtype=dtype)
            if (scale, dtype) not in steps:  # all parameters of a group have the same
                steps[scale, dtype] = jnp.array(sign * (rate * scale), dtype=dtype) / unit
            return steps[scale, dtype]

        def one(update: Any, scale: Any) -> Any:
            return None if update is None else step(scale, update.dtype) * update

        scaled = _mapped(one, updates, fitted(scales, updates))
        return scaled, optax.ScaleByScheduleState(count=optax.safe_increment(state.count))

    return optax.GradientTransformation(init, update)


def zero_updates() -> optax.GradientTransformation:
    """Replace updates with -0.0, which leaves any number as it is when added, -0.0 included."""

    def update(updates: Any, state: optax.EmptyState, params: Any = None) -> tuple[Any, optax.EmptyState]:
        return jax.tree.map(lambda update: jnp.full_like(update, -0.0), updates), state

    return optax.GradientTransformation(_no_state, update)


def _no_state(params: Any) -> optax.EmptyState:
    return optax.EmptyState()


def _mapped(function: Callable[..., Any], updates: Any, *trees: Any) -> Any:
    """Call `jax.tree.map` on gradients, some of which may be None."""
    return jax.tree.map(function, updates, *trees, is_leaf=lambda node: node is None)


def _is(number: float, value: Any) -> bool:
    return isinstance(value, int | float) and value == number


def _like(value: Any, update: Any) -> Any:
    """Return a number as it is, since it adopts the update's dtype, and an array in the update's dtype."""
    return jnp.asarray(value, update.dtype) if isinstance(value, np.ndarray) else value


def _as(scale: np.ndarray[Any, Any], rate: Any) -> Any:
    """Return the scales of a stack in the precision that a single scale would be multiplied in."""
    return jnp.asarray(scale, rate.dtype) if isinstance(rate, jax.Array) else scale
