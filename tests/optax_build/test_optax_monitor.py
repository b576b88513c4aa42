"""The monitor of an optax optimizer, against the same figures computed by hand."""

from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax
import paramrules_optax as pro
import pytest
from flax import nnx

import paramrules
from paramrules import RulesError

KEY = jax.random.key(0)
PARAMS = {
    "a": {"w": jax.random.normal(KEY, (4, 3)), "b": jnp.ones(3)},
    "c": {"w": jax.random.normal(KEY, (3, 2)), "count": jnp.ones(2)},
}
RULES = paramrules.parse("""
frozen: name == "a.b" -> freeze = true
muon: name ~ ^a -> optimizer = "muon", lr_scale = 2
late: name == "c.w" -> schedule = "late", weight_decay_scale = 0.5
rest: else -> weight_decay = 0
""")
BOTH: Any = {"muon": optax.contrib.muon, "default": optax.adamw}
HOW: Any = {
    "learning_rate": {"default": optax.linear_schedule(1.0, 0.0, 10), "late": 0.25},
    "weight_decay": 0.1,
    "b1": 0.8,
}


def norm(*arrays: Any) -> float:
    return float(np.sqrt(sum((np.abs(np.asarray(array, np.float64)) ** 2).sum() for array in arrays)))


def test_every_column() -> None:
    tx = pro.build(PARAMS, RULES, BOTH, **HOW)
    monitor = pro.GroupMonitor(PARAMS, RULES, BOTH, **HOW)
    gradients = jax.tree.map(jnp.cos, PARAMS)
    state = tx.init(PARAMS)
    for _ in range(2):
        updates, state = tx.update(gradients, state, PARAMS)
    measured = jax.jit(monitor.measure)(PARAMS, gradients, updates)
    rows = monitor.rows(measured, step=1, state=state)
    expected = {
        "muon": (("a", "w"), 2 * 0.9, 0.1, 1),
        "late": (("c", "w"), 0.25, 0.05, 2),
        "rest": (("c", "count"), 0.9, 0.0, 2),
    }
    for row, (label, ((module, leaf), lr, decay, moments)) in zip(rows, expected.items(), strict=True):
        array, gradient, update = (tree[module][leaf] for tree in (PARAMS, gradients, updates))
        assert row == {
            "label": label,
            "lr": pytest.approx(lr),
            "weight_decay": pytest.approx(decay),
            "tensors": 1,
            "parameters": array.size,
            "grad_norm": pytest.approx(norm(gradient)),
            "weight_norm": pytest.approx(norm(array)),
            "update_norm": pytest.approx(norm(update)),
            "update_ratio": pytest.approx(norm(update) / norm(array)),
            "state_bytes": moments * array.nbytes,
        }
    assert monitor.metrics(measured, step=1)["lr/late"] == 0.25
    averages = monitor.rows(measured, step=1, state={"average": PARAMS})  # of frozen parameters too
    assert [row["state_bytes"] for row in averages] == [4 * 12, 4 * 6, 4 * 2]
    assert "state_bytes/late" not in monitor.metrics(measured, step=1)


def test_a_decay_that_is_scheduled() -> None:
    how: Any = {"learning_rate": 0.1, "weight_decay": optax.linear_schedule(1.0, 0.0, 10)}
    rules = paramrules.parse("a: name ~ ^a -> weight_decay_scale = 0.5\nrest: else")
    monitor = pro.GroupMonitor(PARAMS, rules, **how)
    rows = monitor.rows(monitor.measure(PARAMS, PARAMS, PARAMS), step=4)
    assert [row["weight_decay"] for row in rows] == pytest.approx([0.3, 0.6])
    assert [row["update_ratio"] for row in rows] == [1.0, 1.0]


def test_layers_of_a_stack_count_in_their_groups() -> None:
    params = {"layers": {"w": jax.random.normal(KEY, (3, 4, 5))}, "head": jnp.ones(2)}
    inventory = paramrules.inventory(params, stacked={"layers": 1})
    rules = paramrules.parse(r"layer_{i}: name ~ ^layers\.(?<i>\d+) -> lr_scale = 0.5 ** i" "\nhead: else")
    how: Any = {"learning_rate": 0.1, "model": inventory}
    tx = pro.build(params, rules, optax.adam, **how)
    monitor = pro.GroupMonitor(params, rules, optax.adam, **how)
    state = tx.init(params)
    *layers, head = monitor.rows(monitor.measure(params, params, params), step=0, state=state)
    for number, row in enumerate(layers):
        assert (row["label"], row["lr"]) == (f"layer_{number}", 0.1 * 0.5**number)
        assert row["grad_norm"] == pytest.approx(norm(params["layers"]["w"][number]))
        assert (row["tensors"], row["parameters"], row["state_bytes"]) == (1, 20, 2 * 4 * 20)
    assert head["state_bytes"] == 2 * 4 * 2


class Net(nnx.Module):
    def __init__(self, rngs: nnx.Rngs) -> None:
        self.norm = nnx.LayerNorm(4, rngs=rngs)
        self.head = nnx.Linear(4, 2, rngs=rngs)


def test_modules_of_nnx_and_equinox() -> None:
    rules = paramrules.parse("vectors: ndim == 1 -> weight_decay = 0\nmatrices: else")
    net = Net(nnx.Rngs(0))
    optimizer = nnx.Optimizer(net, pro.build(net, rules, learning_rate=0.1), wrt=nnx.Param)
    monitor = pro.GroupMonitor(net, rules, learning_rate=0.1)
    params = nnx.state(net, nnx.Param)
    for tree in (net, params):
        vectors, matrices = monitor.rows(
            monitor.measure(tree, params, params), step=0, state=optimizer.opt_state
        )
        assert vectors["weight_norm"] == pytest.approx(norm(net.norm.scale[...]))
        assert (vectors["parameters"], vectors["state_bytes"]) == (10, 80)
        assert matrices["grad_norm"] == pytest.approx(norm(net.head.kernel[...]))

    mlp = eqx.nn.MLP(4, 2, 8, 1, key=KEY)
    tx = pro.build(mlp, rules, learning_rate=0.1)
    arrays = eqx.filter(mlp, eqx.is_inexact_array)
    monitor = pro.GroupMonitor(mlp, rules, learning_rate=0.1)
    vectors, _ = monitor.rows(monitor.measure(mlp, arrays, arrays), step=0, state=tx.init(arrays))
    assert (vectors["parameters"], vectors["state_bytes"]) == (10, 80)
    assert vectors["weight_norm"] == pytest.approx(norm(*(layer.bias for layer in mlp.layers)))


def test_what_build_refuses_and_warns_of() -> None:
    with pytest.raises(RulesError, match="E612"):
        pro.GroupMonitor(PARAMS, RULES, BOTH, learning_rate=0.1, typo=1)
    rules = paramrules.parse("dead: ndim == 9\nrest: else")
    pro.GroupMonitor(PARAMS, rules, learning_rate=0.1)  # `build` has warned of the dead rule
