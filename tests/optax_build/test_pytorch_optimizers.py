"""`paramrules_optax.pytorch` against torch.optim: 1e-10 after 50 steps in float64."""

import importlib
import inspect
import re
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
import paramrules_optax as pro
import pytest
import torch
from flax import linen
from optax.contrib import MuonDimensionNumbers, split_real_and_imaginary
from optax_build.torch_optimizers import (
    CASES,
    ONE,
    PAGE,
    TORCH_LAYOUT,
    by_rules,
    cosine,
    difference,
    factory_of,
    steps_in_optax,
    steps_in_torch,
    theirs_with_defaults,
    with_defaults,
    with_settings,
)
from paramrules_optax.pytorch import adafactor, adam, adamw, muon, nadam, rprop, sgd

import paramrules

CLOSE = 1e-10


@pytest.mark.parametrize("name", [name for name in CASES if "," not in name])
def test_with_the_defaults(name: str) -> None:
    with jax.enable_x64(True):
        assert difference(with_defaults(name), theirs_with_defaults(name)) < CLOSE


@pytest.mark.parametrize("name", CASES)
def test_with_other_arguments(name: str) -> None:
    with jax.enable_x64(True):
        assert with_settings(name) < CLOSE


@pytest.mark.parametrize("name", CASES)
def test_by_rules_and_a_schedule(name: str) -> None:
    with jax.enable_x64(True):
        assert by_rules(name) < CLOSE


@pytest.mark.parametrize(
    ("name", "own"),
    [
        ("adamw", partial(optax.adamw, 1e-3, weight_decay=1e-2)),
        ("rmsprop", partial(optax.rmsprop, 1e-2, decay=0.99, eps_in_sqrt=False)),
    ],
)
def test_optaxs_own_with_the_arguments_on_the_page(name: str, own: Any) -> None:
    with jax.enable_x64(True):
        assert difference(steps_in_optax(ONE, lambda _: own()), theirs_with_defaults(name)) < CLOSE


def test_the_page_shows_each() -> None:
    rows = re.findall(r"^\| (.+?)((?: \| [\d.e+-]+){4}) \|$", PAGE.read_text("utf-8"), re.MULTILINE)
    shown = {name: [float(number) for number in numbers.split(" | ")[2:]] for name, numbers in rows}
    assert {name: max(numbers) < CLOSE for name, numbers in shown.items()} == dict.fromkeys(CASES, True)


def test_defaults_are_pytorchs() -> None:
    for name, case in CASES.items():
        theirs = case.theirs([torch.zeros(1, 1)]).defaults
        ours = {key: p.default for key, p in inspect.signature(factory_of(name)).parameters.items()}
        for key in ("weight_decay", "eps", "momentum_decay", "dampening", "lr_decay", "adjust_lr_fn"):
            assert ours.get(key) == theirs.get(key), (name, key)


PARAMS = {"kernel": jnp.array([[1.0, -2.0, 0.5], [0.5, 3.0, -1.0]]), "bias": jnp.array([0.25, -0.5, 1.0])}
GRADIENTS = jax.tree.map(jnp.cos, PARAMS)


def trained(tx: optax.GradientTransformation, steps: int = 3, params: Any = PARAMS) -> Any:
    state, gradients, update = tx.init(params), jax.tree.map(jnp.cos, params), jax.jit(tx.update)
    for _ in range(steps):
        updates, state = update(gradients, state, params)
        params = optax.apply_updates(params, updates)
    return params


def assert_same(one: Any, other: Any) -> None:
    jax.tree.map(partial(np.testing.assert_allclose, rtol=1e-5), one, other)


def test_the_namespace_is_an_attribute() -> None:
    assert pro.__getattr__("pytorch") is importlib.import_module("paramrules_optax.pytorch")


