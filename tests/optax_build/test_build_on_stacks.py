"""A scanned transformer under layer-wise rules trains, step for step, as the same model unrolled."""

from collections.abc import Iterator
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
import optax.contrib
import paramrules_optax as pro
import pytest
from flax import linen as nn
from optax_build.small_transformer import RULES, Transformer, batches, initialised, loss, unrolled
from paramrules_optax.transforms.arrays import StackedLayers

import paramrules
from paramrules import RulesError

STEPS = 20
WORDS = jnp.zeros((1, 4), jnp.int32)
SCANNED, PLAIN = Transformer(scanned=True), Transformer()
INVENTORIES = {module: paramrules.inventory(module, inputs=WORDS) for module in (SCANNED, PLAIN)}
START = initialised(SCANNED)
GRADIENTS = {module: jax.jit(jax.grad(partial(loss, module))) for module in (SCANNED, PLAIN)}
RATE = optax.warmup_cosine_decay_schedule(0.0, 1e-2, 5, 40)


def built(module: Transformer, params: Any, text: str = RULES, **arguments: Any) -> Any:
    rules = paramrules.parse(text, "stack.rules")
    settings = {"learning_rate": RATE, "weight_decay": 0.1} | arguments
    return pro.build(params, rules, model=INVENTORIES[module], **settings)


@pytest.fixture(autouse=True)
def in_float64() -> Iterator[None]:
    """So that what is left of rounding is far below what a layer's rate does."""
    with jax.enable_x64(True):
        yield


def start() -> Any:
    return jax.tree.map(lambda leaf: jnp.asarray(leaf, jnp.float64), START)


def trained(module: Transformer, params: Any, tx: Any) -> Any:
    @jax.jit
    def step(params: Any, state: Any, gradients: Any) -> Any:
        updates, state = tx.update(gradients, state, params)
        return optax.apply_updates(params, updates), state

    state = tx.init(params)
    for words in batches(STEPS):
        params, state = step(params, state, GRADIENTS[module](params, words))
    return params


MUON = (
    RULES
    + """
[optimizer]
muon: leaf == "kernel" and ndim == 2 and name ~ ^layer -> optimizer = "muon"
rest: else
"""
)
BOTH = {"muon": optax.contrib.muon, "default": optax.adamw}

OPTIMIZERS: dict[str, dict[str, Any]] = {
    "adamw": {"optimizer": optax.adamw},
    "adamw with a number": {"optimizer": optax.adamw, "learning_rate": 3e-3},
    "sgd": {"optimizer": optax.sgd, "momentum": 0.9, "nesterov": True},
    "lamb": {"optimizer": optax.lamb},
    "adafactor": {
        "optimizer": partial(optax.adafactor, eps=1e-6),
        "min_dim_size_to_factor": 4,
        "momentum": 0.9,
    },
    "muon": {"text": MUON, "optimizer": BOTH},
}


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_a_scanned_transformer_trains_as_the_same_unrolled(name: str) -> None:
    first = start()
    scanned = trained(SCANNED, first, built(SCANNED, first, **OPTIMIZERS[name]))
    plain = trained(PLAIN, unrolled(first), built(PLAIN, unrolled(first), **OPTIMIZERS[name]))
    jax.tree.map(partial(np.testing.assert_allclose, rtol=0, atol=1e-8), unrolled(scanned), plain)
    assert loss(SCANNED, scanned, batches(1)[0]) < 0.9 * loss(SCANNED, first, batches(1)[0])


def test_layers_cost_no_state_of_their_own() -> None:
    first = start()
    ours, plain = built(SCANNED, first).init(first), optax.adamw(RATE).init(first)
    assert jax.tree.structure(ours) == jax.tree.structure(plain)


def test_layers_under_injected_hyperparameters() -> None:
    first = start()

    @optax.inject_hyperparams
    def injected(learning_rate: Any, weight_decay: Any) -> optax.GradientTransformation:
        tx: optax.GradientTransformation = built(
            SCANNED, first, learning_rate=learning_rate, weight_decay=weight_decay
        )
        return tx

    ours = trained(SCANNED, first, injected(learning_rate=RATE, weight_decay=0.1))
    theirs = trained(SCANNED, first, built(SCANNED, first))
    jax.tree.map(partial(np.testing.assert_allclose, rtol=0, atol=1e-8), ours, theirs)


def test_a_stack_that_is_frozen_whole() -> None:
    first = start()
    tx = built(SCANNED, first, r"frozen: name ~ ^layers\. -> freeze = true" "\nrest: else")
    after = trained(SCANNED, first, tx)
    jax.tree.map(np.testing.assert_array_equal, after["layers"], first["layers"])
    assert (after["head"]["kernel"] != first["head"]["kernel"]).all()


