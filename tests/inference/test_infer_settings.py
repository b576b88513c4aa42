"""The settings of groups that code made, as a rule holds them."""

import math
from collections.abc import Mapping
from typing import Any

import pytest

from paramrules.inference.group_settings import held_settings


class Scalar:
    """A number with a shape, as NumPy and torch have them."""

    def __init__(self, value: float, shape: tuple[int, ...] = ()) -> None:
        self.value, self.shape = value, shape

    def item(self) -> float:
        return self.value


def held(*groups: Mapping[Any, object]) -> list[dict[str, object]]:
    settings, wrong = held_settings([(f"group {n}", group) for n, group in enumerate(groups, 1)])
    assert wrong == []
    return [dict(each) for each in settings]


def refused(value: object, key: Any = "alpha") -> str:
    _, wrong = held_settings([("group 1", {key: value}), ("group 2", {key: 1}), ("group 3", {})])
    (finding,) = wrong
    assert finding.code == "E957"
    assert finding.help == (
        "settings are finite numbers, texts, `True`, `False`, `None` and tuples of these: pass anything else "
        "to the optimizer itself"
    )
    return finding.message


def test_values_of_a_rule() -> None:
    plain = {"lr": 0.1, "momentum": 0, "nesterov": True, "adjust_lr_fn": None, "mode": "a 'b'"}
    assert held(plain) == [plain]
    assert held({"betas": [0.9, 0.95], "lr": Scalar(0.5)}) == [{"betas": (0.9, 0.95), "lr": 0.5}]
    (settings,) = held({"lr": Scalar(0.5, (1, 1)), "amsgrad": False})
    assert type(settings["lr"]) is float
    assert settings["amsgrad"] is False


def test_keys_that_no_rule_sets_are_left_out() -> None:
    group = {"params": [1], "param_names": ["a"], "name": "a", "group_name": "a", "label": "a", "fused": None}
    group |= {"foreach": False, "capturable": False, "differentiable": False, "lr_ratio": 1.0}
    assert held({**group, "lr_scale": 0.5}) == [{"lr_scale": 0.5}]


def test_a_scheduler_has_changed_the_rate() -> None:
    scheduled = {"lr": 0.0, "initial_lr": 0.1, "weight_decay": 1.0, "initial_weight_decay": 0.5}
    assert held(scheduled, {"lr": 0.3}) == [{"lr": 0.1, "weight_decay": 0.5}, {"lr": 0.3}]


def test_names_that_other_tools_have() -> None:
    assert held({"lr_mult": 2, "wd_multiplier": 0.5, "layer_decay": 0.9, "beta1": 0.9}) == [
        {"lr_scale": 2, "weight_decay_scale": 0.5, "layer_decay": 0.9, "beta1": 0.9}
    ]
    assert held({"lr_mult": 2, "lr_scale": 3}, {"lr_scale": 3, "lr_mult": 2}) == [{"lr_scale": 3}] * 2


@pytest.mark.parametrize(
    ("value", "why"),
    [
        (math.nan, "it is nan"),
        (math.inf, "it is inf"),
        (2**63 + 1, "it is 9223372036854775809"),
        pytest.param(-(10**5000), "it is a whole number of more than 40 digits", id="huge"),
        (len, "it is a `builtin_function_or_method`"),
        ({}, "it is a `dict`"),
        (Scalar(1.0, (2,)), "it is a `test_infer_settings.Scalar`"),
        ((), "it is `()`, and a tuple holds numbers and texts"),
        (((1, 2), 3), "it is `((1, 2), 3)`, and a tuple holds numbers and texts"),
        ((None, 1e-3), "it is `(None, 0.001)`, and a tuple holds numbers and texts"),
        ("a\nb", "it is a text with characters that a quoted text cannot hold"),
        ("""a"b'c""", "it is a text with characters that a quoted text cannot hold"),
    ],
)
def test_values_that_no_rule_can_hold(value: object, why: str) -> None:
    assert refused(value) == f"no rule can hold the setting `alpha` of group 1: {why}"


@pytest.mark.parametrize(("key", "shown"), [("a b", "a b"), (3, "3"), ("\x1b", "\\x1b"), ("ä", "ä")])
def test_keys_that_no_rule_can_have(key: object, shown: str) -> None:
    assert refused(1, key) == (
        f"no rule can hold the setting `{shown}` of group 1: `{shown}` is not a name of the language"
    )


