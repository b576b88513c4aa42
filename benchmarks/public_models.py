"""Two published models in linen, module by module as their authors nest them: BERT and a BiT ResNet.

They are written anew for `bench_optax.py`, because Flax's BERT has left transformers, and big_vision is no
package.
"""

import jax
import jax.numpy as jnp
from flax import linen as nn

WIDTH, HEADS, WORDS = 768, 12, 30_522
RESNET_50 = (3, 4, 6, 3)
"""The units of each stage."""


class Embeddings(nn.Module):
    """Words, positions and segments, added up."""

    def setup(self) -> None:
        self.word_embeddings = nn.Embed(WORDS, WIDTH)
        self.position_embeddings = nn.Embed(512, WIDTH)
        self.token_type_embeddings = nn.Embed(2, WIDTH)
        self.LayerNorm = nn.LayerNorm(1e-12)
        self.dropout = nn.Dropout(0.1)

    def __call__(self, ids: jax.Array, deterministic: bool) -> jax.Array:
        places = jnp.arange(ids.shape[-1])[None]
        x = self.word_embeddings(ids) + self.position_embeddings(places)
        x = self.LayerNorm(x + self.token_type_embeddings(jnp.zeros_like(ids)))
        return self.dropout(x, deterministic=deterministic)


class SelfAttention(nn.Module):
    """Attention without its output projection."""

    def setup(self) -> None:
        self.query, self.key, self.value = (nn.Dense(WIDTH) for _ in range(3))

    def __call__(self, x: jax.Array) -> jax.Array:
        apart = (*x.shape[:-1], HEADS, WIDTH // HEADS)
        query, key, value = (each(x).reshape(apart) for each in (self.query, self.key, self.value))
        return nn.dot_product_attention(query, key, value).reshape(x.shape)


class Output(nn.Module):
    """A projection, added to what goes past it."""

    def setup(self) -> None:
        self.dense = nn.Dense(WIDTH)
        self.LayerNorm = nn.LayerNorm(1e-12)
        self.dropout = nn.Dropout(0.1)

    def __call__(self, x: jax.Array, past: jax.Array, deterministic: bool) -> jax.Array:
        return self.LayerNorm(past + self.dropout(self.dense(x), deterministic=deterministic))


class Attention(nn.Module):
    """Attention and its output projection."""

    def setup(self) -> None:
        self.self = SelfAttention()
        self.output = Output()

    def __call__(self, x: jax.Array, deterministic: bool) -> jax.Array:
        return self.output(self.self(x), x, deterministic)


class Intermediate(nn.Module):
    """The wide layer."""

    def setup(self) -> None:
        self.dense = nn.Dense(4 * WIDTH)

    def __call__(self, x: jax.Array) -> jax.Array:
        return nn.gelu(self.dense(x), approximate=False)


class Layer(nn.Module):
    """One layer of BERT."""

    def setup(self) -> None:
        self.attention = Attention()
        self.intermediate = Intermediate()
        self.output = Output()

    def __call__(self, x: jax.Array, deterministic: bool) -> jax.Array:
        x = self.attention(x, deterministic)
        return self.output(self.intermediate(x), x, deterministic)


class Layers(nn.Module):
    """All layers, named by their numbers."""

    def setup(self) -> None:
        self.layers = [Layer(name=str(number)) for number in range(12)]

    def __call__(self, x: jax.Array, deterministic: bool) -> jax.Array:
        for layer in self.layers:
            x = layer(x, deterministic)
        return x


class Encoder(nn.Module):
    """The layers inside one more module."""

    def setup(self) -> None:
        self.layer = Layers()

    def __call__(self, x: jax.Array, deterministic: bool) -> jax.Array:
        return self.layer(x, deterministic)


class Pooler(nn.Module):
    """A projection of the first place."""

    def setup(self) -> None:
        self.dense = nn.Dense(WIDTH)

    def __call__(self, x: jax.Array) -> jax.Array:
        return nn.tanh(self.dense(x[:, 0]))


class Bert(nn.Module):
    """BERT-base with its pooler: 199 arrays, as in transformers' `FlaxBertModule`."""

    def setup(self) -> None:
        self.embeddings = Embeddings()
        self.encoder = Encoder()
        self.pooler = Pooler()

    def __call__(self, ids: jax.Array, deterministic: bool = True) -> tuple[jax.Array, jax.Array]:
        x = self.encoder(self.embeddings(ids, deterministic), deterministic)
        return x, self.pooler(x)


class StandardConv(nn.Conv):
    """A convolution whose kernel has mean 0 and variance 1 for each output."""

    def param(self, name: str, *arguments: object, **named: object) -> jax.Array:
        value: jax.Array = super().param(name, *arguments, **named)
        if name != "kernel":
            return value
        centered = value - value.mean((0, 1, 2))
        return centered / (centered.std((0, 1, 2)) + 1e-5)


class Unit(nn.Module):
    """Three convolutions beside a way past them."""

    middle: int
    strides: tuple[int, int] = (1, 1)

    @nn.compact
    def __call__(self, x: jax.Array) -> jax.Array:
        wide, past = 4 * self.middle, x
        if x.shape[-1] != wide or self.strides != (1, 1):
            past = StandardConv(wide, (1, 1), self.strides, use_bias=False, name="conv_proj")(x)
            past = nn.GroupNorm(name="gn_proj")(past)
        x = StandardConv(self.middle, (1, 1), use_bias=False, name="conv1")(x)
        x = nn.relu(nn.GroupNorm(name="gn1")(x))
        x = StandardConv(self.middle, (3, 3), self.strides, use_bias=False, name="conv2")(x)
        x = nn.relu(nn.GroupNorm(name="gn2")(x))
        x = StandardConv(wide, (1, 1), use_bias=False, name="conv3")(x)
        return nn.relu(past + nn.GroupNorm(name="gn3", scale_init=nn.initializers.zeros)(x))


class Stage(nn.Module):
    """Units of one width, the first with a stride."""

    units: int
    middle: int
    strides: tuple[int, int]

    @nn.compact
    def __call__(self, x: jax.Array) -> jax.Array:
        for number in range(1, self.units + 1):
            x = Unit(self.middle, self.strides if number == 1 else (1, 1), name=f"unit{number}")(x)
        return x


class BiT(nn.Module):
    """A ResNet with group norms and standardized kernels, as `bit.py` of big_vision nests it."""

    stages: tuple[int, ...]

    @nn.compact
    def __call__(self, image: jax.Array) -> jax.Array:
        x = StandardConv(64, (7, 7), (2, 2), use_bias=False, name="conv_root")(image)
        x = nn.max_pool(nn.relu(nn.GroupNorm(name="gn_root")(x)), (3, 3), (2, 2), "SAME")
        for number, units in enumerate(self.stages):
            strides = (2, 2) if number else (1, 1)
            x = Stage(units, 64 * 2**number, strides, name=f"block{number + 1}")(x)
        return nn.Dense(1000, name="head", kernel_init=nn.initializers.zeros)(x.mean((1, 2)))
