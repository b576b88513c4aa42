"""The card's one line, trained in every style of model: its `no_decay` does not decay, to the bit."""

from collections.abc import Callable
from typing import Any

import equinox as eqx
import flax.linen
import haiku as hk
import jax
import jax.numpy as jnp
import optax
import paramrules_mlx
import paramrules_optax
import paramrules_torch
import pytest
import torch
from flax import nnx

import paramrules

CARD = "<x_transformers/decay@1>"
RATES = {"lr": 0.1, "weight_decay": 0.5}
JAX_RATES = {"learning_rate": 0.1, "weight_decay": 0.5}
Made = tuple[Any, Any, Any]
"""The argument of `build`, the parameters as a tree, and the model that knows their types."""


class Linen(flax.linen.Module):
    @flax.linen.compact
    def __call__(self, ids: jax.Array) -> jax.Array:
        return flax.linen.Dense(4)(flax.linen.LayerNorm()(flax.linen.Embed(8, 4)(ids)))


class Nnx(nnx.Module):
    def __init__(self) -> None:
        rngs = nnx.Rngs(0)
        self.embed, self.norm = nnx.Embed(8, 4, rngs=rngs), nnx.LayerNorm(4, rngs=rngs)
        self.dense = nnx.Linear(4, 4, rngs=rngs)


class Equinox(eqx.Module):
    embed: eqx.nn.Embedding
    norm: eqx.nn.LayerNorm
    dense: eqx.nn.Linear


def linen() -> Made:
    model, ids = Linen(), jnp.zeros((1, 2), int)
    params = jax.jit(model.init)(jax.random.key(0), ids)["params"]
    return params, params, paramrules.inventory(model, inputs=ids)


def of_nnx() -> Made:
    model = Nnx()
    return model, nnx.state(model, nnx.Param), None


def equinox() -> Made:
    model = Equinox(
        eqx.nn.Embedding(8, 4, key=jax.random.key(0)),
        eqx.nn.LayerNorm(4),
        eqx.nn.Linear(4, 4, key=jax.random.key(1)),
    )
    return model, eqx.filter(model, eqx.is_inexact_array), None


def haiku() -> Made:
    def forward(ids: jax.Array) -> jax.Array:
        return hk.Linear(4)(hk.LayerNorm(-1, True, True)(hk.Embed(8, 4)(ids)))

    model, ids = hk.transform(forward), jnp.zeros((1, 2), int)
    params = jax.jit(model.init)(jax.random.key(0), ids)
    return params, params, paramrules.inventory(model, inputs=ids)


@pytest.mark.filterwarnings("ignore::paramrules.RulesWarning")  # haiku's names have no `bias`
@pytest.mark.parametrize("make", [linen, of_nnx, equinox, haiku])
def test_in_jax(make: Callable[[], Made]) -> None:
    passed, params, model = make()
    params = jax.tree.map(lambda leaf: leaf + 1, params)  # a bias of 0 cannot shrink
    tx = paramrules_optax.build(passed, CARD, optax.adamw, model=model, **JAX_RATES)
    alike = optax.adamw(
        0.1, weight_decay=0.5, mask=paramrules_optax.decay_mask(params, CARD, model=model or passed)
    )
    for transformation in (tx, alike):
        state, update = transformation.init(params), jax.jit(transformation.update)
        trained = params
        for _ in range(3):
            updates, state = update(jax.tree.map(jnp.zeros_like, params), state, trained)
            trained = optax.apply_updates(trained, updates)
        same = [bool((a == b).all()) for a, b in zip(*map(jax.tree.leaves, (params, trained)), strict=True)]
        names = paramrules_optax.labels(params, CARD, model=model or passed)
        assert same == [label == "no_decay" for label in jax.tree.leaves(names)]
        assert sorted(same) == [False, True, True, True, True]


def test_in_torch() -> None:
    model = torch.nn.Sequential(torch.nn.Embedding(8, 4), torch.nn.LayerNorm(4), torch.nn.Linear(4, 4))
    before = {name: tensor.detach().clone() for name, tensor in model.named_parameters()}
    optimizer = paramrules_torch.build(model, CARD, torch.optim.AdamW, **RATES)
    for _ in range(3):
        for tensor in model.parameters():
            tensor.grad = torch.zeros_like(tensor)
        optimizer.step()
    moved = {name for name, tensor in model.named_parameters() if not torch.equal(tensor, before[name])}
    assert moved == {"2.weight"}


def test_in_mlx() -> None:
    import mlx.core as mx
    from mlx import nn, optimizers, utils

    model = nn.Sequential(nn.Embedding(8, 4), nn.LayerNorm(4), nn.Linear(4, 4))
    before = dict(utils.tree_flatten(model.parameters()))
    optimizer = paramrules_mlx.build(model, CARD, optimizers.AdamW, **JAX_RATES)
    for _ in range(3):
        optimizer.update(model, utils.tree_map(mx.zeros_like, model.parameters()))
    after = dict(utils.tree_flatten(model.parameters()))
    assert {name for name in before if not mx.array_equal(before[name], after[name])} == {"layers.2.weight"}
