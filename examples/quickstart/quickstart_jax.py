"""The same rules for a small JAX model: weight decay where `decay` is, and a scaled learning rate."""

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
adamw = optax.chain(
    optax.adamw(1e-3, weight_decay=0.1, mask=paramrules_optax.mask_fn(model, groups, "decay")),
    optax.masked(optax.scale(0.1), paramrules_optax.mask_fn(model, groups, "embedding")),
)
optimizer = nnx.Optimizer(model, adamw, wrt=nnx.Param)

tokens = jax.random.randint(jax.random.key(0), (8, 16), 0, 100)
for _ in range(3):
    optimizer.update(model, nnx.grad(loss)(model, tokens))

for group in groups.groups:
    print(group.label, [groups.inventory.names[number] for number in group.parameters], dict(group.settings))