def test_what_no_rule_can_hold_and_all_groups_share_is_the_optimizers() -> None:
    eps = (None, 1e-3)
    assert held({"eps": eps, "lr": 0.1}, {"eps": eps, "lr": 0.2}) == [{"lr": 0.1}, {"lr": 0.2}]


@pytest.mark.parametrize("groups", [1, 2])
@pytest.mark.parametrize(
    ("key", "value", "shown"),
    [
        ("lr", math.nan, "nan"),
        ("lr", math.inf, "inf"),
        ("weight_decay", -math.inf, "-inf"),
        ("lr_scale", math.inf, "inf"),
        ("lr_mult", math.inf, "inf"),
        ("alpha", math.nan, "nan"),
        ("alpha", -math.inf, "-inf"),
        ("lr", Scalar(math.nan), "nan"),
        ("alpha", Scalar(math.nan), "nan"),
        ("betas", (0.9, math.nan), "nan"),
        ("betas", [0.9, math.inf], "inf"),
        ("else", math.nan, "nan"),
    ],
)
def test_numbers_that_are_not_finite_and_that_all_groups_share(
    groups: int, key: str, value: object, shown: str
) -> None:
    _, (finding,) = held_settings([(f"group {n}", {key: value}) for n in range(1, groups + 1)])
    key = "lr_scale" if key == "lr_mult" else key
    assert (finding.code, finding.message) == (
        "E957",
        f"no rule can hold the setting `{key}` of group 1: it is {shown}",
    )


def test_an_optimizer_may_have_a_limit_that_is_infinite() -> None:
    """Prodigy and D-Adaptation have it as a default."""
    assert held({"lr": 0.1, "growth_rate": math.inf}, {"lr": 0.2, "growth_rate": math.inf}) == [
        {"lr": 0.1},
        {"lr": 0.2},
    ]
    assert refused(math.inf, "growth_rate") == (
        "no rule can hold the setting `growth_rate` of group 1: it is inf"
    )


def test_keys_that_are_words_of_the_language() -> None:
    assert refused(1, "not") == (
        "no rule can hold the setting `not` of group 1: `not` is a word of the language itself"
    )


@pytest.mark.parametrize(
    ("value", "dtype", "short"),
    [
        (0.10000000149011612, "torch.float32", 0.1),
        (0.0999755859375, "float16", 0.1),
        (1 / 3, "float64", 1 / 3),
        (16777216.0, "float32", 16777216.0),
        (65504.0, "float16", 65500.0),  # the largest: fewer digits are too many to hold
        (3, "int32", 3),
    ],
)
def test_a_number_of_lower_precision_is_written_in_its_own_digits(
    value: float, dtype: str, short: float
) -> None:
    scalar = Scalar(value)
    scalar.dtype = dtype  # type: ignore[attr-defined]
    assert held({"lr": scalar}) == [{"lr": short}]


def test_a_scale_that_the_rate_has_in_it_already_counts_once() -> None:
    """BEiT, SimMIM and mmdetection write `lr` and the `lr_scale` that is multiplied into it."""
    assert held({"lr": 0.01, "lr_scale": 0.1}, {"lr": 0.1, "lr_scale": 1.0}) == [{"lr": 0.01}, {"lr": 0.1}]
    assert held({"lr": 0.01, "lr_scale": 0.1}, {"lr": 0.1}) == [{"lr": 0.01}, {"lr": 0.1}]
    decays = {"weight_decay": 0.0, "wd_multiplier": 0.0}, {"weight_decay": 0.5, "wd_multiplier": 1.0}
    assert held(*decays) == [{"weight_decay": 0.0}, {"weight_decay": 0.5}]


@pytest.mark.parametrize(
    "groups",
    [
        ({"lr": 0.1, "lr_scale": 0.1}, {"lr": 0.1, "lr_scale": 1.0}),  # the same rate, to be multiplied
        ({"lr": 0.02, "lr_scale": 0.1}, {"lr": 0.1, "lr_scale": 1.0}),
        ({"lr_scale": 0.1}, {"lr": 0.1, "lr_scale": 1.0}),
        ({"lr": 0.0, "lr_scale": 0.1}, {"lr": 0.0, "lr_scale": 1.0}),
    ],
)
def test_other_scales_are_kept(groups: tuple[dict[str, object], ...]) -> None:
    assert held(*groups) == list(groups)
