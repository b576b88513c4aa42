"""A small vision transformer in Flax NNX; `vit_torch.py` is the same one in PyTorch."""

import jax
import jax.numpy as jnp
from flax import nnx
from jax import Array


class Attention(nnx.Module):
    def __init__(self, dim: int, heads: int, rngs: nnx.Rngs) -> None:
        self.heads = heads
        self.qkv = nnx.Linear(dim, 3 * dim, rngs=rngs)
        self.proj = nnx.Linear(dim, dim, rngs=rngs)

    def __call__(self, x: Array) -> Array:
        b, n, d = x.shape
        q, k, v = jnp.moveaxis(self.qkv(x).reshape(b, n, 3, self.heads, d // self.heads), 2, 0)
        return self.proj(jax.nn.dot_product_attention(q, k, v).reshape(b, n, d))


class Mlp(nnx.Module):
    def __init__(self, dim: int, rngs: nnx.Rngs) -> None:
        self.fc1 = nnx.Linear(dim, 4 * dim, rngs=rngs)
        self.fc2 = nnx.Linear(4 * dim, dim, rngs=rngs)

    def __call__(self, x: Array) -> Array:
        return self.fc2(nnx.gelu(self.fc1(x)))


class Block(nnx.Module):
    def __init__(self, dim: int, heads: int, rngs: nnx.Rngs) -> None:
        self.norm1 = nnx.LayerNorm(dim, rngs=rngs)
        self.attn = Attention(dim, heads, rngs)
        self.norm2 = nnx.LayerNorm(dim, rngs=rngs)
        self.mlp = Mlp(dim, rngs)

    def __call__(self, x: Array) -> Array:
        x = x + self.attn(self.norm1(x))
        return x + self.mlp(self.norm2(x))


class ViT(nnx.Module):
    def __init__(
        self,
        dim: int = 192,
        depth: int = 4,
        heads: int = 3,
        size: int = 32,
        patch: int = 4,
        classes: int = 10,
        seed: int = 0,
    ) -> None:
        rngs = nnx.Rngs(seed)
        self.cls_token = nnx.Param(jnp.zeros((1, 1, dim)))
        self.pos_embed = nnx.Param(jnp.zeros((1, 1 + (size // patch) ** 2, dim)))
        self.patch_embed = nnx.Conv(3, dim, (patch, patch), strides=(patch, patch), rngs=rngs)
        self.blocks = nnx.List([Block(dim, heads, rngs) for _ in range(depth)])
        self.norm = nnx.LayerNorm(dim, rngs=rngs)
        self.head = nnx.Linear(dim, classes, rngs=rngs)

    def __call__(self, images: Array) -> Array:
        x = self.patch_embed(images).reshape(len(images), -1, self.cls_token.shape[-1])
        cls_token = jnp.broadcast_to(self.cls_token[...], (len(x), 1, x.shape[-1]))
        x = jnp.concatenate([cls_token, x], axis=1) + self.pos_embed
        for block in self.blocks:
            x = block(x)
        return self.head(self.norm(x)[:, 0])
