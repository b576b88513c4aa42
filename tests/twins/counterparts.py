"""Models of the golden files as users of linen, Equinox and haiku write them, layers named their own way."""

import equinox as eqx
import haiku as hk
import jax
import jax.numpy as jnp
from flax import linen as nn

IDS = jax.ShapeDtypeStruct((1, 8), "int32")
IMAGE = jax.ShapeDtypeStruct((1, 224, 224, 3), "float32")


class GptAttention(nn.Module):
    @nn.compact
    def __call__(self, x):
        q, k, v = jnp.split(nn.Dense(3 * x.shape[-1])(x), 3, -1)
        return nn.Dense(x.shape[-1])(q * k * v)


class GptMlp(nn.Module):
    @nn.compact
    def __call__(self, x):
        h = nn.gelu(nn.Dense(4 * x.shape[-1])(x))
        return nn.Dense(x.shape[-1])(h)


class GptBlock(nn.Module):
    @nn.compact
    def __call__(self, x):
        x = x + GptAttention(name="attention")(nn.LayerNorm()(x))
        return x + GptMlp(name="mlp")(nn.LayerNorm()(x))


class Gpt2(nn.Module):
    """linen's own names for nearly everything."""

    @nn.compact
    def __call__(self, ids):
        table = nn.Embed(50257, 768, name="tok_embed")
        x = table(ids) + nn.Embed(1024, 768, name="pos_embed")(jnp.arange(8))
        for i in range(12):
            x = GptBlock(name=f"block_{i}")(x)
        return table.attend(nn.LayerNorm(name="final_norm")(x))


class FlatGpt2(nn.Module):
    """Everything in one module, attention of three matrices."""

    @nn.compact
    def __call__(self, ids):
        table = nn.Embed(50257, 768, name="tok_embed")
        positions = self.param("positions", nn.initializers.zeros, (1024, 768))
        x = table(ids) + positions[: ids.shape[1]]
        for i in range(12):
            h = nn.LayerNorm(name=f"norm_attn_{i}")(x)
            x = x + nn.MultiHeadDotProductAttention(12, name=f"attn_{i}")(h)
            h = nn.Dense(3072, name=f"up_{i}")(nn.LayerNorm(name=f"norm_mlp_{i}")(x))
            x = x + nn.Dense(768, name=f"down_{i}")(nn.gelu(h))
        return table.attend(nn.LayerNorm(name="final_norm")(x))


class T5Attention(nn.Module):
    @nn.compact
    def __call__(self, x, y):
        query, key, value = (nn.Dense(512, use_bias=False, name=n) for n in ("query", "key", "value"))
        return nn.Dense(512, use_bias=False, name="out")(query(x) + key(y) + value(y))


class T5Mlp(nn.Module):
    @nn.compact
    def __call__(self, x):
        return nn.Dense(512, use_bias=False, name="wo")(nn.relu(nn.Dense(2048, use_bias=False, name="wi")(x)))


class T5Layer(nn.Module):
    crossed: bool

    @nn.compact
    def __call__(self, x, y):
        own = "self_" if self.crossed else ""
        h = nn.RMSNorm(name=f"pre_{own}attention_layer_norm")(x)
        x = x + T5Attention(name=f"{own}attention")(h, h)
        if self.crossed:
            h = nn.RMSNorm(name="pre_cross_attention_layer_norm")(x)
            x = x + T5Attention(name="encoder_decoder_attention")(h, y)
        return x + T5Mlp(name="mlp")(nn.RMSNorm(name="pre_mlp_layer_norm")(x))


class Relative(nn.Module):
    @nn.compact
    def __call__(self):
        return self.param("rel_embedding", nn.initializers.zeros, (8, 32))


class T5Stack(nn.Module):
    kind: str

    @nn.compact
    def __call__(self, x, y):
        Relative(name="relpos_bias")()
        for i in range(6):
            x = T5Layer(self.kind == "decoder", name=f"layers_{i}")(x, y)
        return nn.RMSNorm(name=f"{self.kind}_norm")(x)


class T5(nn.Module):
    """The names of t5x."""

    @nn.compact
    def __call__(self, ids):
        table = nn.Embed(32128, 512, name="token_embedder")
        y = T5Stack("encoder", name="encoder")(table(ids), None)
        return table.attend(T5Stack("decoder", name="decoder")(table(ids), y))


class VitBlock(nn.Module):
    @nn.compact
    def __call__(self, x):
        h = nn.LayerNorm()(x)
        x = x + nn.MultiHeadDotProductAttention(3)(h)
        return x + GptMlp(name="MlpBlock_3")(nn.LayerNorm()(x))


class Positions(nn.Module):
    @nn.compact
    def __call__(self, x):
        return x + self.param("pos_embedding", nn.initializers.zeros, (1, *x.shape[1:]))


class VitEncoder(nn.Module):
    @nn.compact
    def __call__(self, x):
        x = Positions(name="posembed_input")(x)
        for i in range(12):
            x = VitBlock(name=f"encoderblock_{i}")(x)
        return nn.LayerNorm(name="encoder_norm")(x)


class Vit(nn.Module):
    """The names of google-research/vision_transformer."""

    @nn.compact
    def __call__(self, images):
        x = nn.Conv(192, (16, 16), strides=16, name="embedding")(images).reshape(1, -1, 192)
        x = jnp.concatenate([self.param("cls", nn.initializers.zeros, (1, 1, 192)), x], axis=1)
        return nn.Dense(1000, name="head")(VitEncoder(name="Transformer")(x)[:, 0])


def linear(rows, columns):
    return eqx.nn.Linear(columns, rows, use_bias=False, key=jax.random.key(0))


class LlamaMlp(eqx.Module):
    gate: eqx.nn.Linear
    up: eqx.nn.Linear
    down: eqx.nn.Linear

    def __init__(self):
        self.gate, self.up, self.down = linear(128, 64), linear(128, 64), linear(64, 128)


class LlamaAttention(eqx.Module):
    wq: eqx.nn.Linear
    wk: eqx.nn.Linear
    wv: eqx.nn.Linear
    wo: eqx.nn.Linear

    def __init__(self):
        self.wq, self.wk, self.wv, self.wo = (linear(64, 64) for _ in range(4))


class LlamaLayer(eqx.Module):
    attention_norm: eqx.nn.RMSNorm
    attention: LlamaAttention
    ffn_norm: eqx.nn.RMSNorm
    mlp: LlamaMlp

    def __init__(self):
        self.attention_norm = eqx.nn.RMSNorm(64, use_bias=False)
        self.attention = LlamaAttention()
        self.ffn_norm = eqx.nn.RMSNorm(64, use_bias=False)
        self.mlp = LlamaMlp()


class Llama(eqx.Module):
    """Meta's names."""

    embed: eqx.nn.Embedding
    layers: list[LlamaLayer]
    norm: eqx.nn.RMSNorm
    head: eqx.nn.Linear

    def __init__(self):
        self.embed = eqx.nn.Embedding(256, 64, key=jax.random.key(0))
        self.layers = [LlamaLayer() for _ in range(4)]
        self.norm = eqx.nn.RMSNorm(64, use_bias=False)
        self.head = linear(256, 64)


def resnet50(images):
    """haiku's own."""
    return hk.nets.ResNet50(1000)(images, is_training=True)
