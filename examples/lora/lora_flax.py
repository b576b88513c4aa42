"""A network with LoRA adapters in Flax NNX, trained with rates by lora.rules."""

from pathlib import Path

import jax
import numpy as np
import optax
import paramrules_optax
from flax import nnx
from jax import Array

import paramrules

RULES = Path(__file__).with_name("lora.rules")


class Attention(nnx.Module):
    def __init__(self, dim: int, rngs: nnx.Rngs) -> None:
        self.q_proj = nnx.LoRALinear(dim, dim, lora_rank=4, rngs=rngs)
        self.k_proj = nnx.Linear(dim, dim, rngs=rngs)
        self.v_proj = nnx.LoRALinear(dim, dim, lora_rank=4, rngs=rngs)

    def __call__(self, x: Array) -> Array:
        q, k, v = (proj(x)[:, :, None] for proj in (self.q_proj, self.k_proj, self.v_proj))
        return x + jax.nn.dot_product_attention(q, k, v, is_causal=True)[:, :, 0]


class Model(nnx.Module):
    def __init__(self, rngs: nnx.Rngs) -> None:
        self.tokens = nnx.Embed(16, 32, rngs=rngs)
        self.layers = nnx.List([Attention(32, rngs) for _ in range(2)])
        self.head = nnx.Linear(32, 16, rngs=rngs)

    def __call__(self, ids: Array) -> Array:
        x = self.tokens(ids)
        for layer in self.layers:
            x = layer(x)
        return self.head(x)


model = Model(nnx.Rngs(0))
groups = paramrules.assign(paramrules.load(RULES), model)
tx = paramrules_optax.build(model, groups, optax.adamw, learning_rate=2e-3)
optimizer = nnx.Optimizer(model, tx, wrt=nnx.Param)
labels = jax.tree.leaves(paramrules_optax.labels(model, groups))
before = jax.device_get(jax.tree.leaves(nnx.state(model, nnx.Param)))


def loss(model: Model, sequences: Array) -> Array:
    logits = model(sequences[:, :-1])
    return optax.softmax_cross_entropy_with_integer_labels(logits, sequences[:, 1:]).mean()


@nnx.jit
def train(model: Model, optimizer: nnx.Optimizer, sequences: Array) -> Array:
    value, grads = nnx.value_and_grad(loss)(model, sequences)
    optimizer.update(model, grads)
    return value


start = np.arange(256)[:, None]
sequences = (start + (1 + start % 3) * np.arange(12)) % 16  # 3 5 7 9 ...
losses = [float(train(model, optimizer, sequences)) for _ in range(80)]

for group in groups.groups:
    rate = "frozen" if group.settings.get("freeze") else f"lr={2e-3 * group.settings.get('lr_scale', 1):g}"
    print(group.label, len(group.parameters), "tensors", rate)
after = jax.device_get(jax.tree.leaves(nnx.state(model, nnx.Param)))
for label, old, new in zip(labels, before, after, strict=True):
    assert np.array_equal(old, new) == (label == "frozen")
assert losses[-1] < losses[0] - 0.2
print("the loss has gone down, and only the adapters have moved")
