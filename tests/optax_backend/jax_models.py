"""A small transformer, as users of Equinox and of NNX write it."""

import dataclasses

import equinox as eqx
import jax
import jax.numpy as jnp
from flax import nnx

pure = getattr(nnx, "as_pure", None) or nnx.pure
"""The state without its variables' boxes, under the name that flax had for it before 0.12.1."""


class Block(eqx.Module):
    norm1: eqx.nn.LayerNorm
    attention: eqx.nn.MultiheadAttention
    norm2: eqx.nn.RMSNorm
    mlp: eqx.nn.MLP
    dropout: eqx.nn.Dropout

    def __init__(self, width, heads, *, key):
        keys = jax.random.split(key)
        self.norm1 = eqx.nn.LayerNorm(width)
        self.attention = eqx.nn.MultiheadAttention(heads, width, use_output_bias=True, key=keys[0])
        self.norm2 = eqx.nn.RMSNorm(width)
        self.mlp = eqx.nn.MLP(width, width, 4 * width, 1, activation=jax.nn.gelu, key=keys[1])
        self.dropout = eqx.nn.Dropout(0.1, inference=True)

    def __call__(self, x):
        h = jax.vmap(self.norm1)(x)
        x = x + self.dropout(self.attention(h, h, h))
        return x + jax.vmap(self.mlp)(jax.vmap(self.norm2)(x))


class Transformer(eqx.Module):
    """A language model. It is callable, and optax takes callables for functions."""

    tokens: eqx.nn.Embedding
    positions: jax.Array
    blocks: list[Block]
    norm: eqx.nn.LayerNorm
    head: eqx.nn.Linear
    length: int

    def __init__(self, layers=3, width=8, heads=2, vocabulary=11, length=6, *, key):
        keys = jax.random.split(key, layers + 3)
        self.tokens = eqx.nn.Embedding(vocabulary, width, key=keys[0])
        self.positions = 0.02 * jax.random.normal(keys[1], (length, width))
        self.blocks = [Block(width, heads, key=k) for k in keys[3:]]
        self.norm = eqx.nn.LayerNorm(width)
        self.head = eqx.nn.Linear(width, vocabulary, key=keys[2])
        self.length = length

    def __call__(self, ids):
        x = jax.vmap(self.tokens)(ids) + self.positions
        for block in self.blocks:
            x = block(x)
        return jax.vmap(self.head)(jax.vmap(self.norm)(x))

    def no_weight_decay(self):
        return {"positions"}


class NnxBlock(nnx.Module):
    def __init__(self, width, heads, *, rngs):
        self.norm1 = nnx.LayerNorm(width, rngs=rngs)
        self.attention = nnx.MultiHeadAttention(heads, width, decode=False, rngs=rngs)
        self.norm2 = nnx.RMSNorm(width, rngs=rngs)
        self.up = nnx.Linear(width, 4 * width, rngs=rngs)
        self.down = nnx.Linear(4 * width, width, rngs=rngs)
        self.dropout = nnx.Dropout(0.1, deterministic=True, rngs=rngs)

    def __call__(self, x):
        x = x + self.dropout(self.attention(self.norm1(x)))
        return x + self.down(nnx.gelu(self.up(self.norm2(x))))


class NnxTransformer(nnx.Module):
    def __init__(self, layers=3, width=8, heads=2, vocabulary=11, length=6, *, rngs):
        self.tokens = nnx.Embed(vocabulary, width, rngs=rngs)
        self.positions = nnx.Param(0.02 * jax.random.normal(rngs.params(), (length, width)), lr_mult=2)
        self.blocks = nnx.List([NnxBlock(width, heads, rngs=rngs) for _ in range(layers)])
        self.norm = nnx.BatchNorm(width, use_running_average=True, rngs=rngs)
        self.head = nnx.Linear(width, vocabulary, rngs=rngs)

    def __call__(self, ids):
        x = self.tokens(ids) + self.positions
        for block in self.blocks:
            x = block(x)
        return self.head(self.norm(x))

    def no_weight_decay(self):
        return {"positions"}


def facts(inventory):
    """Return all facts of an inventory in comparable form: owners compare by identity."""
    return [dataclasses.replace(row, owner=row.owner.around) for row in inventory]


def owners(inventory):
    """Return the classes from the root to each module that owns parameters, as short names."""
    found = {}
    for parameter in inventory:
        chain = " > ".join(cls.short for cls in parameter.owner.around)
        assert found.setdefault(parameter.module, chain) == chain
    return found


IDS = jnp.arange(6) % 5


def loss(model):
    """Return the next tokens of a short text."""
    logits = jax.nn.log_softmax(model(IDS)[:-1])
    return -jnp.mean(jnp.take_along_axis(logits, IDS[1:, None], axis=1))
