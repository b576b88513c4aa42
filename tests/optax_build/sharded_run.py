"""Eight devices on the host: `python sharded_run.py` trains sharded and alone, and prints what came of it.

A script of its own, since the number of devices is settled when jax is first used.
"""

import os

os.environ["XLA_FLAGS"] = "--xla_force_host_platform_device_count=8"

import json
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
import paramrules_optax as pro
from jax.sharding import NamedSharding, PartitionSpec

import paramrules

RULES = """
[decay]
no_decay: ndim <= 1 -> weight_decay = 0
decay:    else
[lr]
frozen: name ~ ^embed -> freeze = true
head:   name ~ ^head  -> lr_scale = 3
rest:   else
"""


def weights() -> dict[str, Any]:
    """A model with one hidden layer, every extent a multiple of eight."""
    random = np.random.default_rng(0)

    def normal(*shape: int) -> jax.Array:
        return jnp.asarray(random.normal(size=shape) / 4, jnp.float32)

    return {
        "embed": {"embedding": normal(16, 8)},
        "hidden": {"kernel": normal(8, 32), "bias": normal(32)},
        "head": {"kernel": normal(32, 16), "bias": normal(16)},
    }


def loss(params: Any, words: jax.Array) -> jax.Array:
    """The cross-entropy of the next word."""
    x = params["embed"]["embedding"][words[:, :-1]]
    h = jax.nn.gelu(x @ params["hidden"]["kernel"] + params["hidden"]["bias"])
    logits = h @ params["head"]["kernel"] + params["head"]["bias"]
    return optax.softmax_cross_entropy_with_integer_labels(logits, words[:, 1:]).mean()


def trained(params: Any, words: jax.Array) -> tuple[Any, Any, int]:
    """Parameters and state after ten steps, and how often the step was traced."""
    schedule = optax.cosine_decay_schedule(0.03, 20)
    tx = pro.build(params, paramrules.parse(RULES), learning_rate=schedule, weight_decay=0.1)
    traces = 0

    @partial(jax.jit, donate_argnums=(0, 1))
    def step(params: Any, state: Any) -> Any:
        nonlocal traces
        traces += 1
        updates, state = tx.update(jax.grad(loss)(params, words), state, params)
        return optax.apply_updates(params, updates), state

    state = tx.init(params)
    for _ in range(10):
        params, state = step(params, state)
    return params, state, traces


def placed_alike(moments: Any, params: Any) -> list[bool]:
    """For each moment, whether it lies where its parameter lies."""
    held = dict(jax.tree_util.tree_leaves_with_path(params))
    return [
        moment.sharding.is_equivalent_to(held[path].sharding, moment.ndim)
        for path, moment in jax.tree_util.tree_leaves_with_path(moments)
    ]


def main() -> None:
    """Prints, as JSON, the devices, the greatest difference, the traces, and the shardings of moments."""
    mesh = jax.make_mesh((8,), ("data",), axis_types=(jax.sharding.AxisType.Auto,))
    words = jnp.asarray(np.random.default_rng(1).integers(0, 16, (8, 12)))

    def placed(leaf: jax.Array) -> jax.Array:
        axes = [None] * (leaf.ndim - 1) + ["data"]
        return jax.device_put(leaf, NamedSharding(mesh, PartitionSpec(*axes)))

    everywhere = NamedSharding(mesh, PartitionSpec("data", None))
    params, state, traces = trained(jax.tree.map(placed, weights()), jax.device_put(words, everywhere))
    alone, _, _ = trained(weights(), words)
    differences = jax.tree.map(lambda one, other: float(np.abs(np.asarray(one) - other).max()), params, alone)
    moments = optax.tree_utils.tree_get(state, "mu")
    same = placed_alike(moments, params)
    other = pro.build(
        params,
        paramrules.parse(RULES.replace("-> lr_scale = 3", '-> optimizer = "x"')),
        {"x": optax.adamw, "default": optax.adamw},
        learning_rate=optax.constant_schedule(0.03),
    )
    restored = pro.regroup_state(jax.tree.map(np.asarray, state), params, other)
    jax.jit(other.update)(params, restored, params)
    regrouped = [
        alike
        for _, tree in optax.tree_utils.tree_get_all_with_path(restored, "mu")
        for alike in placed_alike(tree, params)
    ]
    print(
        json.dumps(
            {
                "devices": jax.device_count(),
                "difference": max(jax.tree.leaves(differences)),
                "traces": traces,
                "moments": len(same),
                "placed like their parameters": sum(same),
                "placed like their parameters after a checkpoint": sum(regrouped),
                "devices of the head's moment": len(moments["head"]["kernel"].sharding.device_set),
            }
        )
    )


if __name__ == "__main__":
    main()
