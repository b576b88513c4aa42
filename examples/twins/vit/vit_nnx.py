"""ViT-B/16 in Flax NNX, as its users write one: q, k and v apart, blocks and layers in `nnx.Sequential`."""

import jax.numpy as jnp
from flax import nnx
from jax import Array


class EncoderBlock(nnx.Module):
    def __init__(self, width: int, heads: int, rngs: nnx.Rngs) -> None:
        self.norm_1 = nnx.LayerNorm(width, rngs=rngs)
        self.attention = nnx.MultiHeadAttention(heads, width, decode=False, rngs=rngs)
        self.norm_2 = nnx.LayerNorm(width, rngs=rngs)
        self.mlp = nnx.Sequential(
            nnx.Linear(width, 4 * width, rngs=rngs), nnx.gelu, nnx.Linear(4 * width, width, rngs=rngs)
        )

    def __call__(self, x: Array) -> Array:
        x = x + self.attention(self.norm_1(x))
        return x + self.mlp(self.norm_2(x))


class VisionTransformer(nnx.Module):
    def __init__(
        self,
        layers: int = 12,
        width: int = 768,
        heads: int = 12,
        size: int = 224,
        patch: int = 16,
        classes: int = 1000,
        *,
        rngs: nnx.Rngs,
    ) -> None:
        init = nnx.initializers.truncated_normal(0.02)
        self.patch_embedding = nnx.Conv(3, width, (patch, patch), strides=(patch, patch), rngs=rngs)
        self.position_embedding = nnx.Param(init(rngs.params(), (1, (size // patch) ** 2 + 1, width)))
        self.class_token = nnx.Param(jnp.zeros((1, 1, width)))
        self.encoder = nnx.Sequential(*(EncoderBlock(width, heads, rngs) for _ in range(layers)))
        self.final_norm = nnx.LayerNorm(width, rngs=rngs)
        self.classifier = nnx.Linear(width, classes, rngs=rngs)

    def __call__(self, images: Array) -> Array:
        x = self.patch_embedding(images).reshape(len(images), -1, self.class_token.shape[-1])
        token = jnp.broadcast_to(self.class_token[...], (len(x), 1, x.shape[-1]))
        x = jnp.concatenate([token, x], axis=1) + self.position_embedding[...]
        return self.classifier(self.final_norm(self.encoder(x))[:, 0])


def make() -> VisionTransformer:
    return VisionTransformer(rngs=nnx.Rngs(0))
