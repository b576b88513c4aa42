"""Rates: a base times a scale, both finite, and so is the product."""

from fractions import Fraction
from math import isfinite

import pytest

from paramrules import RulesError
from paramrules.assignment import Group
from paramrules.emission.rates import rate_of


def group(**settings: float) -> Group:
    return Group("a/b", ("a", "b"), settings, (0,))


@pytest.mark.parametrize("key", ["lr", "weight_decay"])
@pytest.mark.parametrize(
    ("settings", "base", "shown"),
    [
        ({"_scale": 1e200}, 1e200, "1e+200 times 1e+200"),
        ({"_scale": 1e200}, -(10**300), f"-{10**300} times 1e+200"),
        ({"": 1e200, "_scale": 10**300}, None, f"1e+200 times {10**300}"),
    ],
)
def test_a_product_that_is_not_finite_is_an_error(
    key: str, settings: dict[str, float], base: float | None, shown: str
) -> None:
    with pytest.raises(RulesError) as raised:
        rate_of(group(**{f"{key}{end}": value for end, value in settings.items()}), key, base)
    (finding,) = raised.value.diagnostics
    assert finding.code == "E208"
    assert finding.message == f"`{key}` of the group `a/b` is {shown}, and the result is not a finite number"
    verb = "set" if "" in settings else "pass"
    assert finding.help == f"{verb} a smaller `{key}`, or set `{key}_scale` to less"


@pytest.mark.parametrize(
    ("settings", "base", "shown", "help"),
    [
        ({}, 1e39, "1e+39, which is not", "pass a smaller `lr`"),
        ({"lr": -1e39}, 0.1, "-1e+39, which is not", "set a smaller `lr`"),
        (
            {"lr_scale": 1e30},
            1e9,
            "1000000000.0 times 1e+30, and the result is not",
            "pass a smaller `lr`, or set `lr_scale` to less",
        ),
    ],
)
def test_a_rate_that_overflows_in_float32_is_an_error(
    settings: dict[str, float], base: float, shown: str, help: str
) -> None:
    with pytest.raises(RulesError) as raised:
        rate_of(group(**settings), "lr", base)
    (finding,) = raised.value.diagnostics
    assert finding.code == "E208"
    assert finding.message == f"`lr` of the group `a/b` is {shown} a number that float32 can hold"
    assert finding.help == help


def test_the_largest_float32_is_a_rate() -> None:
    assert rate_of(group(), "lr", 3.4028234663852886e38).value == 3.4028234663852886e38


def test_the_base_rate_has_the_name_of_the_callers_argument() -> None:
    with pytest.raises(RulesError) as raised:
        rate_of(group(lr_scale=1e200), "lr", 1e200, "learning_rate")
    (finding,) = raised.value.diagnostics
    assert finding.message.startswith("`learning_rate` of the group `a/b` is 1e+200 times 1e+200, ")
    assert finding.help == "pass a smaller `learning_rate`, or set `lr_scale` to less"


def test_other_products_stay_as_they_are() -> None:
    assert rate_of(group(lr_scale=1e-200), "lr", 1e-200).value == 0
    assert rate_of(group(lr_scale=0.5), "lr", 3).value == 1.5
    assert rate_of(group(lr_scale=0.5), "lr", None).value is None
    schedule = print
    assert rate_of(group(lr_scale=0.5), "lr", schedule) == (schedule, 0.5)


class Array:
    """A number as a framework has it: a product beyond its own range is infinite."""

    def __init__(self, number: float) -> None:
        self.number = number

    def __mul__(self, scale: float) -> "Array":
        product = self.number * scale
        return Array(product if product < 1e38 else float("inf"))

    def __repr__(self) -> str:
        return f"Array({self.number})"


def test_an_array_that_overflows_is_an_error() -> None:
    def is_finite(array: Array) -> bool:
        return isfinite(array.number)

    assert rate_of(group(lr_scale=10), "lr", Array(2.0), "", is_finite).value.number == 20
    assert rate_of(group(lr_scale=10), "lr", abs, "", is_finite).base is abs  # a schedule
    assert rate_of(group(), "lr", None, "", is_finite).base is None
    with pytest.raises(RulesError) as raised:
        rate_of(group(lr_scale=1e30), "lr", Array(1e30), "learning_rate", is_finite)
    (finding,) = raised.value.diagnostics
    assert (finding.code, finding.message) == (
        "E208",
        "`learning_rate` of the group `a/b` is Array(1e+30) times 1e+30, "
        "and the result is not a finite number",
    )
    with pytest.raises(RulesError, match=r"is Array\(6e\+37\) times 2, and the result"):
        rate_of(group(lr_scale=2), "lr", Array(6e37), "", is_finite)
    assert (
        rate_of(group(), "lr", Array(float("inf")), "", is_finite).scale == 1
    )  # looked at where it is passed


def test_a_scale_below_one_is_shown() -> None:
    with pytest.raises(RulesError, match=r"`lr` of the group `a/b` is 1e\+39 times 0.5, and the result"):
        rate_of(group(lr_scale=0.5), "lr", 1e39)


def test_a_number_of_another_type_is_multiplied_as_pythons_own() -> None:
    """NumPy's float16 times a number is one too, and ends at 65,504."""
    assert rate_of(group(lr_scale=4), "lr", Fraction(1, 2)).value == 2.0
    with pytest.raises(RulesError, match=r"E208.* is 1e\+30 times 1e\+30"):
        rate_of(group(lr_scale=1e30), "lr", Fraction(10**30))
