"""PyTorch's optimizers beside `paramrules_optax.pytorch` and optax's own, in float64 with the same gradients.

`python tests/optax_build/torch_optimizers.py` writes the table of differences into docs/optimizers.md.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax
import optax.contrib
import paramrules_optax as pro
import paramrules_torch as prt
import torch
from optax.contrib import MuonDimensionNumbers

import paramrules

STEPS = 50
SHAPES = {"embed": (5, 4), "frozen": (4, 4), "hidden": (4, 4), "head": (4, 3), "bias": (4,)}
ONE = ("embed",)
RULES = """
[decay]
no_decay: name ~ hidden|bias -> weight_decay = 0
decay:    else
[lr]
head:   name ~ ^head   -> lr_scale = 3
frozen: name ~ ^frozen -> freeze = true
low:    name ~ ^embed  -> lr = 0.002
rest:   else
"""
PAGE = Path(__file__).parents[2] / "docs" / "optimizers.md"

Arrays = dict[str, np.ndarray[Any, Any]]
TORCH_LAYOUT = {"muon_weight_dimension_numbers": MuonDimensionNumbers(reduction_axis=1, output_axis=0)}


class Case(NamedTuple):
    """An optimizer of both libraries.

    Attributes:
        theirs: PyTorch's class.
        own: optax's factory.
        settings: arguments other than the defaults, by PyTorch's names.
        decays: whether it takes a weight decay.
        only_ours: what `paramrules_optax.pytorch` is given beside them, so that it runs in float64.
        only_own: what optax's factory is given, where it has no default for the rate, or stores matrices
            otherwise.
    """

    theirs: Any
    own: Any
    settings: dict[str, Any]
    decays: bool = True
    only_ours: Mapping[str, Any] = MappingProxyType({})
    only_own: Mapping[str, Any] = MappingProxyType({})


_NS = {"ns_dtype": None} | TORCH_LAYOUT
CASES = {
    "sgd": Case(torch.optim.SGD, optax.sgd, {"momentum": 0.9, "dampening": 0.1}),
    "sgd, nesterov": Case(torch.optim.SGD, optax.sgd, {"momentum": 0.8, "nesterov": True}),
    "adagrad": Case(
        torch.optim.Adagrad,
        optax.adagrad,
        {"lr_decay": 0.1, "initial_accumulator_value": 0.5, "eps": 1e-3},
    ),
    "adadelta": Case(torch.optim.Adadelta, optax.adadelta, {"rho": 0.8, "eps": 1e-3}),
    "rmsprop": Case(torch.optim.RMSprop, optax.rmsprop, {"alpha": 0.9, "eps": 1e-2, "momentum": 0.7}),
    "rmsprop, centered": Case(
        torch.optim.RMSprop, optax.rmsprop, {"alpha": 0.95, "eps": 1e-2, "centered": True}
    ),
    "adafactor": Case(
        torch.optim.Adafactor,
        optax.adafactor,
        {"beta2_decay": -0.6, "eps": (1e-2, 0.5), "d": 1.5},
    ),
    "rprop": Case(torch.optim.Rprop, optax.rprop, {"etas": (0.4, 1.3), "step_sizes": (1e-3, 0.05)}, False),
    "adam": Case(torch.optim.Adam, optax.adam, {"betas": (0.8, 0.95), "eps": 1e-3}),
    "adam, amsgrad": Case(
        torch.optim.Adam, optax.amsgrad, {"betas": (0.8, 0.95), "eps": 1e-3, "amsgrad": True}
    ),
    "adamw": Case(torch.optim.AdamW, optax.adamw, {"betas": (0.8, 0.95), "eps": 1e-3}),
    "adamax": Case(torch.optim.Adamax, optax.adamax, {"betas": (0.8, 0.95), "eps": 1e-3}),
    "nadam": Case(torch.optim.NAdam, optax.nadam, {"betas": (0.8, 0.95), "eps": 1e-3, "momentum_decay": 0.1}),
    "nadam, decoupled": Case(torch.optim.NAdam, optax.nadamw, {"eps": 1e-3, "decoupled_weight_decay": True}),
    "radam": Case(torch.optim.RAdam, optax.radam, {"betas": (0.8, 0.95), "eps": 1e-2}),
    "radam, decoupled": Case(
        torch.optim.RAdam, optax.radam, {"betas": (0.8, 0.9), "decoupled_weight_decay": True}
    ),
    "muon": Case(
        torch.optim.Muon,
        optax.contrib.muon,
        {"momentum": 0.8, "ns_steps": 3, "ns_coefficients": (3.0, -3.2, 1.2), "eps": 1e-5},
        only_ours=_NS,
        only_own=TORCH_LAYOUT,
    ),
    "muon, match_rms_adamw": Case(
        torch.optim.Muon,
        optax.contrib.muon,
        {"nesterov": False, "adjust_lr_fn": "match_rms_adamw"},
        only_ours=_NS,
        only_own=TORCH_LAYOUT,
    ),
}
"""The optimizers that both libraries have, by their names in `paramrules_optax.pytorch`."""


def factory_of(name: str) -> Any:
    """Return the factory in `paramrules_optax.pytorch` of a case."""
    return getattr(pro.pytorch, name.partition(",")[0])


def weights_and_gradients(*names: str) -> tuple[Arrays, list[Arrays]]:
    """Return parameters and a gradient for each step."""
    random = np.random.default_rng(0)
    return (
        {name: random.normal(size=SHAPES[name]) for name in names},
        [{name: random.normal(size=SHAPES[name]) for name in names} for _ in range(STEPS)],
    )


def steps_in_torch(
    names: Sequence[str],
    make: Callable[[Any], torch.optim.Optimizer],
    shape: Callable[[Any], Any] | None = None,
) -> Arrays:
    """Return the parameters after all steps of PyTorch's optimizer, under a scheduler if there is a shape."""
    weights, gradients = weights_and_gradients(*names)
    model = torch.nn.ParameterDict({key: torch.tensor(weight) for key, weight in weights.items()})
    optimizer = make(model)
    factor = (lambda step: float(shape(step))) if shape else (lambda step: 1.0)
    scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, factor)
    with newton_schulz_in_float64():
        for gradient in gradients:
            for key, parameter in model.items():
                parameter.grad = torch.tensor(gradient[key])
            optimizer.step()
            scheduler.step()
    return {key: parameter.detach().numpy() for key, parameter in model.items()}


