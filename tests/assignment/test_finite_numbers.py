"""Numbers from outside: from the caller, from names and from attributes. Finite ones, or one error each."""

import warnings
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from support import inventory_of

import paramrules
from paramrules import RulesError
from paramrules.assignment import parse_options
from paramrules.emission.argument_checks import check_rate

PLAIN = paramrules.parse("w: else")
RATE = paramrules.parse("option r = 0.5\nall: else -> lr_scale = r\n", "net.rules")
ANY = paramrules.parse("option r\nall: else -> lr_scale = r\n", "net.rules")
NET = inventory_of([{"name": "h.3.weight", "shape": [4, 4]}])


class Float(float):
    """As `numpy.float64` is one."""


class Int(int):
    pass


def refused(rules: paramrules.Rules, value: object) -> tuple[str, str]:
    with pytest.raises(RulesError) as raised:
        paramrules.assign(rules, NET, options={"r": value})  # type: ignore[dict-item]
    (finding,) = raised.value.diagnostics
    return finding.code, finding.message


@pytest.mark.parametrize("rules", [RATE, ANY])
@pytest.mark.parametrize(
    ("value", "number"),
    [
        (2, 2),
        (2**63, 2**63),
        (Float(1.5), 1.5),
        (Int(3), 3),
        (Fraction(1, 2), 0.5),
    ],
)
def test_a_number_becomes_pythons(rules: paramrules.Rules, value: Any, number: float) -> None:
    (group,) = paramrules.assign(rules, NET, options={"r": value}).groups
    assert group.settings == {"lr_scale": number}
    assert type(group.settings["lr_scale"]) is type(number)


@pytest.mark.parametrize("rules", [RATE, ANY])
@pytest.mark.parametrize(
    ("value", "why"),
    [
        (float("nan"), "`nan`, not a finite number"),
        (float("inf"), "`inf`, not a finite number"),
        (Float("-inf"), "`-inf`, not a finite number"),
        (2**63 + 1, "`9223372036854775809`, beyond 2**63"),
        (-(2**64), "`-18446744073709551616`, beyond 2**63"),
        pytest.param(10**5000, "a whole number, beyond 2**63", id="5000 digits"),
    ],
)
def test_a_number_that_is_not_finite_or_too_large(rules: paramrules.Rules, value: float, why: str) -> None:
    assert refused(rules, value) == ("E213", f"option `r` is {why}")


@pytest.mark.parametrize("value", [None, b"x", 1j, (1,), [1], Decimal(1)])
def test_another_value_is_refused_before_a_rule_uses_it(value: object) -> None:
    assert refused(RATE, value) == ("E213", f"option `r` is a number, not {value!r}")
    assert refused(ANY, value) == ("E213", f"option `r` is a number, a string or a boolean, not {value!r}")


def test_a_long_value_is_cut() -> None:
    assert refused(RATE, "x" * 1000) == ("E213", f"option `r` is a number, not '{'x' * 59}")


def test_the_whole_message() -> None:
    with pytest.raises(RulesError) as raised:
        paramrules.assign(RATE, NET, options={"r": float("nan")})
    assert str(raised.value) == (
        "\n"
        "error[E213]: option `r` is `nan`, not a finite number\n"
        "  --> net.rules:1:1\n"
        "   |\n"
        " 1 | option r = 0.5\n"
        "   | ^^^^^^^^^^^^^^\n"
        "   = help: pass a finite number, such as 0.75"
    )


@pytest.mark.frameworks
def test_numbers_of_numpy() -> None:
    import numpy as np

    for value, number in ((np.float32(1.5), 1.5), (np.float64(2.5), 2.5), (np.int64(3), 3)):
        (group,) = paramrules.assign(RATE, NET, options={"r": value}).groups  # type: ignore[dict-item]
        assert group.settings == {"lr_scale": number}
        assert type(group.settings["lr_scale"]) is type(number)
    assert refused(RATE, np.float32("nan")) == ("E213", "option `r` is `nan`, not a finite number")
    assert refused(RATE, np.array(1.5)) == ("E213", "option `r` is a number, not array(1.5)")
    assert refused(RATE, np.True_) == ("E213", "option `r` is a number, not np.True_")


@pytest.mark.parametrize("name", [1, None, ("r",)])
def test_options_go_by_name(name: Any) -> None:
    with pytest.raises(TypeError) as raised:
        paramrules.assign(RATE, NET, options={name: 1})
    assert str(raised.value) == f"`options` has the key {name!r}, and should have names of options"


@pytest.mark.parametrize("rules", [RATE, ANY])
@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("nan", "`nan`, not a finite number"),
        ("-Infinity", "`-inf`, not a finite number"),
        ("1e999", "`inf`, not a finite number"),
        ("1" * 23, f"`{'1' * 23}`, beyond 2**63"),
        ("1" * 5000, "`inf`, not a finite number"),
    ],
)
def test_texts_of_the_command_line(rules: paramrules.Rules, text: str, why: str) -> None:
    assert refused(rules, parse_options(rules, {"r": text})["r"]) == ("E213", f"option `r` is {why}")


