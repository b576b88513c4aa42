"""Llama 2 7B in haiku, all layers in one `hk.experimental.layer_stack`."""

import haiku as hk
import jax
import jax.numpy as jnp
from jax import Array

import paramrules


class Attention(hk.Module):
    def __init__(self, heads: int, name: str | None = None) -> None:
        super().__init__(name)
        self.heads = heads

    def __call__(self, x: Array) -> Array:
        batch, length, width = x.shape
        q, k, v = (
            hk.Linear(width, with_bias=False, name=name)(x).reshape(batch, length, self.heads, -1)
            for name in ("query", "key", "value")
        )
        mixed = jax.nn.dot_product_attention(rotated(q), rotated(k), v, is_causal=True)
        return hk.Linear(width, with_bias=False, name="out")(mixed.reshape(x.shape))


def rotated(x: Array, base: float = 1e4) -> Array:
    """Rotary positions for (batch, length, heads, head_dim)."""
    half = x.shape[-1] // 2
    angles = jnp.arange(x.shape[1])[:, None, None] * base ** (-jnp.arange(half) / half)
    a, b = x[..., :half], x[..., half:]
    cos, sin = jnp.cos(angles), jnp.sin(angles)
    return jnp.concatenate([a * cos - b * sin, b * cos + a * sin], axis=-1)


class FeedForward(hk.Module):
    def __init__(self, hidden: int, name: str | None = None) -> None:
        super().__init__(name)
        self.hidden = hidden

    def __call__(self, x: Array) -> Array:
        gate = hk.Linear(self.hidden, with_bias=False, name="gate")(x)
        up = hk.Linear(self.hidden, with_bias=False, name="up")(x)
        return hk.Linear(x.shape[-1], with_bias=False, name="down")(jax.nn.silu(gate) * up)


class Layer(hk.Module):
    def __init__(self, heads: int, hidden: int, name: str | None = None) -> None:
        super().__init__(name)
        self.heads, self.hidden = heads, hidden

    def __call__(self, x: Array) -> Array:
        x = x + Attention(self.heads)(hk.RMSNorm(-1, name="attention_norm")(x))
        return x + FeedForward(self.hidden)(hk.RMSNorm(-1, name="mlp_norm")(x))


def forward(
    tokens: Array,
    layers: int = 32,
    width: int = 4096,
    heads: int = 32,
    hidden: int = 11008,
    vocabulary: int = 32000,
) -> Array:
    x = hk.Embed(vocabulary, width)(tokens)
    x = hk.experimental.layer_stack(layers)(lambda x: Layer(heads, hidden)(x))(x)
    return hk.Linear(vocabulary, with_bias=False, name="head")(hk.RMSNorm(-1, name="norm")(x))


def make() -> paramrules.Inventory:
    return paramrules.inventory(hk.transform(forward), inputs=jax.ShapeDtypeStruct((1, 64), "int32"))
