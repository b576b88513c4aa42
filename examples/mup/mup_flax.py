"""Widens the network of mup_torch.py, in Flax NNX: with rates by mup.rules, and with one rate."""

from pathlib import Path

import numpy as np
import optax
import paramrules_optax
from flax import nnx
from jax import Array

RULES = Path(__file__).with_name("mup.rules")
LR = 3e-3


class Network(nnx.Module):
    def __init__(self, width: int) -> None:
        rngs = nnx.Rngs(0)
        self.input = nnx.Linear(8, width, rngs=rngs)
        self.hidden = nnx.Linear(width, width, rngs=rngs)
        self.head = nnx.Linear(width, 1, kernel_init=nnx.initializers.zeros, rngs=rngs)

    def units(self, x: Array) -> Array:
        return self.hidden(nnx.relu(self.input(x)))

    def __call__(self, x: Array) -> Array:
        return self.head(nnx.relu(self.units(x)))


def loss(model: Network, x: Array, y: Array) -> Array:
    return optax.squared_error(model(x), y).mean()


@nnx.jit
def train(model: Network, optimizer: nnx.Optimizer, x: Array, y: Array) -> Array:
    value, grads = nnx.value_and_grad(loss)(model, x, y)
    optimizer.update(model, grads)
    return value


def moved(width: int, by_rules: bool) -> tuple[float, float]:
    """How far a hidden unit has moved on average, and the loss that is left, as a share."""
    x = np.random.default_rng(0).normal(size=(64, 8)).astype(np.float32)
    y = np.sin(x.sum(1, keepdims=True))
    model = Network(width)
    tx = paramrules_optax.build(model, RULES, optax.adam, learning_rate=LR) if by_rules else optax.adam(LR)
    optimizer = nnx.Optimizer(model, tx, wrt=nnx.Param)
    before = np.asarray(model.units(x))
    losses = [float(train(model, optimizer, x, y)) for _ in range(10)]
    return float(np.abs(np.asarray(model.units(x)) - before).mean()), losses[-1] / losses[0]


widths = (32, 256, 1024)
ours, left = zip(*(moved(width, by_rules=True) for width in widths), strict=True)
plain, _ = zip(*(moved(width, by_rules=False) for width in widths), strict=True)
print("width   by mup.rules   one rate")
for width, some, other in zip(widths, ours, plain, strict=True):
    print(f"{width:5} {some:14.3f} {other:10.3f}")
assert max(ours) < 2.5 * min(ours)
assert plain[-1] > 5 * plain[0]
assert max(left) < 1
print("by mup.rules a hidden unit moves alike at every width")
