"""BERT base in Equinox, as its users write one; `eqx.nn.Shared` ties the head to the embedding."""

import equinox as eqx
import jax
import jax.numpy as jnp
from jax import Array


class Layer(eqx.Module):
    attention: eqx.nn.MultiheadAttention
    attention_norm: eqx.nn.LayerNorm
    up: eqx.nn.Linear
    down: eqx.nn.Linear
    mlp_norm: eqx.nn.LayerNorm

    def __init__(self, width: int, heads: int, key: Array) -> None:
        keys = jax.random.split(key, 3)
        self.attention = eqx.nn.MultiheadAttention(
            heads,
            width,
            use_query_bias=True,
            use_key_bias=True,
            use_value_bias=True,
            use_output_bias=True,
            key=keys[0],
        )
        self.attention_norm = eqx.nn.LayerNorm(width)
        self.up = eqx.nn.Linear(width, 4 * width, key=keys[1])
        self.down = eqx.nn.Linear(4 * width, width, key=keys[2])
        self.mlp_norm = eqx.nn.LayerNorm(width)

    def __call__(self, x: Array) -> Array:
        x = jax.vmap(self.attention_norm)(x + self.attention(x, x, x))
        h = jax.vmap(self.down)(jax.nn.gelu(jax.vmap(self.up)(x)))
        return jax.vmap(self.mlp_norm)(x + h)


class Embeddings(eqx.Module):
    words: eqx.nn.Embedding
    positions: eqx.nn.Embedding
    segments: eqx.nn.Embedding
    norm: eqx.nn.LayerNorm

    def __init__(self, vocabulary: int, length: int, width: int, key: Array) -> None:
        keys = jax.random.split(key, 3)
        self.words = eqx.nn.Embedding(vocabulary, width, key=keys[0])
        self.positions = eqx.nn.Embedding(length, width, key=keys[1])
        self.segments = eqx.nn.Embedding(2, width, key=keys[2])
        self.norm = eqx.nn.LayerNorm(width)

    def __call__(self, tokens: Array, segments: Array) -> Array:
        x = jax.vmap(self.words)(tokens) + jax.vmap(self.segments)(segments)
        return jax.vmap(self.norm)(x + jax.vmap(self.positions)(jnp.arange(len(tokens))))


class Head(eqx.Module):
    dense: eqx.nn.Linear
    norm: eqx.nn.LayerNorm
    decoder: eqx.nn.Linear

    def __init__(self, vocabulary: int, width: int, key: Array) -> None:
        keys = jax.random.split(key)
        self.dense = eqx.nn.Linear(width, width, key=keys[0])
        self.norm = eqx.nn.LayerNorm(width)
        self.decoder = eqx.nn.Linear(width, vocabulary, key=keys[1])

    def __call__(self, x: Array) -> Array:
        return self.decoder(self.norm(jax.nn.gelu(self.dense(x))))


class Bert(eqx.Module):
    shared: eqx.nn.Shared
    layers: list[Layer]

    def __init__(
        self,
        vocabulary: int = 30522,
        length: int = 512,
        width: int = 768,
        heads: int = 12,
        layers: int = 12,
        *,
        key: Array,
    ) -> None:
        first, last, *keys = jax.random.split(key, layers + 2)
        ends = Embeddings(vocabulary, length, width, first), Head(vocabulary, width, last)
        self.shared = eqx.nn.Shared(
            ends, where=lambda pair: pair[1].decoder.weight, get=lambda pair: pair[0].words.weight
        )
        self.layers = [Layer(width, heads, key) for key in keys]

    def __call__(self, tokens: Array, segments: Array) -> Array:
        embeddings, head = self.shared()
        x = embeddings(tokens, segments)
        for layer in self.layers:
            x = layer(x)
        return jax.vmap(head)(x)


def make() -> Bert:
    return Bert(key=jax.random.key(0))
