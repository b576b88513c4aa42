"""GPT-2 in linen, all blocks in one `nn.scan`; `make_unrolled` has a module a block."""

import jax
import jax.numpy as jnp
from flax import linen as nn
from jax import Array

import paramrules


class Block(nn.Module):
    heads: int

    @nn.compact
    def __call__(self, x: Array, mask: Array) -> tuple[Array, None]:
        width = x.shape[-1]
        h = nn.LayerNorm(epsilon=1e-5, name="norm_1")(x)
        x = x + nn.MultiHeadDotProductAttention(self.heads, name="attention")(h, mask=mask)
        h = nn.LayerNorm(epsilon=1e-5, name="norm_2")(x)
        h = nn.gelu(nn.Dense(4 * width, name="up")(h))
        return x + nn.Dense(width, name="down")(h), None


class GPT2(nn.Module):
    layers: int = 12
    width: int = 768
    heads: int = 12
    vocabulary: int = 50257
    length: int = 1024
    scan: bool = True

    @nn.compact
    def __call__(self, tokens: Array) -> Array:
        embed = nn.Embed(self.vocabulary, self.width, name="embed")
        places = nn.Embed(self.length, self.width, name="positions")(jnp.arange(tokens.shape[-1]))
        x, mask = embed(tokens) + places, nn.make_causal_mask(tokens)
        if self.scan:
            blocks = nn.scan(
                Block,
                variable_axes={"params": 0},
                split_rngs={"params": True},
                in_axes=nn.broadcast,
                length=self.layers,
            )
            x, _ = blocks(self.heads, name="blocks")(x, mask)
        else:
            for number in range(self.layers):
                x, _ = Block(self.heads, name=f"block_{number}")(x, mask)
        return embed.attend(nn.LayerNorm(epsilon=1e-5, name="norm")(x))


TOKENS = jax.ShapeDtypeStruct((1, 1024), "int32")


def make() -> paramrules.Inventory:
    return paramrules.inventory(GPT2(), inputs=TOKENS)


def make_unrolled() -> paramrules.Inventory:
    return paramrules.inventory(GPT2(scan=False), inputs=TOKENS)
