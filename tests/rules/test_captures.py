"""Captures are bound on every way through a predicate, and seen only where they are bound."""

import pytest

from paramrules.rules import parse
from paramrules.rules.terms import AllOf, Capture, Comparison

LETS = r"""
let block = name ~ ^h\.(?<i>\d+)\.(?<part>\w+)
let same = block
let head = block and name ~ \.heads\.(?<k>\d+)\.
let negated = name !~ (?<i>\d+)
"""

BOUND = {
    "ndim == 1": (),
    r"name ~ ^h\.(\d+)": (),
    r"name ~ ^h\.(?<i>\d+)\.(?<j>\d+)": ("i", "j"),
    r"name ~ ^(?P<stage>\w+)": ("stage",),
    r"name ~ ^h\.(?<i>\d+)(?:\.(?<j>\d+))?": ("i",),
    r"name !~ ^h\.(?<i>\d+)": (),
    r"not name ~ ^h\.(?<i>\d+)": (),
    r"name ~ ^h\.(?<i>\d+) and leaf ~ (?<j>\d+)": ("i", "j"),
    r"name ~ ^h\.(?<i>\d+) or name ~ ^g\.(?<i>\d+)": ("i",),
    r"name ~ ^h\.(?<i>\d+)\.(?<j>\d+) or name ~ ^g\.(?<i>\d+)": ("i",),
    r"name ~ ^h\.(?<i>\d+) or ndim == 1": (),
    r"(name ~ ^h\.(?<i>\d+) or ndim == 1) and leaf ~ (?<j>\d+)": ("j",),
    "block": ("i", "part"),
    "same": ("i", "part"),
    "block and block": ("i", "part"),
    "head": (),
    "negated": (),
    "head or tied": (),
    r"name ~ ^b\.(?<i>\d+) and not block": ("i",),
    r"not block and name ~ ^b\.(?<i>\d+)": ("i",),
    r"name ~ ^b\.(?<i>\d+) and name !~ ^h\.(?<i>\d+)": ("i",),
    r"not block and name !~ ^b\.(?<i>\d+)": (),
}


@pytest.mark.parametrize("predicate", BOUND)
def test_captures_of_a_rule(predicate: str) -> None:
    assert parse(f"{LETS}label: {predicate}").axes[0].rules[0].captures == BOUND[predicate]


@pytest.mark.parametrize("predicate", BOUND)
def test_captures_of_an_expectation(predicate: str) -> None:
    (expectation,) = parse(f"{LETS}label: else\nexpect label: {predicate}").axes[0].expectations
    assert expectation.captures == BOUND[predicate]


def test_an_expectation_fills_its_label_with_its_own_captures() -> None:
    rules = parse(f"{LETS}h_{{i}}: block\nexpect h_{{j}}: name ~ ^h\\.(?<j>\\d+)")
    (expectation,) = rules.axes[0].expectations
    assert expectation.label.parts == ("h_", Capture(expectation.span, "j", True))


@pytest.mark.parametrize(
    ("predicate", "numeric"),
    [
        (r"name ~ (?<x>\d+)", True),
        (r"name ~ (?<x>[0-3])", True),
        (r"name ~ (?<x>\w+)", False),
        (r"name ~ a(?<x>\d+) or name ~ b(?<x>\d)", True),
        (r"name ~ a(?<x>\d+) or name ~ b(?<x>\w+)", False),
    ],
)
def test_a_capture_is_a_number_where_every_branch_says_so(predicate: str, numeric: bool) -> None:
    (setting,) = parse(f"label: {predicate} -> key = x").axes[0].rules[0].settings or ()
    assert isinstance(setting.value, Capture)
    assert setting.value.numeric is numeric


def test_a_capture_is_seen_to_the_right_of_its_match_and_inside_brackets() -> None:
    rules = parse(r"a: name ~ (?<x>\d+) and (x < 3 or tied) and not x == 1 and (trainable and x > 0)")
    predicate = rules.axes[0].rules[0].predicate
    assert isinstance(predicate, AllOf)
    assert isinstance(predicate.items[-1], AllOf)
    last = predicate.items[-1].items[-1]
    assert isinstance(last, Comparison)
    assert last.left == Capture(last.span, "x", True)


def test_a_let_keeps_captures_of_its_own_to_itself() -> None:
    rules = parse(
        r"let early = name ~ ^h\.(?<i>\d+) and i < 3" + "\n" + r"a_{i}: name ~ g(?<i>\d+) and early"
    )
    assert rules.axes[0].rules[0].captures == ("i",)


def test_each_rule_begins_without_captures() -> None:
    rules = parse(r"a_{i}: name ~ a(?<i>\d+)" + "\n" + r"b_{i}: name ~ b(?<i>\w+)" + "\nc: else")
    assert [rule.captures for rule in rules.axes[0].rules] == [("i",), ("i",), ()]
