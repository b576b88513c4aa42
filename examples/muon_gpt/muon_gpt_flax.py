"""The GPT of muon_gpt_torch.py in Flax NNX: PyTorch's Muon and `optax.adamw` by the same rules."""

from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import optax
import paramrules_optax
from flax import nnx
from jax import Array

import paramrules

RULES = Path(__file__).with_name("muon_gpt.rules")


class Block(nnx.Module):
    def __init__(self, dim: int, heads: int, rngs: nnx.Rngs) -> None:
        self.heads = heads
        self.norm1 = nnx.LayerNorm(dim, rngs=rngs)
        self.qkv = nnx.Linear(dim, 3 * dim, rngs=rngs)
        self.proj = nnx.Linear(dim, dim, rngs=rngs)
        self.norm2 = nnx.LayerNorm(dim, rngs=rngs)
        self.fc1 = nnx.Linear(dim, 4 * dim, rngs=rngs)
        self.fc2 = nnx.Linear(4 * dim, dim, rngs=rngs)

    def __call__(self, x: Array) -> Array:
        b, n, d = x.shape
        q, k, v = jnp.moveaxis(self.qkv(self.norm1(x)).reshape(b, n, 3, self.heads, d // self.heads), 2, 0)
        mixed = jax.nn.dot_product_attention(q, k, v, is_causal=True)
        x = x + self.proj(mixed.reshape(b, n, d))
        return x + self.fc2(nnx.gelu(self.fc1(self.norm2(x))))


class GPT(nnx.Module):
    def __init__(self, vocabulary: int = 16, length: int = 12, dim: int = 32, depth: int = 2, heads: int = 2):
        rngs = nnx.Rngs(0)
        self.tokens = nnx.Embed(vocabulary, dim, rngs=rngs)
        self.positions = nnx.Embed(length, dim, rngs=rngs)
        self.blocks = nnx.List([Block(dim, heads, rngs) for _ in range(depth)])
        self.norm = nnx.LayerNorm(dim, rngs=rngs)
        self.head = nnx.Linear(dim, vocabulary, use_bias=False, rngs=rngs)

    def __call__(self, ids: Array) -> Array:
        x = self.tokens(ids) + self.positions(jnp.arange(ids.shape[1]))
        for block in self.blocks:
            x = block(x)
        return self.head(self.norm(x))


model = GPT()
optimizers = {"muon": paramrules_optax.pytorch.muon, "adamw": optax.adamw}
groups = paramrules.assign(paramrules.load(RULES), model)
tx = paramrules_optax.build(model, groups, optimizers, learning_rate=3e-3, weight_decay=0.1)
optimizer = nnx.Optimizer(model, tx, wrt=nnx.Param)

for group in groups.groups:
    print(f"{group.label:14} {len(group.parameters):2} tensors  lr={group.settings.get('lr', 3e-3):g}")


def loss(model: GPT, sequences: Array) -> Array:
    logits = model(sequences[:, :-1])
    return optax.softmax_cross_entropy_with_integer_labels(logits, sequences[:, 1:]).mean()


@nnx.jit
def train(model: GPT, optimizer: nnx.Optimizer, sequences: Array) -> Array:
    value, grads = nnx.value_and_grad(loss)(model, sequences)
    optimizer.update(model, grads)
    return value


before = jax.device_get(model.blocks[0].fc1.kernel[...])
losses = []
random = np.random.default_rng(0)
for step in range(80):
    start, stride = random.integers(16, size=(32, 1)), random.integers(1, 4, size=(32, 1))
    sequences = (start + stride * np.arange(13)) % 16  # 3 5 7 9 ...: go on counting
    losses.append(float(train(model, optimizer, sequences)))

    if (
        step == 0
    ):  # Muon moves a matrix by its rate times an orthogonal one, and sqrt(outputs / inputs) if it widens
        moved = jax.device_get(model.blocks[0].fc1.kernel[...]) - before * (1 - 0.02 * 0.1)
        singular = np.linalg.svd(moved / (0.02 * 2), compute_uv=False)
        upper = singular[:16]  # what has hardly a gradient is not blown up in so few iterations
        assert 0.6 < upper.min() <= upper.max() < 1.3
        print("a step of Muon is the same in all of the gradient's main directions")

assert losses[-1] < losses[0] / 2
print("the loss has halved")
