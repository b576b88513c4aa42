"""Models in linen: big_vision's ViT and two towers, and a GPT, with the names that their users give."""

import jax.numpy as jnp
from flax import linen as nn


class MlpBlock(nn.Module):
    @nn.compact
    def __call__(self, x):
        return nn.Dense(x.shape[-1])(nn.gelu(nn.Dense(4 * x.shape[-1])(x)))


class Encoder1DBlock(nn.Module):
    @nn.compact
    def __call__(self, x):
        x = x + nn.MultiHeadDotProductAttention(4)(nn.LayerNorm()(x))
        return x + MlpBlock()(nn.LayerNorm()(x))


class Encoder(nn.Module):
    depth: int

    @nn.compact
    def __call__(self, x):
        for layer in range(self.depth):
            x = Encoder1DBlock(name=f"encoderblock_{layer}")(x)
        return nn.LayerNorm(name="encoder_norm")(x)


class Vit(nn.Module):
    depth: int
    width: int

    @nn.compact
    def __call__(self, image):
        x = nn.Conv(self.width, (8, 8), strides=(8, 8), name="embedding")(image)
        x = x.reshape(len(x), -1, self.width)
        x = x + self.param("pos_embedding", nn.initializers.normal(), (1, x.shape[1], self.width))
        token = self.param("cls", nn.initializers.zeros, (1, 1, self.width))
        x = jnp.concatenate([jnp.tile(token, (len(x), 1, 1)), x], 1)
        x = Encoder(self.depth, name="Transformer")(x)
        return nn.Dense(100, name="head")(x[:, 0])


class TextTower(nn.Module):
    depth: int
    width: int

    @nn.compact
    def __call__(self, ids):
        x = nn.Embed(256, self.width)(ids)
        x = x + self.param("pos_embedding", nn.initializers.normal(), (1, ids.shape[1], self.width))
        x = Encoder(self.depth, name="Encoder_0")(x)
        return nn.Dense(self.width, name="head")(x[:, -1])


class TwoTowers(nn.Module):
    depth: int
    width: int

    @nn.compact
    def __call__(self, image, ids):
        z_image = Vit(self.depth, self.width, name="img")(image)
        z_text = TextTower(self.depth, self.width, name="txt")(ids)
        t = self.param("t", nn.initializers.ones, (1,))
        b = self.param("b", nn.initializers.zeros, (1,))
        return z_image.mean() * z_text.mean() * t + b


class GptBlock(nn.Module):
    @nn.compact
    def __call__(self, x):
        x = x + nn.Dense(x.shape[-1], name="attn_proj")(nn.LayerNorm(name="ln_1")(x))
        return x + MlpBlock(name="mlp")(nn.LayerNorm(name="ln_2")(x))


class Gpt(nn.Module):
    depth: int
    width: int

    @nn.compact
    def __call__(self, ids):
        table = nn.Embed(256, self.width, name="wte")
        x = table(ids) + nn.Embed(64, self.width, name="wpe")(jnp.arange(ids.shape[1]))
        for layer in range(self.depth):
            x = GptBlock(name=f"h_{layer}")(x)
        return table.attend(nn.LayerNorm(name="ln_f")(x))
