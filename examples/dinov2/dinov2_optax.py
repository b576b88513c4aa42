"""DINOv2's schedules by dinov2.rules in Optax, step by step against its own formulas."""

from pathlib import Path

import jax
import jax.numpy as jnp
import optax
import paramrules_optax
from dinov2_groups import multipliers

RULES = Path(__file__).with_name("dinov2.rules")
EPOCH, EPOCHS, WARMUP_EPOCHS, FREEZE_LAST_LAYER_EPOCHS = 10, 12, 3, 1  # its defaults: 1250, 100, 10, 1
LR, MIN_LR, DECAY, DECAY_END = 0.004, 1e-6, 0.04, 0.4


def linear(size):
    return {"weight": jnp.ones((size, 4)), "bias": jnp.ones(size)}


params = {
    "backbone": {
        "cls_token": jnp.ones((1, 1, 4)),
        "pos_embed": jnp.ones((1, 2, 4)),
        "patch_embed": linear(4),
        "blocks": {str(n): {"norm1": linear(4), "attn": linear(4), "gamma": jnp.ones(4)} for n in range(3)},
        "norm": linear(4),
    },
    "dino_head": {"mlp": linear(4), "last_layer": {"weight": jnp.ones((8, 4))}},
}


def cosine(step, base, final, warmup=0):
    """`CosineScheduler` of dinov2/utils/utils.py at a step, with a linear warm-up from 0."""
    total = EPOCHS * EPOCH
    falling = final + 0.5 * (base - final) * (1 + jnp.cos(jnp.pi * (step - warmup) / (total - warmup)))
    return jnp.where(
        step >= total, final, jnp.where(step < warmup, base * step / max(warmup - 1, 1), falling)
    )


def rate(step):
    return cosine(step, LR, MIN_LR, WARMUP_EPOCHS * EPOCH)


def last_layer_rate(step):
    return jnp.where(step < FREEZE_LAST_LAYER_EPOCHS * EPOCH, 0.0, rate(step))


def decay(step):
    return cosine(step, DECAY, DECAY_END)


# Under plain SGD an update shows rate and decay: -rate * (gradient + decay * parameter). The schedules
# are the same under `optax.adamw`.
tx = paramrules_optax.build(
    params,
    RULES,
    optax.sgd,
    learning_rate={"default": rate, "last_layer": last_layer_rate},
    weight_decay=decay,
)
update, state = jax.jit(tx.update), tx.init(params)
gradients = jax.tree.map(lambda leaf: 3.0 * leaf, params)
worst = 0.0
for step in range(EPOCHS * EPOCH + 2):
    updates, state = update(gradients, state, params)
    body_rate, last_rate, decay_now = (at(jnp.float32(step)) for at in (rate, last_layer_rate, decay))
    for path, leaf in jax.tree.leaves_with_path(updates):
        lr_multiplier, wd_multiplier, is_last_layer = multipliers(".".join(key.key for key in path))
        lr = (last_rate if is_last_layer else body_rate) * lr_multiplier
        expected = -lr * (3.0 + decay_now * wd_multiplier)
        worst = max(worst, float(jnp.abs(leaf - expected).max()))
assert worst < 1e-8, worst
print(f"updates have DINOv2's rates and decays at {step + 1} steps")
