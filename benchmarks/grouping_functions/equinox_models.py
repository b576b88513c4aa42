"""A transformer in Equinox."""

import equinox as eqx
import jax


class Block(eqx.Module):
    norm_attention: eqx.nn.LayerNorm
    attention: eqx.nn.MultiheadAttention
    norm_mlp: eqx.nn.LayerNorm
    mlp: eqx.nn.MLP

    def __init__(self, width: int, key: jax.Array) -> None:
        keys = jax.random.split(key)
        self.norm_attention = eqx.nn.LayerNorm(width)
        self.attention = eqx.nn.MultiheadAttention(4, width, key=keys[0])
        self.norm_mlp = eqx.nn.LayerNorm(width)
        self.mlp = eqx.nn.MLP(width, width, 4 * width, 1, key=keys[1])


class Model(eqx.Module):
    embedding: eqx.nn.Embedding
    positions: jax.Array
    blocks: list[Block]
    norm: eqx.nn.LayerNorm
    head: eqx.nn.Linear

    def __init__(self, layers: int, width: int, key: jax.Array) -> None:
        first, last, place, *keys = jax.random.split(key, layers + 3)
        self.embedding = eqx.nn.Embedding(256, width, key=first)
        self.positions = jax.random.normal(place, (64, width))
        self.blocks = [Block(width, key) for key in keys]
        self.norm = eqx.nn.LayerNorm(width)
        self.head = eqx.nn.Linear(width, 256, key=last)
