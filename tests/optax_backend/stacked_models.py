"""One language model in four libraries, with stacked layers or one by one."""

import equinox as eqx
import haiku as hk
import jax
import jax.numpy as jnp
from flax import nnx
from jax_models import Block, NnxBlock
from linen_models import Transformer

LAYERS = 12
IDS = jax.ShapeDtypeStruct((2, 6), "int32")


def linen(stacked):
    return Transformer(layers=LAYERS, scanned=stacked)


class Layer(hk.Module):
    def __call__(self, x):
        h = hk.LayerNorm(-1, True, True, name="norm")(x)
        attention = hk.MultiHeadAttention(2, 4, w_init=hk.initializers.VarianceScaling(), name="attention")
        return x + hk.Linear(8, name="out")(attention(h, h, h))


def haiku(stacked):
    def model(ids):
        x = hk.Embed(11, 8, name="tokens")(ids)
        if stacked:
            x = hk.layer_stack(LAYERS, name="blocks")(lambda h: Layer(name="layer")(h))(x)
        else:
            for number in range(LAYERS):
                x = Layer(name=f"blocks_{number}")(x)
        return hk.Linear(11, name="head")(x)

    return model


class Equinox(eqx.Module):
    tokens: eqx.nn.Embedding
    blocks: object
    head: eqx.nn.Linear

    def __init__(self, stacked, key):
        keys = jax.random.split(key, LAYERS)

        def make(key):
            return Block(8, 2, key=key)

        self.tokens = eqx.nn.Embedding(11, 8, key=key)
        self.blocks = eqx.filter_vmap(make)(keys) if stacked else [make(k) for k in keys]
        self.head = eqx.nn.Linear(8, 11, key=key)


def equinox(stacked):
    return eqx.filter_eval_shape(lambda: Equinox(stacked, jax.random.key(0)))


class Nnx(nnx.Module):
    def __init__(self, stacked, rngs):
        def make(rngs):
            return NnxBlock(8, 2, rngs=rngs)

        self.tokens = nnx.Embed(11, 8, rngs=rngs)
        if stacked:
            self.blocks = nnx.split_rngs(splits=LAYERS)(nnx.vmap(make))(rngs)
        else:
            self.blocks = nnx.List([make(rngs) for _ in range(LAYERS)])
        self.head = nnx.Linear(8, 11, rngs=rngs)


def nnx_model(stacked):
    return nnx.eval_shape(lambda: Nnx(stacked, nnx.Rngs(0)))


def zeros(tree):
    """Return arrays of ones in place of abstract ones."""
    return jax.tree.map(lambda leaf: jnp.zeros(leaf.shape, leaf.dtype), tree)
