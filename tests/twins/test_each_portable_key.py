"""Each key of `PORTABLE`, in training: every backend acts on it, and all end at the same weights."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import mlx.core as mx
import mlx.nn
import mlx.optimizers
import numpy as np
import optax
import paramrules_mlx
import paramrules_optax
import paramrules_torch
import pytest
import torch

from paramrules import RulesError
from paramrules.rules.keys import PORTABLE

VALUES = {
    "lr": "0.5",
    "lr_scale": "0.5",
    "weight_decay": "0.5",
    "weight_decay_scale": "0.5",
    "freeze": "true",
    "skip": "true",
    "optimizer": '"quick"',
    "schedule": '"late"',
    "weight_decay_schedule": '"rising"',
}
"""A value for each portable key that differs from what a group without the key gets."""

RATE, DECAY, START = 0.1, 0.2, 1.0
BETAS = {"default": (0.9, 0.999), "quick": (0.5, 0.6)}
GRADIENTS = (1.0, -2.0, 0.5)
Array = np.ndarray[Any, Any]
Ends = dict[str, Array]
"""The values of `weight` and `bias` after a step for each of `GRADIENTS`."""


def late(step: Any) -> Any:
    """Return a rate that starts small, for a number or an array of steps taken."""
    return RATE * (step + 1) / 4


def rising(step: Any) -> Any:
    return DECAY * (step + 2)


def named(key: str, named_key: str, base: Any, name: str, other: Any) -> Any:
    """Return an argument of `build`: by name if the key names it, since an unused name is a warning."""
    return {"default": base, name: other} if key == named_key else base


def factories(key: str, make: Callable[..., Any], betas: Callable[[float, float], dict[str, Any]]) -> Any:
    made = {name: partial(make, **betas(*values)) for name, values in BETAS.items()}
    return made if key == "optimizer" else made["default"]


def in_torch(rules: str, key: str) -> Ends:
    model = torch.nn.Linear(2, 2)
    for parameter in model.parameters():
        torch.nn.init.constant_(parameter, START)
    make = factories(key, torch.optim.AdamW, lambda *pair: {"betas": pair})
    optimizer = paramrules_torch.build(model, rules, make, lr=RATE, weight_decay=DECAY)
    lambda_lr = torch.optim.lr_scheduler.LambdaLR
    scheduler = paramrules_torch.scheduled(
        optimizer,
        named(
            key,
            "schedule",
            lambda base: lambda_lr(base, lambda step: 1.0),
            "late",
            lambda base: lambda_lr(base, lambda step: late(step) / RATE),
        ),
        weight_decay={"default": DECAY, "rising": rising} if key == "weight_decay_schedule" else None,
    )
    for gradient in GRADIENTS:
        for parameter in model.parameters():
            parameter.grad = torch.full_like(parameter, gradient) if parameter.requires_grad else None
        optimizer.step()
        scheduler.step()
    return {name: parameter.detach().numpy() for name, parameter in model.named_parameters()}


def in_optax(rules: str, key: str) -> Ends:
    params = {"weight": jnp.full((2, 2), START), "bias": jnp.full(2, START)}
    tx = paramrules_optax.build(
        params,
        rules,
        factories(key, optax.adamw, lambda b1, b2: {"b1": b1, "b2": b2}),
        learning_rate=named(key, "schedule", RATE, "late", late),
        weight_decay=named(key, "weight_decay_schedule", DECAY, "rising", rising),
    )
    state = tx.init(params)
    for gradient in GRADIENTS:
        gradients = jax.tree.map(partial(jnp.full_like, fill_value=gradient), params)
        updates, state = tx.update(gradients, state, params)
        params = optax.apply_updates(params, updates)
    return jax.tree.map(np.asarray, params)


def in_mlx(rules: str, key: str) -> Ends:
    model = mlx.nn.Linear(2, 2)
    model.update({"weight": mx.full((2, 2), START), "bias": mx.full((2,), START)})
    optimizer = paramrules_mlx.build(
        model,
        rules,
        factories(key, mlx.optimizers.AdamW, lambda *pair: {"betas": pair, "bias_correction": True}),
        learning_rate=named(key, "schedule", RATE, "late", late),
        weight_decay=DECAY,
    )
    for gradient in GRADIENTS:
        trained = model.trainable_parameters()
        optimizer.update(model, {name: mx.full(array.shape, gradient) for name, array in trained.items()})
    return {name: np.array(array) for name, array in model.parameters().items()}


BACKENDS = {"torch": in_torch, "optax": in_optax, "mlx": in_mlx}


def ends(framework: str, key: str, setting: str, folder: Path) -> Ends:
    """Train a backend's model under rules that give its `weight` a setting, "" for none."""
    file = folder / "key.rules"
    file.write_text(f'weights: leaf == "weight" {setting}\nrest: else\n', encoding="utf-8")
    return BACKENDS[framework](str(file), key)


@pytest.mark.filterwarnings("ignore:.*W619")  # a file of two labels without settings
@pytest.mark.parametrize("framework", BACKENDS)
@pytest.mark.parametrize("key", PORTABLE)
def test_each_backend_acts_on_it(key: str, framework: str, tmp_path: Path) -> None:
    setting = f"-> {key} = {VALUES[key]}"
    if (key, framework) == ("weight_decay_schedule", "mlx"):
        with pytest.raises(RulesError, match="E646"):
            ends(framework, key, setting, tmp_path)
        return
    found, plain = ends(framework, key, setting, tmp_path), ends(framework, "", "", tmp_path)
    there = ends("torch", key, setting, tmp_path)
    assert np.abs(found["weight"] - plain["weight"]).min() > 1e-2
    assert np.abs(found["bias"] - plain["bias"]).max() == 0
    assert all(np.abs(found[name] - there[name]).max() < 1e-5 for name in there)