def test_arguments_by_either_name() -> None:
    assert_same(
        trained(adamw(lr=0.1, betas=(0.8, 0.9))),
        trained(adamw(learning_rate=0.1, b1=0.8, b2=0.9, weight_decay=0.01)),
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"betas": (0.9, 0.99), "b2": 0.9}, "`betas` and `b2` are one argument: pass one of them"),
        ({"lr": 0.1, "learning_rate": 0.2}, "`lr` and `learning_rate` are one argument: pass one of them"),
        (
            {"lr": 0.1, "learning_rate": lambda step: 0.2},
            "`lr` and `learning_rate` are one argument: pass one of them",
        ),
    ],
)
def test_an_argument_under_two_names(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(TypeError) as error:
        adam(**arguments)
    assert str(error.value) == message


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: sgd(nesterov=True), "`nesterov` needs a `momentum`, and no `dampening`"),
        (
            lambda: sgd(momentum=0.9, dampening=0.1, nesterov=True),
            "`nesterov` needs a `momentum`, and no `dampening`",
        ),
        (lambda: muon(ns_coeffs=(1.0, 2.0)), "`ns_coeffs` are 2 numbers and should be three"),
        (
            lambda: muon(adjust_lr_fn="other"),
            "`adjust_lr_fn` is 'other' and should be 'original' or 'match_rms_adamw'",
        ),
        (lambda: adafactor(eps=1e-3), "`eps` is 0.001 and should be two numbers, such as (None, 1e-3)"),
        (lambda: adafactor(eps=(1e-3,)), "`eps` is (0.001,) and should be two numbers, such as (None, 1e-3)"),
        (
            lambda: muon().init({"bias": jnp.ones(3)}),
            "Muon trains matrices, and this array has the shape (3,): pass `muon_weight_dimension_numbers`",
        ),
    ],
)
def test_what_is_refused(make: Any, message: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        make()


def test_schedules_chains_and_injected_hyperparameters() -> None:
    schedule = optax.linear_schedule(0.1, 0.0, 10)
    plain = trained(adam(schedule, betas=(0.8, 0.9)))
    assert_same(plain, trained(optax.chain(optax.identity(), adam(lr=schedule, b1=0.8, b2=0.9))))
    for injected in (
        optax.inject_hyperparams(adam)(learning_rate=schedule, b1=0.8, b2=0.9),
        optax.inject_hyperparams(adam)(lr=schedule, betas=(0.8, 0.9)),
    ):
        assert_same(plain, trained(injected))
    kernel = {"kernel": PARAMS["kernel"]}
    for factory in (nadam, muon):
        assert_same(
            trained(factory(lr=0.1), 1, params=kernel),
            trained(optax.inject_hyperparams(factory)(lr=0.1), 1, params=kernel),
        )
    momentum = optax.inject_hyperparams(sgd)(lr=0.1, momentum=0.9, dampening=0.5)
    assert_same(trained(sgd(0.1, momentum=0.9, dampening=0.5)), trained(momentum))
    assert_same(trained(rprop(lambda step: 0.1 + step)), trained(rprop(0.1)))


def test_a_complex_parameter_is_two_real_ones() -> None:
    with jax.enable_x64(True):
        ours = jnp.array([1 + 2j, -0.3j])
        theirs = torch.tensor(np.array(ours), requires_grad=True)
        tx, reference = split_real_and_imaginary(adam(0.1)), torch.optim.Adam([theirs], lr=0.1)
        state = tx.init(ours)
        for number in range(3):
            gradient = ours * (1 - 0.5j) + number
            theirs.grad = torch.tensor(np.array(gradient))
            reference.step()
            updates, state = tx.update(gradient, state, ours)
            ours = optax.apply_updates(ours, updates)
        assert np.abs(np.array(ours) - theirs.detach().numpy()).max() < CLOSE


def test_muon_on_a_stack_is_muon_on_each_layer() -> None:
    layers = [{"kernel": PARAMS["kernel"] + number} for number in range(2)]
    stacked = {"layers": {"kernel": jnp.stack([layer["kernel"] for layer in layers])}}
    inventory = paramrules.inventory(stacked, stacked={"layers": 1})
    rules = paramrules.parse("all: else")
    tx = pro.build(stacked, rules, muon, learning_rate=0.1, ns_dtype=None, model=inventory)
    together = trained(tx, 1, params=stacked)["layers"]["kernel"]
    alone = [trained(muon(0.1, ns_dtype=None), 1, params=layer)["kernel"] for layer in layers]
    assert_same(together, jnp.stack(alone))


def test_muon_reads_axes_as_a_matrix() -> None:
    kernel = jnp.linspace(-1.0, 2.0, 24).reshape(4, 3, 2)
    for dimensions in (
        MuonDimensionNumbers(0, (1, 2)),
        {"kernel": MuonDimensionNumbers(0, (1, -1))},
        lambda tree: {"kernel": MuonDimensionNumbers((0,), (1, 2))},
    ):
        tx = muon(0.1, ns_dtype=None, muon_weight_dimension_numbers=dimensions)
        merged = trained(muon(0.1, ns_dtype=None), 1, params={"kernel": kernel.reshape(4, 6)})["kernel"]
        assert_same(trained(tx, 1, params={"kernel": kernel})["kernel"], merged.reshape(4, 3, 2))


def test_adafactor_takes_no_step_longer_than_by_the_root_of_the_step() -> None:
    with jax.enable_x64(True):
        settings = {"weight_decay": 0.1, "d": 2.0}
        there = steps_in_torch(
            ONE, lambda model: torch.optim.Adafactor(model.values(), lr=1.0, **settings), cosine
        )
        here = steps_in_optax(ONE, lambda _: adafactor(cosine, **settings))
        assert difference(here, there) < CLOSE


def test_adafactor_in_build_takes_matrices_and_layers_one_by_one() -> None:
    """Queries of attention, two layers of them: a kernel (in, heads, width) is a matrix, a bias a vector."""
    kernel = np.linspace(-1.0, 2.0, 48).reshape(2, 4, 3, 2)
    bias = np.linspace(0.5, -0.2, 12).reshape(2, 3, 2)
    params = {"layers": {"attn": {"query": {"kernel": jnp.asarray(kernel), "bias": jnp.asarray(bias)}}}}
    types = {"layers.attn": linen.MultiHeadDotProductAttention, "layers.attn.query": linen.DenseGeneral}
    inventory = paramrules.inventory(params, stacked={"layers": 1}, types=types)
    rules = paramrules.parse("all: else")
    tx = pro.build(params, rules, adafactor, learning_rate=1.0, weight_decay=0.1, model=inventory)
    together = trained(tx, params=params)["layers"]["attn"]["query"]
    for layer in range(2):
        one = {"kernel": jnp.asarray(kernel[layer].reshape(4, 6)), "bias": jnp.asarray(bias[layer].ravel())}
        alone = trained(adafactor(1.0, weight_decay=0.1), params=one)
        assert_same(together["kernel"][layer].reshape(4, 6), alone["kernel"])
        assert_same(together["bias"][layer].ravel(), alone["bias"])
    no_matrix = {"table": jnp.linspace(-1.0, 1.0, 24).reshape(2, 3, 4)}
    built = pro.build(no_matrix, rules, adafactor, learning_rate=1.0)
    assert_same(trained(built, params=no_matrix), trained(adafactor(1.0), params=no_matrix))


def test_muon_in_bfloat16_is_near_pytorchs() -> None:
    weight = np.random.default_rng(0).normal(size=(6, 4)).astype("f")
    parameter = torch.nn.Parameter(torch.tensor(weight))
    optimizer = torch.optim.Muon([parameter], lr=0.1)
    for _ in range(3):
        parameter.grad = torch.tensor(np.cos(weight))
        optimizer.step()
    ours = trained(muon(0.1, **TORCH_LAYOUT), params={"weight": jnp.asarray(weight)})
    np.testing.assert_allclose(ours["weight"], parameter.detach().numpy(), atol=3 * 0.1 * 2**-7)


def test_muon_trains_matrices_alone_in_build() -> None:
    with pytest.raises(paramrules.RulesError) as error:
        pro.build(PARAMS, paramrules.parse("all: else"), muon, learning_rate=0.1)
    assert "`muon` trains matrices, and `bias` has the shape (3,)" in str(error.value)
