"""A small transformer of linen, its layers one by one or scanned, and gradients in its shape."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
from flax import linen as nn

LAYERS, WIDTH, HEADS, WORDS = 2, 8, 2, 16

RULES = r"""
let block = name ~ ^(layers\.|layer_)(?<i>\d+)\.
let norm  = leaf == "scale" or name ~ (^|\.)norm

[decay]
no_decay: ndim <= 1 or norm or leaf == "bias" -> weight_decay = 0
less:     leaf == "embedding" -> weight_decay_scale = 0.5
decay:    else

[lr]
block_{i}: block -> lr_scale = 0.7 ** (count(block) - i)
stem:      leaf == "embedding" -> lr_scale = 0.7 ** (count(block) + 1)
head:      else
"""


class Layer(nn.Module):
    """With a carry and an output, as a scan wants them."""

    @nn.compact
    def __call__(self, x: jax.Array, _: None = None) -> tuple[jax.Array, None]:
        x = x + nn.MultiHeadDotProductAttention(HEADS, name="attention")(nn.LayerNorm(name="norm1")(x))
        h = nn.gelu(nn.Dense(2 * WIDTH, name="up")(nn.LayerNorm(name="norm2")(x)))
        return x + nn.Dense(WIDTH, name="down")(h), None


class Transformer(nn.Module):
    """A causal model of `WORDS` words."""

    scanned: bool = False

    @nn.compact
    def __call__(self, words: jax.Array) -> jax.Array:
        x = nn.Embed(WORDS, WIDTH, name="embed")(words)
        if self.scanned:
            both: dict[str, Any] = {"variable_axes": {"params": 0}, "split_rngs": {"params": True}}
            x, _ = nn.scan(Layer, length=LAYERS, **both)(name="layers")(x, None)
        else:
            for number in range(LAYERS):
                x, _ = Layer(name=f"layer_{number}")(x)
        return nn.Dense(WORDS, name="head")(nn.LayerNorm(name="norm")(x))


def batches(count: int) -> list[np.ndarray[Any, Any]]:
    """Rows of words in which each is the one before plus one or two."""
    random = np.random.default_rng(0)
    return [np.cumsum(random.integers(1, 3, (4, 12)), axis=1) % WORDS for _ in range(count)]


def loss(module: nn.Module, params: Any, words: Any) -> jax.Array:
    """The cross-entropy of the next word."""
    logits = module.apply({"params": params}, words[:, :-1])
    return optax.softmax_cross_entropy_with_integer_labels(logits, words[:, 1:]).mean()


def initialised(module: Transformer) -> Any:
    """Parameters to start from."""
    return jax.jit(module.init)(jax.random.key(0), jnp.zeros((1, 4), jnp.int32))["params"]


def unrolled(stacked: Any) -> Any:
    """A scanned model's tree as that of the unrolled one."""
    layers = {f"layer_{n}": jax.tree.map(lambda leaf, n=n: leaf[n], stacked["layers"]) for n in range(LAYERS)}
    return layers | {name: tree for name, tree in stacked.items() if name != "layers"}


def random_gradients(steps: int) -> tuple[Any, list[Any]]:
    """Return parameters of the unrolled model, one of each shape and part, and `steps` gradients.

    Optimizers do not ask where gradients come from. As in a real model, words that do not occur have none.
    """
    layer = {
        "norm1": {"scale": (WIDTH,), "bias": (WIDTH,)},
        "attention": {"out": {"kernel": (HEADS, WIDTH // HEADS, WIDTH)}},
        "up": {"kernel": (WIDTH, 2 * WIDTH), "bias": (2 * WIDTH,)},
    }
    shapes: Any = {f"layer_{number}": layer for number in range(LAYERS)} | {
        "embed": {"embedding": (WORDS, WIDTH)},
        "norm": {"scale": (WIDTH,)},
        "head": {"kernel": (WIDTH, WORDS), "bias": (WORDS,)},
    }
    random = np.random.default_rng(0)

    def tree() -> Any:
        def draw(shape: tuple[int, ...]) -> Any:
            return jnp.asarray(random.normal(scale=0.3, size=shape), jnp.float32)

        return jax.tree.map(draw, shapes, is_leaf=lambda shape: isinstance(shape, tuple))

    params, *gradients = (tree() for _ in range(steps + 1))
    for gradient in gradients:
        gradient["embed"]["embedding"] = gradient["embed"]["embedding"].at[::3].set(0)
    return params, gradients
