"""The same rules, weights and gradients in PyTorch and optax: the same parameters to 1e-10 in float64."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
import paramrules_optax as pro
import paramrules_torch as prt
import pytest
import torch

import paramrules

RULES = """
[decay]
no_decay: ndim <= 1 -> weight_decay = 0
decay:    else
[lr]
head:   name ~ ^head   -> lr_scale = 3
frozen: name ~ ^frozen -> freeze = true
low:    name ~ ^embed  -> lr = 0.002
rest:   else
"""
STEPS, RATE, DECAY = 20, 0.01, 0.1
SHAPES = {"embed": (5, 4), "frozen": (4, 4), "hidden": (4, 4), "bias": (4,), "head": (4, 3)}


class Lion(torch.optim.Optimizer):
    """By its paper (Chen et al., 2023, program 1); torch has none."""

    def __init__(
        self,
        groups: Any,
        lr: float = 1e-4,
        betas: tuple[float, float] = (0.9, 0.99),
        weight_decay: float = 0.0,
    ) -> None:
        super().__init__(groups, {"lr": lr, "betas": betas, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self, closure: Any = None) -> None:  # type: ignore[override]
        for group in self.param_groups:
            one, two = group["betas"]
            for p in group["params"]:
                momentum = self.state[p].setdefault("momentum", torch.zeros_like(p))
                update = torch.sign(one * momentum + (1 - one) * p.grad)
                p -= group["lr"] * (update + group["weight_decay"] * p)
                momentum.mul_(two).add_(p.grad, alpha=1 - two)


PAIRS: dict[str, tuple[Any, Any, dict[str, Any], dict[str, Any]]] = {
    "AdamW": (torch.optim.AdamW, optax.adamw, {"betas": (0.85, 0.98), "eps": 1e-7}, {}),
    "Adam": (torch.optim.Adam, optax.adam, {}, {}),
    "SGD": (torch.optim.SGD, optax.sgd, {}, {}),
    "SGD with momentum": (torch.optim.SGD, optax.sgd, {"momentum": 0.9}, {}),
    "SGD with Nesterov's": (torch.optim.SGD, optax.sgd, {"momentum": 0.9, "nesterov": True}, {}),
    "RMSprop": (
        torch.optim.RMSprop,
        optax.rmsprop,
        {"alpha": 0.95, "momentum": 0.9},
        {"eps_in_sqrt": False},
    ),
    "centered RMSprop": (
        torch.optim.RMSprop,
        optax.rmsprop,
        {"alpha": 0.95, "centered": True, "eps": 0.0},
        {},
    ),
    "Adagrad": (torch.optim.Adagrad, optax.adagrad, {"initial_accumulator_value": 0.1, "eps": 0.0}, {}),
    "Adamax": (torch.optim.Adamax, optax.adamax, {}, {}),
    "Lion": (Lion, optax.lion, {"betas": (0.95, 0.98)}, {}),
}
"""Optimizers that are one formula in both, what both are given, and what only optax's is."""


def weights_and_gradients() -> tuple[dict[str, Any], list[dict[str, Any]]]:
    random = np.random.default_rng(0)
    return (
        {name: random.normal(size=shape) for name, shape in SHAPES.items()},
        [{name: random.normal(size=shape) for name, shape in SHAPES.items()} for _ in range(STEPS)],
    )


def in_torch(
    rules: paramrules.Rules, optimizer: Any, shape: Any, settings: dict[str, Any]
) -> dict[str, np.ndarray[Any, Any]]:
    weights, gradients = weights_and_gradients()
    model = torch.nn.ParameterDict({name: torch.tensor(weight) for name, weight in weights.items()})
    made = prt.build(model, rules, optimizer, lr=RATE, weight_decay=DECAY, **settings)
    scheduler = torch.optim.lr_scheduler.LambdaLR(made, lambda step: float(shape(step)))
    for gradient in gradients:
        for name, parameter in model.items():
            parameter.grad = torch.tensor(gradient[name])
        made.step()
        scheduler.step()
    return {name: parameter.detach().numpy() for name, parameter in model.items()}


def in_optax(
    rules: paramrules.Rules, optimizer: Any, shape: Any, settings: dict[str, Any]
) -> dict[str, np.ndarray[Any, Any]]:
    weights, gradients = jax.tree.map(jnp.asarray, weights_and_gradients())
    tx = optax.chain(
        pro.build(weights, rules, optimizer, learning_rate=RATE, weight_decay=DECAY, **settings),
        optax.scale_by_schedule(shape),
    )
    state, update = tx.init(weights), jax.jit(tx.update)
    for gradient in gradients:
        updates, state = update(gradient, state, weights)
        weights = optax.apply_updates(weights, updates)
    assert weights["head"].dtype == jnp.float64
    return {name: np.asarray(weight) for name, weight in weights.items()}


def constant(step: Any) -> Any:
    return 1.0


def cosine(step: Any) -> Any:
    return 0.5 * (1 + jnp.cos(jnp.pi * step / STEPS))


@pytest.mark.parametrize("name", PAIRS)
def test_the_same_steps_as_in_pytorch(name: str) -> None:
    theirs, ours, settings, only_optax = PAIRS[name]
    rules = paramrules.parse(RULES, "r.rules")
    # Momentum after the rate (optax's RMSprop) is not momentum before it once the rate changes.
    shape = constant if settings.get("momentum") and theirs is torch.optim.RMSprop else cosine
    with jax.enable_x64(True):
        there = in_torch(rules, theirs, shape, settings)
        here = in_optax(rules, ours, shape, settings | only_optax)
    start = weights_and_gradients()[0]
    for parameter in SHAPES:
        np.testing.assert_allclose(here[parameter], there[parameter], rtol=0, atol=1e-10)
        assert (here[parameter] == start[parameter]).all() == (parameter == "frozen")


def test_settings_of_groups_mean_the_same() -> None:
    rules = paramrules.parse(
        "bias: ndim <= 1 -> betas = (0.8, 0.9), eps = 1e-3, lr_scale = 2, weight_decay = 0\n"
        "head: name ~ ^head -> weight_decay_scale = 0.3, lr = 0.05\nrest: else",
        "s.rules",
    )
    with jax.enable_x64(True):
        there = in_torch(rules, torch.optim.AdamW, cosine, {})
        here = in_optax(rules, optax.adamw, cosine, {})
    for parameter in SHAPES:
        np.testing.assert_allclose(here[parameter], there[parameter], rtol=0, atol=1e-10)
