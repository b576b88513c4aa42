"""An optimizer for a small JAX model, from the same rules."""

from pathlib import Path

import jax
import optax
import paramrules_optax
from flax import nnx

import paramrules

RULES = Path(__file__).with_name("quickstart.rules")


class Model(nnx.Module):
    def __init__(self, rngs: nnx.Rngs) -> None:
        self.embedding = nnx.Embed(100, 32, rngs=rngs)
        self.norm = nnx.LayerNorm(32, rngs=rngs)
        self.head = nnx.Linear(32, 100, rngs=rngs)

    def __call__(self, tokens: jax.Array) -> jax.Array:
        return self.head(self.norm(self.embedding(tokens)))


def loss(model: Model, tokens: jax.Array) -> jax.Array:
    return optax.softmax_cross_entropy_with_integer_labels(model(tokens), tokens).mean()


model = Model(nnx.Rngs(0))
groups = paramrules.assign(paramrules.load(RULES), model)
tx = paramrules_optax.build(model, groups, optax.adamw, learning_rate=1e-3, weight_decay=0.1)
optimizer = nnx.Optimizer(model, tx, wrt=nnx.Param)


@nnx.jit
def train(model: Model, optimizer: nnx.Optimizer, tokens: jax.Array) -> None:
    optimizer.update(model, nnx.grad(loss)(model, tokens))


tokens = jax.random.randint(jax.random.key(0), (8, 16), 0, 100)
for _ in range(3):
    train(model, optimizer, tokens)

for group in groups.groups:
    print(group.label, list(groups.names(group)), dict(group.settings))