@pytest.mark.parametrize(
    "rule",
    [
        "x: name ~ h\\.(?<i>\\d+) -> lr = i",
        "x: name ~ h\\.(?<i>\\d+) -> lr = 0.9 ** i",
        "x: name ~ h\\.(?<i>\\d+) -> betas = (0.5, i)",
        "x_{i + 1}: name ~ h\\.(?<i>\\d+)",
        "x: name ~ h\\.(?<i>\\d+) and i > 3",
        "x: name ~ h\\.(?<i>\\d+) and i in (1, 2)",
    ],
)
def test_a_number_in_a_name_that_is_too_long(rule: str) -> None:
    digits = "9" * 19
    with pytest.raises(RulesError) as raised:
        paramrules.assign(paramrules.parse(rule), inventory_of([f"h.{digits}"]))
    (finding,) = raised.value.diagnostics
    assert (finding.code, finding.message) == (
        "E208",
        f"`i` is a number of 19 digits for the parameter `h.{digits}`, and numbers have at most 18",
    )


def test_a_long_number_may_be_a_label_and_a_place() -> None:
    rules = paramrules.parse("x_{i}: name ~ h\\.(?<i>\\d+)\nrest: else")
    assert [g.label for g in paramrules.assign(rules, inventory_of([f"h.{'9' * 19}"])).groups] == [
        "x_" + "9" * 19
    ]
    placed = paramrules.parse("let h = name ~ h\\.(?<i>\\d+)\nx: h -> lr = index(h)\n")
    names = [f"h.{'9' * 19}", "h.7", "h.0000000000000000000000003"]
    assert [g.settings["lr"] for g in paramrules.assign(placed, inventory_of(names)).groups] == [0, 1, 2]


def test_zeros_in_front_do_not_count() -> None:
    rules = paramrules.parse("x: name ~ h\\.(?<i>\\d+) -> lr = i")
    (group,) = paramrules.assign(rules, inventory_of([f"h.{'0' * 30}7"])).groups
    assert group.settings == {"lr": 7}


def test_a_deep_attribute_cannot_be_read() -> None:
    deep: object = 1.0
    for _ in range(5000):
        deep = [deep]
    net = inventory_of([{"name": "w", "attributes": {"k": deep}}])
    with warnings.catch_warnings(), pytest.raises(RulesError) as raised:
        paramrules.assign(paramrules.parse("x: attr(k) -> lr = attr(k)\nrest: else"), net)
    assert (
        raised.value.diagnostics[0].message
        == "`attr(k)` of `w` is nested too deeply, which a rule cannot read"
    )


@pytest.mark.parametrize(
    ("one", "other", "why"),
    [
        ("1e200", "1e200", "the result is not a finite number"),
        ("2 ** 40", "2 ** 40", "the result is too large"),
    ],
)
def test_the_scales_of_two_axes(one: str, other: str, why: str) -> None:
    rules = paramrules.parse(f"[a]\nx: else -> lr_scale = {one}\n[b]\ny: else -> lr_scale = {other}\n")
    with pytest.raises(RulesError) as raised:
        paramrules.assign(rules, NET)
    (finding,) = raised.value.diagnostics
    value = {"1e200": "1e+200", "2 ** 40": str(2**40)}[one]
    assert (finding.code, finding.message) == (
        "E208",
        f"`lr_scale` of the group `x/y` is {value} times {value}, and {why}",
    )


@pytest.mark.parametrize("rate", [float("nan"), float("inf"), Float("-inf"), 10**400])
def test_a_base_rate(rate: float) -> None:
    with pytest.raises(ValueError, match=r"^`lr` is .* and should be a finite number$"):
        check_rate("lr", rate, lambda _: False)
    check_rate("lr", 0.1, lambda _: False)


@pytest.mark.frameworks
@pytest.mark.parametrize("name", ["lr", "weight_decay"])
def test_the_base_rates_of_torch(name: str) -> None:
    import paramrules_torch
    import torch

    net, rates = torch.nn.Linear(2, 2), {"lr": 0.1, name: float("nan")}
    with pytest.raises(ValueError, match=f"^`{name}` is nan and should be a finite number$"):
        paramrules_torch.build(net, RATE, torch.optim.AdamW, **rates)


@pytest.mark.frameworks
@pytest.mark.parametrize("name", ["lr", "weight_decay"])
@pytest.mark.parametrize("number", ["nan", "inf", "-inf"])
def test_the_base_rates_of_torch_as_tensors(name: str, number: str) -> None:
    import paramrules_torch
    import torch
    from torch._subclasses import FakeTensorMode

    net = torch.nn.Linear(2, 2)
    with pytest.raises(ValueError, match=f"^`{name}` is tensor.* and should be a finite number$"):
        paramrules_torch.param_groups(net, PLAIN, **{"lr": 0.1, name: torch.tensor([0.1, float(number)])})
    for rate in (
        torch.tensor(0.1),
        torch.tensor(0.1, device="meta"),
        FakeTensorMode().from_tensor(torch.tensor(0.1)),
    ):
        (group,) = paramrules_torch.param_groups(net, PLAIN, **{"lr": 0.1, name: rate})
        assert (type(group[name]), group[name].device) == (type(rate), rate.device)


@pytest.mark.frameworks
@pytest.mark.parametrize("name", ["learning_rate", "weight_decay"])
def test_the_base_rates_of_optax_as_arrays(name: str) -> None:
    import jax
    import jax.numpy as jnp
    import paramrules_optax

    params = {"w": jnp.ones(2)}

    def updated(rate: Any) -> Any:
        transform = paramrules_optax.build(params, PLAIN, **{"learning_rate": 0.1, name: rate})
        return transform.update(params, transform.init(params), params)[0]["w"]

    with pytest.raises(ValueError, match=f"^`{name}` is Array.* and should be a finite number$"):
        updated(jnp.float32("nan"))
    traced, known = jax.jit(updated)(jnp.float32(0.5)), updated(jnp.float32(0.5))
    assert jnp.allclose(traced, known)
    assert bool(jnp.isfinite(known).all())
