"""Trains the model of vit_flax.py by vit.rules, and shows that each block moves at its own rate."""

from pathlib import Path

import jax
import numpy as np
import optax
import paramrules_optax
from flax import nnx
from vit_flax import ViT

import paramrules

RULES = Path(__file__).with_name("vit.rules")
LR = 1e-3

model = ViT(dim=32, depth=4, heads=2, size=16)
groups = paramrules.assign(paramrules.load(RULES), model)
tx = paramrules_optax.build(model, groups, optax.adamw, learning_rate=LR, weight_decay=0.05)
optimizer = nnx.Optimizer(model, tx, wrt=nnx.Param)
labels = jax.tree.leaves(paramrules_optax.labels(model, groups))
before = jax.device_get(jax.tree.leaves(nnx.state(model, nnx.Param)))


def loss(model: ViT, images: jax.Array, classes: jax.Array) -> jax.Array:
    return optax.softmax_cross_entropy_with_integer_labels(model(images), classes).mean()


@nnx.jit
def train(model: ViT, optimizer: nnx.Optimizer, images: jax.Array, classes: jax.Array) -> jax.Array:
    value, grads = nnx.value_and_grad(loss)(model, images, classes)
    optimizer.update(model, grads)
    return value


random = np.random.default_rng(0)
patterns = random.normal(size=(10, 16, 16, 3))  # a class is a pattern, an image a pattern with noise
losses = []
for step in range(30):
    classes = random.integers(10, size=32)
    images = patterns[classes] + 0.5 * random.normal(size=(32, 16, 16, 3))
    losses.append(float(train(model, optimizer, images, classes)))

    if step == 0:  # Adam's first step moves every weight by its learning rate
        after = jax.device_get(jax.tree.leaves(nnx.state(model, nnx.Param)))
        print("group               lr_scale  moved by")
        for group in groups.groups:
            here = [number for number, label in enumerate(labels) if label == group.label]
            moved = np.concatenate([np.abs(after[number] - before[number]).ravel() for number in here])
            scale, rate = group.settings.get("lr_scale", 1.0), np.median(moved) / LR
            print(f"{group.label:18} {scale:9.4f} {rate:9.2f}")
            assert abs(rate / scale - 1) < 0.02

assert losses[-1] < losses[0] / 2
print("the loss has halved")
