"""A callable Equinox model trained by `optax.adamw`, its decay mask made from equinox_mask.rules."""

from pathlib import Path

import equinox as eqx
import jax
import jax.numpy as jnp
import optax
import paramrules_optax

RULES = Path(__file__).with_name("equinox_mask.rules")


class Model(eqx.Module):
    embedding: eqx.nn.Embedding
    norm: eqx.nn.LayerNorm
    hidden: eqx.nn.Linear
    head: eqx.nn.Linear

    def __init__(self, key: jax.Array) -> None:
        keys = jax.random.split(key, 3)
        self.embedding = eqx.nn.Embedding(64, 16, key=keys[0])
        self.norm = eqx.nn.LayerNorm(16)
        self.hidden = eqx.nn.Linear(16, 32, key=keys[1])
        self.head = eqx.nn.Linear(32, 64, key=keys[2])

    def __call__(self, token: jax.Array) -> jax.Array:
        return self.head(jax.nn.gelu(self.hidden(self.norm(self.embedding(token)))))


def loss(model: Model, tokens: jax.Array) -> jax.Array:
    return optax.softmax_cross_entropy_with_integer_labels(jax.vmap(model)(tokens), tokens).mean()


def train(steps: int, learning_rate: float = 1e-2, weight_decay: float = 0.1) -> tuple[Model, list[float]]:
    """The model after so many steps, and the loss before each."""
    model = Model(jax.random.key(0))
    params = eqx.filter(model, eqx.is_inexact_array)
    decays = paramrules_optax.decay_mask_fn(model, RULES)
    optimizer = optax.adamw(learning_rate, weight_decay=weight_decay, mask=decays)
    state = optimizer.init(params)
    tokens = jnp.arange(64)

    @eqx.filter_jit
    def step(model: Model, state: optax.OptState) -> tuple[Model, optax.OptState, jax.Array]:
        value, grads = eqx.filter_value_and_grad(loss)(model, tokens)
        updates, state = optimizer.update(grads, state, eqx.filter(model, eqx.is_inexact_array))
        return eqx.apply_updates(model, updates), state, value

    losses = []
    for _ in range(steps):
        model, state, value = step(model, state)
        losses.append(float(value))
    return model, losses


if __name__ == "__main__":
    _, losses = train(20)
    print(f"loss {losses[0]:.2f} -> {losses[-1]:.2f}")
