"""T5 base in linen: a module a layer, the relative positions once for all layers of a side."""

from functools import partial

import jax
import jax.numpy as jnp
from flax import linen as nn
from jax import Array

import paramrules


class RelativeBias(nn.Module):
    """A number for each head and each bucket of distances, which grow with the distance."""

    heads: int
    bidirectional: bool
    buckets: int = 32
    furthest: int = 128

    @nn.compact
    def __call__(self, queries: int, keys: int) -> Array:
        distance = jnp.arange(keys)[None, :] - jnp.arange(queries)[:, None]
        buckets = self.buckets // 2 if self.bidirectional else self.buckets
        side = jnp.where(distance > 0, buckets, 0) if self.bidirectional else 0
        distance = jnp.abs(distance) if self.bidirectional else jnp.maximum(-distance, 0)
        exact = buckets // 2
        scale = jnp.log(jnp.maximum(distance, 1) / exact) / jnp.log(self.furthest / exact)
        far = exact + (scale * (buckets - exact)).astype(int)
        bucket = side + jnp.where(distance < exact, distance, jnp.minimum(far, buckets - 1))
        table = self.param("rel_embedding", nn.initializers.normal(1.0), (self.heads, self.buckets))
        return table[:, bucket][None]


class Attention(nn.Module):
    heads: int

    @nn.compact
    def __call__(self, x: Array, y: Array, bias: Array | None = None, mask: Array | None = None) -> Array:
        dense = partial(nn.DenseGeneral, (self.heads, x.shape[-1] // self.heads), use_bias=False)
        q, k, v = dense(name="query")(x), dense(name="key")(y), dense(name="value")(y)
        mixed = nn.dot_product_attention(q, k, v, bias=bias, mask=mask)
        return nn.DenseGeneral(x.shape[-1], axis=(-2, -1), use_bias=False, name="out")(mixed)


class FeedForward(nn.Module):
    hidden: int

    @nn.compact
    def __call__(self, x: Array) -> Array:
        h = nn.relu(nn.Dense(self.hidden, use_bias=False, name="wi")(x))
        return nn.Dense(x.shape[-1], use_bias=False, name="wo")(h)


class EncoderLayer(nn.Module):
    heads: int
    hidden: int

    @nn.compact
    def __call__(self, x: Array, bias: Array) -> Array:
        h = nn.RMSNorm(name="pre_attention_layer_norm")(x)
        x = x + Attention(self.heads, name="attention")(h, h, bias)
        h = nn.RMSNorm(name="pre_mlp_layer_norm")(x)
        return x + FeedForward(self.hidden, name="mlp")(h)


class DecoderLayer(nn.Module):
    heads: int
    hidden: int

    @nn.compact
    def __call__(self, y: Array, encoded: Array, bias: Array, mask: Array) -> Array:
        h = nn.RMSNorm(name="pre_self_attention_layer_norm")(y)
        y = y + Attention(self.heads, name="self_attention")(h, h, bias, mask)
        h = nn.RMSNorm(name="pre_cross_attention_layer_norm")(y)
        y = y + Attention(self.heads, name="encoder_decoder_attention")(h, encoded)
        h = nn.RMSNorm(name="pre_mlp_layer_norm")(y)
        return y + FeedForward(self.hidden, name="mlp")(h)


class Encoder(nn.Module):
    layers: int
    heads: int
    hidden: int

    @nn.compact
    def __call__(self, x: Array) -> Array:
        length = x.shape[1]
        bias = RelativeBias(self.heads, bidirectional=True, name="relpos_bias")(length, length)
        for number in range(self.layers):
            x = EncoderLayer(self.heads, self.hidden, name=f"layers_{number}")(x, bias)
        return nn.RMSNorm(name="encoder_norm")(x)


class Decoder(nn.Module):
    layers: int
    heads: int
    hidden: int

    @nn.compact
    def __call__(self, y: Array, encoded: Array) -> Array:
        length = y.shape[1]
        bias = RelativeBias(self.heads, bidirectional=False, name="relpos_bias")(length, length)
        mask = nn.make_causal_mask(y[..., 0])
        for number in range(self.layers):
            y = DecoderLayer(self.heads, self.hidden, name=f"layers_{number}")(y, encoded, bias, mask)
        return nn.RMSNorm(name="decoder_norm")(y)


class T5(nn.Module):
    layers: int = 12
    width: int = 768
    heads: int = 12
    hidden: int = 3072
    vocabulary: int = 32128

    @nn.compact
    def __call__(self, inputs: Array, targets: Array) -> Array:
        table = nn.Embed(self.vocabulary, self.width, name="token_embedder")
        encoded = Encoder(self.layers, self.heads, self.hidden, name="encoder")(table(inputs))
        decoded = Decoder(self.layers, self.heads, self.hidden, name="decoder")(table(targets), encoded)
        return table.attend(decoded * self.width**-0.5)


def make() -> paramrules.Inventory:
    tokens = jax.ShapeDtypeStruct((1, 512), "int32")
    return paramrules.inventory(T5(), inputs=(tokens, tokens))
