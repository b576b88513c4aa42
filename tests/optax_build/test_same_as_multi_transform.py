"""`build` against the long way: `optax.multi_transform` with one of optax's optimizers a group.

Run operation by operation the two give the same bits: the arithmetic is the same. Compiled, XLA fuses the two
programs differently, and what it does with a division or a power may differ by a rounding.
"""

from collections.abc import Callable
from functools import cache, partial
from typing import Any

import jax
import numpy as np
import optax
import optax.contrib
import paramrules_optax as pro
import pytest
from optax_build.small_transformer import RULES, random_gradients

import paramrules

STEPS = 20
FEW = 4
DECAY = 0.1

Long = Callable[[Any, float], optax.GradientTransformation]


def coupled(factory: Any, **settings: Any) -> Long:
    """The transformation that gives decay to optax's optimizers without one of their own."""
    return lambda rate, decay: optax.chain(optax.add_decayed_weights(decay), factory(rate, **settings))


def decoupled(factory: Any, **settings: Any) -> Long:
    return lambda rate, decay: factory(rate, weight_decay=decay, **settings)


def same_settings(factory: Any, long: Callable[..., Long], **settings: Any) -> tuple[Any, Any, Long]:
    return factory, settings, long(factory, **settings)


OPTIMIZERS = {
    "adamw": same_settings(optax.adamw, decoupled, b1=0.85, eps=1e-6),
    "nadamw": same_settings(optax.nadamw, decoupled),
    "adamaxw": same_settings(optax.adamaxw, decoupled),
    "adan": same_settings(optax.adan, decoupled),
    "lion": same_settings(optax.lion, decoupled),
    "lamb": same_settings(optax.lamb, decoupled),
    "adam": same_settings(optax.adam, coupled),
    "sgd": same_settings(optax.sgd, coupled),
    "sgd with momentum": same_settings(optax.sgd, coupled, momentum=0.9),
    "sgd with nesterov": same_settings(optax.sgd, coupled, momentum=0.9, nesterov=True),
    "rmsprop": same_settings(optax.rmsprop, coupled),
    "rmsprop, centered, with momentum": same_settings(optax.rmsprop, coupled, centered=True, momentum=0.9),
    "adagrad": same_settings(optax.adagrad, coupled),
    "adabelief": same_settings(optax.adabelief, coupled),
    "adamax": same_settings(optax.adamax, coupled),
    "amsgrad": same_settings(optax.amsgrad, coupled),
    "radam": same_settings(optax.radam, coupled),
    "yogi": same_settings(optax.yogi, coupled),
    "adafactor": (
        optax.adafactor,
        {"min_dim_size_to_factor": 4, "momentum": 0.9},
        lambda rate, decay: optax.adafactor(rate, 4, momentum=0.9, weight_decay_rate=decay or None),
    ),
    "one that nobody here knows": same_settings(optax.contrib.ademamix, decoupled),
}
UNSCALED = ("adafactor",)
"""The one optimizer of optax whose own decay is not scaled by the rate."""


def schedule(count: Any) -> Any:
    return optax.warmup_cosine_decay_schedule(0.0, 1e-2, 5, 30)(count)


@cache
def recorded() -> tuple[Any, list[Any], paramrules.Assignment, Any]:
    params, gradients = random_gradients(STEPS)
    assignment = paramrules.assign(paramrules.parse(RULES), params)
    return params, gradients, assignment, pro.labels(params, assignment)


def long_way(optimizer: Long, learning_rate: Any, decay: float) -> optax.GradientTransformation:
    _, _, assignment, labels = recorded()
    made = {}
    for group in assignment.groups:
        scale = group.settings.get("lr_scale", 1)
        rate = (
            partial(lambda scale, count: learning_rate(count) * scale, scale)
            if callable(learning_rate)
            else learning_rate * scale
        )
        weight = group.settings.get("weight_decay", decay) * group.settings.get("weight_decay_scale", 1)
        made[group.label] = optimizer(rate, weight)
    assert len(made) == 7
    return optax.multi_transform(made, labels)


def trained(tx: optax.GradientTransformation, compiled: bool, steps: int = STEPS) -> Any:
    params, gradients, _, _ = recorded()
    update = jax.jit(tx.update) if compiled else tx.update
    state = tx.init(params)
    for gradient in gradients[:steps]:
        updates, state = update(gradient, state, params)
        params = optax.apply_updates(params, updates)
    return params


def built(name: str, learning_rate: Any) -> optax.GradientTransformation:
    params, _, assignment, _ = recorded()
    factory, settings, _ = OPTIMIZERS[name]
    decay: Any = "unscaled" if name in UNSCALED else "scaled"
    return pro.build(
        params,
        assignment,
        factory,
        learning_rate=learning_rate,
        weight_decay=DECAY,
        decay=decay,
        **settings,
    )


@pytest.mark.parametrize("steps", [FEW, pytest.param(STEPS, marks=pytest.mark.slow)])
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_the_arithmetic_is_that_of_one_optimizer_a_group(name: str, steps: int) -> None:
    scheduled = name not in UNSCALED and "momentum" not in name
    assert_same_bits(name, schedule if scheduled else 1e-2, steps)


@pytest.mark.filterwarnings("ignore:W650:paramrules.RulesWarning")  # Optax's own meaning is compared
@pytest.mark.parametrize(
    ("name", "learning_rate"), [("adamw", 1e-2), ("rmsprop, centered, with momentum", schedule)]
)
def test_with_a_number_as_with_a_schedule(name: str, learning_rate: Any) -> None:
    assert_same_bits(name, learning_rate, FEW)


def assert_same_bits(name: str, learning_rate: Any, steps: int) -> None:
    long = long_way(OPTIMIZERS[name][2], learning_rate, DECAY)
    with jax.disable_jit():
        ours, theirs = trained(built(name, learning_rate), False, steps), trained(long, False, steps)
    jax.tree.map(np.testing.assert_array_equal, ours, theirs)
    start = recorded()[0]
    assert all(jax.tree.leaves(jax.tree.map(lambda one, other: (one != other).any(), ours, start)))


@pytest.mark.parametrize("name", ["adamw", "lamb", "rmsprop", "adafactor"])
def test_compiled_they_differ_by_two_roundings_at_most(name: str) -> None:
    learning_rate = 1e-2 if name in UNSCALED else schedule
    ours = trained(built(name, learning_rate), True)
    theirs = trained(long_way(OPTIMIZERS[name][2], learning_rate, DECAY), True)
    for one, other in zip(jax.tree.leaves(ours), jax.tree.leaves(theirs), strict=True):
        ulp = np.spacing(np.abs(np.asarray(other)).max())
        np.testing.assert_allclose(one, other, rtol=0, atol=2 * ulp)