@contextmanager
def newton_schulz_in_float64() -> Iterator[None]:
    """Let PyTorch's Muon iterate in the type of the gradient, which it does in bfloat16."""
    rounded = torch.Tensor.bfloat16
    torch.Tensor.bfloat16 = torch.Tensor.clone  # type: ignore[method-assign,assignment]
    try:
        yield
    finally:
        torch.Tensor.bfloat16 = rounded  # type: ignore[method-assign]


def steps_in_optax(names: Sequence[str], make: Callable[[Any], Any]) -> Arrays:
    """Return the parameters after all steps of a transformation."""
    weights, gradients = weights_and_gradients(*names)
    tx = make(weights)

    def step(held: tuple[Any, Any], gradient: Any) -> tuple[tuple[Any, Any], None]:
        weights, state = held
        updates, state = tx.update(gradient, state, weights)
        return (optax.apply_updates(weights, updates), state), None

    def train(weights: Any, gradients: Any) -> Any:
        return jax.lax.scan(step, (weights, tx.init(weights)), gradients)[0][0]

    stacked = {name: np.stack([gradient[name] for gradient in gradients]) for name in names}
    quickly = {"xla_backend_optimization_level": 0}  # compiling takes longer than all steps
    trained = jax.jit(train, compiler_options=quickly)(weights, stacked)
    assert all(weight.dtype == jnp.float64 for weight in trained.values())
    return {name: np.asarray(weight) for name, weight in trained.items()}


def difference(one: Arrays, other: Arrays) -> float:
    """Return the largest difference of two sets of parameters."""
    return max(float(np.abs(one[key] - other[key]).max()) for key in one)


def with_defaults(name: str) -> Arrays:
    """Return the parameters after all steps of ours, with its defaults."""
    return steps_in_optax(ONE, lambda _: factory_of(name)(**CASES[name].only_ours))


def own_with_defaults(name: str) -> Arrays:
    """Return those of optax's own optimizer, at PyTorch's default rate."""
    case = CASES[name]
    rate = case.theirs([torch.zeros(1, 1)]).defaults["lr"]
    return steps_in_optax(ONE, lambda _: case.own(rate, **case.only_own))


def theirs_with_defaults(name: str) -> Arrays:
    """Return those of PyTorch's, with its defaults."""
    return steps_in_torch(ONE, lambda model: CASES[name].theirs(model.values()))


def with_settings(name: str) -> float:
    """Return how far ours is from PyTorch's with other arguments than the defaults."""
    case = CASES[name]
    settings = {"lr": 0.01, **case.settings} | ({"weight_decay": 0.1} if case.decays else {})
    there = steps_in_torch(ONE, lambda model: case.theirs(model.values(), **settings))
    here = steps_in_optax(ONE, lambda _: factory_of(name)(**settings, **case.only_ours))
    return difference(here, there)


def cosine(step: Any) -> Any:
    """Return the factor of the rate in a step."""
    return 0.5 * (1 + jnp.cos(jnp.pi * step / STEPS))


def by_rules(name: str) -> float:
    """Return how far the two `build`s are apart, under one rule file, with settings and a schedule."""
    case = CASES[name]
    rules = paramrules.parse(RULES, "r.rules")
    names = [key for key in SHAPES if "muon" not in name or key != "bias"]
    decay = {"weight_decay": 0.1} if case.decays else {}
    shape = cosine if name != "rprop" else None  # its rate is the first step's size alone
    there = steps_in_torch(
        names, lambda model: prt.build(model, rules, case.theirs, lr=0.01, **decay, **case.settings), shape
    )

    def make(weights: Any) -> Any:
        given = case.settings | dict(case.only_ours) | decay
        tx = pro.build(weights, rules, factory_of(name), learning_rate=0.01, **given)
        return optax.chain(tx, optax.scale_by_schedule(shape)) if shape else tx

    return difference(steps_in_optax(names, make), there)


def table() -> str:
    """Return the table of docs/optimizers.md."""
    rows = [
        "| optimizer | Optax's own, defaults | `pytorch`'s, defaults | other arguments | by rules |",
        "|---|---|---|---|---|",
    ]
    with jax.enable_x64(True):
        for name in CASES:
            theirs = theirs_with_defaults(name)
            own, ours = (difference(f(name), theirs) for f in (own_with_defaults, with_defaults))
            numbers = (own, ours, with_settings(name), by_rules(name))
            rows.append(f"| {name} | " + " | ".join(f"{number:.0e}" for number in numbers) + " |")
    return "\n".join(rows) + "\n"


if __name__ == "__main__":
    page = PAGE.read_text("utf-8")
    PAGE.write_text(
        re.sub(r"^\| optimizer \| Optax.*?\n(?!\|)", table(), page, count=1, flags=re.M | re.S), "utf-8"
    )
