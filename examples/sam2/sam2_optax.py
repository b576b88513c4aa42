"""SAM2's schedules by sam2.rules in Optax, step by step against the formulas of its configuration."""

from pathlib import Path

import jax
import jax.numpy as jnp
import optax
import paramrules_optax
from sam2_groups import scale

RULES = Path(__file__).with_name("sam2.rules")
STEPS, BASE_LR, VISION_LR = 60, 5e-6, 3e-6


def linear(size):
    return {"weight": jnp.ones((size, 4)), "bias": jnp.ones(size)}


params = {
    "image_encoder": {
        "trunk": {
            "pos_embed": jnp.ones((1, 2, 4)),
            "patch_embed": linear(4),
            "blocks": {str(n): {"norm1": linear(4), "attn": linear(4)} for n in range(3)},
        },
        "neck": linear(4),
    },
    "memory": linear(4),
    "mask_decoder": linear(2),
}


def cosine(where, start):
    """fvcore's `CosineParamScheduler` from a start to its tenth; `where` goes from 0 to 1."""
    end = start / 10
    return end + 0.5 * (start - end) * (1 + jnp.cos(jnp.pi * where))


# Under plain SGD an update shows rate and decay: -rate * (gradient + decay * parameter). The schedules
# are the same under `optax.adamw`.
tx = paramrules_optax.build(
    params,
    RULES,
    optax.sgd,
    learning_rate={
        "default": lambda step: cosine(step / STEPS, BASE_LR),
        "vision": lambda step: cosine(step / STEPS, VISION_LR),
    },
    weight_decay=0.1,
)
update, state = jax.jit(tx.update), tx.init(params)
gradients = jax.tree.map(lambda leaf: 3.0 * leaf, params)
worst = 0.0
for step in range(STEPS + 1):
    updates, state = update(gradients, state, params)
    for path, leaf in jax.tree.leaves_with_path(updates):
        name = ".".join(key.key for key in path)
        lr = cosine(step / STEPS, VISION_LR if name.startswith("image_encoder.") else BASE_LR) * scale(name)
        expected = -lr * (3.0 + (0.0 if "bias" in name or "norm" in name else 0.1))
        worst = max(worst, float(jnp.abs(leaf / expected - 1).max()))
assert worst < 1e-5, worst
print(f"updates have SAM2's rates and decays at {step + 1} steps")
