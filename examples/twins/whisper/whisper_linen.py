"""Whisper small in linen, encoder and decoder each in one `nn.scan` of rematerialised layers."""

import jax
import jax.numpy as jnp
from flax import linen as nn
from jax import Array

import paramrules


class Attention(nn.Module):
    """Keys have no bias."""

    heads: int

    @nn.compact
    def __call__(self, x: Array, y: Array, mask: Array | None = None) -> Array:
        width = x.shape[-1]
        shape = (self.heads, width // self.heads)
        q = nn.DenseGeneral(shape, name="query")(x)
        k = nn.DenseGeneral(shape, use_bias=False, name="key")(y)
        v = nn.DenseGeneral(shape, name="value")(y)
        return nn.DenseGeneral(width, axis=(-2, -1), name="out")(nn.dot_product_attention(q, k, v, mask=mask))


class Mlp(nn.Module):
    @nn.compact
    def __call__(self, x: Array) -> Array:
        return nn.Dense(x.shape[-1], name="down")(nn.gelu(nn.Dense(4 * x.shape[-1], name="up")(x)))


class EncoderLayer(nn.Module):
    heads: int

    @nn.compact
    def __call__(self, x: Array) -> tuple[Array, None]:
        h = nn.LayerNorm(name="attention_norm")(x)
        x = x + Attention(self.heads, name="attention")(h, h)
        return x + Mlp(name="mlp")(nn.LayerNorm(name="mlp_norm")(x)), None


class DecoderLayer(nn.Module):
    heads: int

    @nn.compact
    def __call__(self, y: Array, encoded: Array, mask: Array) -> tuple[Array, None]:
        h = nn.LayerNorm(name="attention_norm")(y)
        y = y + Attention(self.heads, name="attention")(h, h, mask)
        h = nn.LayerNorm(name="cross_norm")(y)
        y = y + Attention(self.heads, name="cross")(h, encoded)
        return y + Mlp(name="mlp")(nn.LayerNorm(name="mlp_norm")(y)), None


def sinusoids(length: int, width: int) -> Array:
    rates = jnp.exp(-jnp.log(10000.0) * jnp.arange(width // 2) / (width // 2 - 1))
    angles = jnp.arange(length)[:, None] * rates
    return jnp.concatenate([jnp.sin(angles), jnp.cos(angles)], axis=1)


class Encoder(nn.Module):
    layers: int
    heads: int
    width: int

    @nn.compact
    def __call__(self, spectrogram: Array) -> Array:
        x = nn.gelu(nn.Conv(self.width, (3,), name="conv_1")(spectrogram))
        x = nn.gelu(nn.Conv(self.width, (3,), strides=2, name="conv_2")(x))
        x = x + sinusoids(x.shape[1], self.width)
        layer = nn.scan(
            nn.remat(EncoderLayer),
            variable_axes={"params": 0},
            split_rngs={"params": True},
            length=self.layers,
        )
        x, _ = layer(self.heads, name="layers")(x)
        return nn.LayerNorm(name="norm")(x)


class Decoder(nn.Module):
    layers: int
    heads: int
    width: int
    vocabulary: int
    length: int

    @nn.compact
    def __call__(self, tokens: Array, encoded: Array) -> Array:
        table = nn.Embed(self.vocabulary, self.width, name="tokens")
        places = self.param("positions", nn.initializers.normal(0.02), (self.length, self.width))
        y, mask = table(tokens) + places[: tokens.shape[1]], nn.make_causal_mask(tokens)
        layer = nn.scan(
            nn.remat(DecoderLayer),
            variable_axes={"params": 0},
            split_rngs={"params": True},
            in_axes=nn.broadcast,
            length=self.layers,
        )
        y, _ = layer(self.heads, name="layers")(y, encoded, mask)
        return table.attend(nn.LayerNorm(name="norm")(y))


class Whisper(nn.Module):
    layers: int = 12
    heads: int = 12
    width: int = 768
    vocabulary: int = 51865
    length: int = 448

    @nn.compact
    def __call__(self, spectrogram: Array, tokens: Array) -> Array:
        encoded = Encoder(self.layers, self.heads, self.width, name="encoder")(spectrogram)
        decoder = Decoder(self.layers, self.heads, self.width, self.vocabulary, self.length, name="decoder")
        return decoder(tokens, encoded)


def make() -> paramrules.Inventory:
    spectrogram = jax.ShapeDtypeStruct((1, 3000, 80), "float32")
    return paramrules.inventory(Whisper(), inputs=(spectrogram, jax.ShapeDtypeStruct((1, 448), "int32")))
