"""Mixtral 8x7B in Flax NNX: the layers of the model and the experts of a layer are made by `nnx.vmap`."""

from collections.abc import Callable
from typing import TypeVar

import jax
import jax.numpy as jnp
from flax import nnx
from jax import Array

import paramrules

M = TypeVar("M", bound=nnx.Module)


def stack(make: Callable[[nnx.Rngs], M], count: int, rngs: nnx.Rngs) -> M:
    """`count` modules in one, their parameters with an axis more in front."""
    return nnx.split_rngs(splits=count)(nnx.vmap(make, in_axes=0, out_axes=0))(rngs)


class Attention(nnx.Module):
    def __init__(self, width: int, heads: int, kv_heads: int, rngs: nnx.Rngs) -> None:
        def projection(heads: int) -> nnx.LinearGeneral:
            return nnx.LinearGeneral(width, (heads, self.head_dim), use_bias=False, rngs=rngs)

        self.head_dim = width // heads
        self.query, self.key, self.value = projection(heads), projection(kv_heads), projection(kv_heads)
        self.out = nnx.LinearGeneral((heads, self.head_dim), width, axis=(-2, -1), use_bias=False, rngs=rngs)

    def __call__(self, x: Array) -> Array:
        q, k, v = rotated(self.query(x)), rotated(self.key(x)), self.value(x)
        return self.out(jax.nn.dot_product_attention(q, k, v, is_causal=True))


def rotated(x: Array, base: float = 1e6) -> Array:
    """Rotary positions for (batch, length, heads, head_dim)."""
    half = x.shape[-1] // 2
    angles = jnp.arange(x.shape[1])[:, None, None] * base ** (-jnp.arange(half) / half)
    a, b = x[..., :half], x[..., half:]
    cos, sin = jnp.cos(angles), jnp.sin(angles)
    return jnp.concatenate([a * cos - b * sin, b * cos + a * sin], axis=-1)


class Expert(nnx.Module):
    def __init__(self, width: int, hidden: int, rngs: nnx.Rngs) -> None:
        self.gate = nnx.Linear(width, hidden, use_bias=False, rngs=rngs)
        self.up = nnx.Linear(width, hidden, use_bias=False, rngs=rngs)
        self.down = nnx.Linear(hidden, width, use_bias=False, rngs=rngs)

    def __call__(self, x: Array) -> Array:
        return self.down(nnx.silu(self.gate(x)) * self.up(x))


class MixtureOfExperts(nnx.Module):
    def __init__(self, width: int, hidden: int, experts: int, chosen: int, rngs: nnx.Rngs) -> None:
        self.chosen = chosen
        self.router = nnx.Linear(width, experts, use_bias=False, rngs=rngs)
        self.experts = stack(lambda rngs: Expert(width, hidden, rngs), experts, rngs)

    def __call__(self, x: Array) -> Array:
        scores, chosen = jax.lax.top_k(self.router(x), self.chosen)
        shares = jnp.put_along_axis(
            jnp.zeros((*x.shape[:-1], self.router.out_features), x.dtype),
            chosen,
            nnx.softmax(scores),
            axis=-1,
            inplace=False,
        )
        answers = nnx.vmap(lambda expert, x: expert(x), in_axes=(0, None), out_axes=-2)(self.experts, x)
        return jnp.einsum("...e,...ed->...d", shares, answers)


class Layer(nnx.Module):
    def __init__(
        self, width: int, heads: int, kv_heads: int, hidden: int, experts: int, chosen: int, rngs: nnx.Rngs
    ) -> None:
        self.attention_norm = nnx.RMSNorm(width, rngs=rngs)
        self.attention = Attention(width, heads, kv_heads, rngs)
        self.moe_norm = nnx.RMSNorm(width, rngs=rngs)
        self.moe = MixtureOfExperts(width, hidden, experts, chosen, rngs)

    def __call__(self, x: Array) -> Array:
        x = x + self.attention(self.attention_norm(x))
        return x + self.moe(self.moe_norm(x))


class Mixtral(nnx.Module):
    def __init__(
        self,
        layers: int = 32,
        width: int = 4096,
        heads: int = 32,
        kv_heads: int = 8,
        hidden: int = 14336,
        experts: int = 8,
        chosen: int = 2,
        vocabulary: int = 32000,
        *,
        rngs: nnx.Rngs,
    ) -> None:
        def layer(rngs: nnx.Rngs) -> Layer:
            return Layer(width, heads, kv_heads, hidden, experts, chosen, rngs)

        self.embed = nnx.Embed(vocabulary, width, rngs=rngs)
        self.layers = stack(layer, layers, rngs)
        self.norm = nnx.RMSNorm(width, rngs=rngs)
        self.lm_head = nnx.Linear(width, vocabulary, use_bias=False, rngs=rngs)

    def __call__(self, tokens: Array) -> Array:
        run = nnx.scan(lambda x, layer: layer(x), in_axes=(nnx.Carry, 0), out_axes=nnx.Carry)
        return self.lm_head(self.norm(run(self.embed(tokens), self.layers)))


def make() -> paramrules.Inventory:
    model = nnx.eval_shape(lambda: Mixtral(rngs=nnx.Rngs(0)))
    return paramrules.inventory(model, stacked={"layers": 1, "layers.moe.experts": 1})