def test_stacks_in_stacks_along_any_axis() -> None:
    """Arrays of (outer, 4, inner, 3) and (inner, outer): each layer has its own rate and decay."""
    spread = StackedLayers((0, 2), ((0, 0), (0, 1), (1, 0), (1, 1), (2, 0), (2, 1)), 4).spread(
        [1.0, 2, 3, 4, 5, 6]
    )
    np.testing.assert_array_equal(spread, np.arange(1.0, 7).reshape(3, 1, 2, 1))

    class Inner(nn.Module):
        @nn.compact
        def __call__(self, x: jax.Array) -> jax.Array:
            return nn.Dense(4, name="dense")(x)

    class Outer(nn.Module):
        @nn.compact
        def __call__(self, x: jax.Array, _: None = None) -> tuple[jax.Array, None]:
            axes: dict[str, Any] = {"variable_axes": {"params": 1}, "split_rngs": {"params": True}}
            x = nn.vmap(Inner, in_axes=None, axis_size=2, **axes)(name="heads")(x).mean(0)
            return x, None

    class Whole(nn.Module):
        @nn.compact
        def __call__(self, x: jax.Array) -> jax.Array:
            axes: dict[str, Any] = {"variable_axes": {"params": 0}, "split_rngs": {"params": True}}
            x, _ = nn.scan(Outer, length=3, **axes)(name="layers")(x, None)
            return x

    x = jnp.ones((5, 4))
    params = Whole().init(jax.random.key(0), x)["params"]
    inventory = paramrules.inventory(Whole(), inputs=x)
    rules = paramrules.parse(
        r"at_{i}_{j}: name ~ ^layers\.(?<i>\d+)\.heads\.(?<j>\d+)\. "
        "-> lr_scale = i + 1, weight_decay = j + 1",
        "nested.rules",
    )
    kernel = params["layers"]["heads"]["dense"]["kernel"]
    assert kernel.shape == (3, 4, 2, 4)
    gradients = jax.tree.map(jnp.ones_like, params)

    def first_updates(tx: Any) -> Any:
        return jax.jit(tx.update)(gradients, jax.jit(tx.init)(params), params)[0]

    tx = pro.build(params, rules, optax.sgd, learning_rate=0.1, model=inventory)
    updates = first_updates(tx)
    for i in range(3):
        for j in range(2):
            np.testing.assert_allclose(
                updates["layers"]["heads"]["dense"]["kernel"][i, :, j],
                -0.1 * (i + 1) * (1 + (j + 1) * kernel[i, :, j]),
                rtol=1e-6,
            )
    lamb = pro.build(params, rules, optax.lamb, learning_rate=0.1, model=inventory)
    updates = first_updates(lamb)
    one = optax.lamb(0.1 * 3, weight_decay=2.0)
    alone, _ = one.update(jnp.ones((4, 4)), one.init(kernel[2, :, 1]), kernel[2, :, 1])
    np.testing.assert_allclose(updates["layers"]["heads"]["dense"]["kernel"][2, :, 1], alone, rtol=1e-6)
    factored = pro.build(
        params, rules, optax.adafactor, learning_rate=0.1, min_dim_size_to_factor=2, model=inventory
    )
    updates = first_updates(factored)
    other = optax.adafactor(0.1 * 3, min_dim_size_to_factor=2)
    alone, _ = other.update(jnp.ones((4, 4)), other.init(kernel[2, :, 1]), kernel[2, :, 1])
    np.testing.assert_allclose(
        updates["layers"]["heads"]["dense"]["kernel"][2, :, 1], alone - 0.3 * 2 * kernel[2, :, 1], rtol=1e-6
    )


TORN = {
    "skipped": (
        r"skipped: name ~ ^layers\.0\. -> skip = true" "\nrest: else",
        """
error[E631]: the layers that `layers.attention.key.bias` holds cannot be trained apart: \
`layers.0.attention.key.bias` is skipped and `layers.1.attention.key.bias` is not
  = help: `lr_scale = 0` with `weight_decay = 0` keeps a layer as it is, at the cost of its state; \
to skip it without state, do not stack these layers""",
    ),
    "frozen": (
        r"frozen: name ~ ^layers\.0\. -> freeze = true" "\nrest: else",
        """
error[E631]: the layers that `layers.attention.key.bias` holds cannot be trained apart: \
`layers.0.attention.key.bias` is frozen and `layers.1.attention.key.bias` is not
  = help: `lr_scale = 0` with `weight_decay = 0` keeps a layer as it is, at the cost of its state; \
to freeze it without state, do not stack these layers""",
    ),
    "another optimizer": (
        r'moved: name ~ ^layers\.1\. -> optimizer = "muon"' "\nrest: else",
        """
error[E631]: the layers that `layers.attention.key.bias` holds cannot be trained apart: \
`layers.0.attention.key.bias` and `layers.1.attention.key.bias` have different optimizers
  = help: layers of a stack may differ in `lr`, `lr_scale`, `weight_decay` and `weight_decay_scale`""",
    ),
    "other settings": (
        r"moved: name ~ ^layers\.1\. -> eps = 1e-3" "\nrest: else",
        """
error[E631]: the layers that `layers.attention.key.bias` holds cannot be trained apart: \
`layers.0.attention.key.bias` and `layers.1.attention.key.bias` have different settings of `adamw`
  = help: layers of a stack may differ in `lr`, `lr_scale`, `weight_decay` and `weight_decay_scale`""",
    ),
}


@pytest.mark.parametrize("why", TORN)
def test_layers_that_cannot_be_trained_apart(why: str) -> None:
    text, said = TORN[why]
    with pytest.raises(RulesError) as refused:
        built(SCANNED, START, text, optimizer=BOTH if "optimizer" in text else optax.adamw)
    assert str(refused.value) == said


def test_a_factory_of_unknown_make_has_one_rate_a_stack() -> None:
    """Nobody knows whether it looks at whole arrays, or what it does with its rate."""
    with pytest.raises(RulesError) as refused:
        built(SCANNED, START, optimizer=optax.contrib.ademamix)
    assert (
        str(refused.value)
        == """
error[E631]: the layers that `layers.attention.key.bias` holds cannot be trained apart: \
`layers.0.attention.key.bias` and `layers.1.attention.key.bias` have different rates, and `ademamix` takes \
one per call
  = help: use an optimizer with rates by parameter, such as `optax.adamw`, or do not stack these \
layers"""
    )
