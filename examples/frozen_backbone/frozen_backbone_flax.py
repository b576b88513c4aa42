"""The classifier of frozen_backbone_torch.py in linen, trained by the same rules."""

from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import optax
import paramrules_optax
from flax import linen as nn
from flax.training.train_state import TrainState
from flax.traverse_util import flatten_dict
from jax import Array

import paramrules

RULES = Path(__file__).with_name("frozen_backbone.rules")
LR = 1e-3


class Backbone(nn.Module):
    def setup(self) -> None:
        self.stem = nn.Conv(16, (3, 3))
        self.blocks = [nn.Conv(16, (3, 3)) for _ in range(3)]
        self.norm = nn.GroupNorm(4)

    def __call__(self, x: Array) -> Array:
        x = self.stem(x)
        for block in self.blocks:
            x = x + block(nn.gelu(x))
        return self.norm(x).max((1, 2))


class Classifier(nn.Module):
    def setup(self) -> None:
        self.backbone = Backbone()
        self.head = nn.Dense(5)

    def __call__(self, x: Array) -> Array:
        return self.head(self.backbone(x))


model = Classifier()
image = jax.ShapeDtypeStruct((1, 8, 8, 3), jnp.float32)
params = model.init(jax.random.key(0), jnp.zeros(image.shape))["params"]
described = paramrules.inventory(model, inputs=image)
tx = paramrules_optax.build(params, RULES, optax.adamw, learning_rate=LR, weight_decay=0.0, model=described)
state = TrainState.create(apply_fn=model.apply, params=params, tx=tx)


@jax.jit
def train(state: TrainState, images: Array, classes: Array) -> tuple[TrainState, Array]:
    def loss(params: dict) -> Array:
        logits = state.apply_fn({"params": params}, images)
        return optax.softmax_cross_entropy_with_integer_labels(logits, classes).mean()

    value, grads = jax.value_and_grad(loss)(state.params)
    return state.apply_gradients(grads=grads), value


random = np.random.default_rng(0)
patterns = random.normal(size=(5, 8, 8, 3))  # a class is a pattern, an image a pattern with noise
before, losses = flatten_dict(jax.device_get(params), sep="."), []
for step in range(60):
    classes = random.integers(5, size=32)
    images = patterns[classes] + 0.3 * random.normal(size=(32, 8, 8, 3))
    state, value = train(state, images, classes)
    losses.append(float(value))

    if step == 0:  # Adam's first step moves every weight by its learning rate
        for name, array in flatten_dict(jax.device_get(state.params), sep=".").items():
            moved = np.median(np.abs(array - before[name])) / LR
            print(f"{name:24} moved by {moved:2.0f} learning rates")

for name, array in flatten_dict(jax.device_get(state.params), sep=".").items():
    learns = name.startswith(("head", "backbone.blocks_2"))
    assert np.array_equal(array, before[name]) == (not learns)
moments = [leaf for leaf in jax.tree.leaves(state.opt_state) if leaf.ndim]
print(f"{len(moments)} arrays of state for {len(before)} parameters")
assert losses[-1] < losses[0] / 2
print("the loss has halved, and what is frozen has not moved by a bit")
