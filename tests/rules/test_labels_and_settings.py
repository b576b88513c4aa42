"""Labels and settings, as far as they can be compared without a model."""

import pytest

from paramrules.diagnostics import RulesError
from paramrules.rules import parse

SAME = [
    ("-> lr = 0.1", "-> lr = 0.1"),
    ("-> lr = 1", "-> lr = 1.0"),
    ("-> lr = rate", "-> lr = 0.1"),
    ("-> lr = rate", "-> lr = rate + 1"),
    ("-> betas = (0.9, 0.95)", "-> betas = (0.9, 0.95)"),
    ("-> betas = (rate, 0.95)", "-> betas = (0.9, 0.95)"),
    ("-> lr = 0.1, eps = 1", "-> eps = 1, lr = 0.1"),
    ("-> lr = 0.1", ""),
    ("", ""),
]


@pytest.mark.parametrize(("first", "second"), SAME)
def test_settings_that_may_be_the_same(first: str, second: str) -> None:
    assert parse(f"option rate = 0.5\na: ndim == 1 {first}\nb: tied\na: ndim == 2 {second}").findings == ()


def test_templates_are_compared_when_they_are_filled_in() -> None:
    text = "a_{i}: name ~ a(?<i>\\d) -> lr = 1\na_{i}: name ~ b(?<i>\\d) -> lr = 2\na_1: tied -> lr = 3"
    assert parse(text).findings == ()


def test_axes_may_give_one_label_two_settings_and_multiply_scales() -> None:
    text = (
        "a: ndim == 1 -> lr = 1, lr_scale = 2\n"
        "[x]\na: ndim == 1 -> eps = 1, lr_scale = 3, weight_decay_scale = 4\n"
        "[y]\na: ndim == 1 -> weight_decay_scale = 5"
    )
    assert [len(axis.rules) for axis in parse(text).axes] == [1, 1, 1]


def test_the_axis_without_a_name_is_there_only_if_it_holds_something() -> None:
    assert [axis.name for axis in parse("let a = 1\n[x]\nb: else").axes] == ["x"]
    assert [axis.name for axis in parse("a: tied\n[x]\nb: else").axes] == ["", "x"]


EXPECTED = [
    ("a: tied", "a"),
    ("a: tied", "default"),
    ("default: else", "default"),
    ("a_{i}: name ~ (?<i>\\d)", "a_3"),
    ("a_{i}_b: name ~ (?<i>\\d)", "a_3_b"),
    ("a_{i}: name ~ (?<i>\\d)", "a_{ndim}"),
    ("a_3: tied", "a_{ndim}"),
    ("a_{i}: name ~ (?<i>\\d)", "a_3_{ndim}"),
]


@pytest.mark.parametrize(("rule", "label"), EXPECTED)
def test_a_label_that_some_rule_may_give(rule: str, label: str) -> None:
    assert parse(f"{rule}\nexpect {label}: ndim == 2").findings == ()


@pytest.mark.parametrize(
    ("rule", "label"),
    [
        ("a: else", "default"),
        ("a_3: tied", "a"),
        ("a: tied", "a_{ndim}"),
        ("a_{i}: name ~ (?<i>\\d)", "b_{ndim}"),
        ("a_{i}: name ~ (?<i>\\d)", "a"),
    ],
)
def test_a_label_that_no_rule_can_give(rule: str, label: str) -> None:
    with pytest.raises(RulesError) as caught:
        parse(f"{rule}\nexpect {label}: ndim == 2")
    assert [finding.code for finding in caught.value.diagnostics] == ["E320"]


def test_many_labels_are_not_all_listed() -> None:
    with pytest.raises(RulesError) as caught:
        parse("".join(f"a{i}: ndim == {i}\n" for i in range(9)) + "expect something: tied")
    assert (
        caught.value.diagnostics[0].help
        == "its labels are `a0`, `a1`, `a2`, `a3`, `a4`, ..., and `default` for what no rule takes"
    )


@pytest.mark.parametrize(
    "text",
    [
        "a: ndim <= 1 -> freeze = false, skip = true\nb: else\n",
        "a: ndim <= 1 -> skip = false, freeze = true\nb: else\n",
        "[x]\na: ndim <= 1 -> freeze = false\nb: else\n\n[y]\nc: ndim <= 1 -> skip = true\nd: else\n",
    ],
)
def test_neither_frozen_nor_skipped_where_it_says_false(text: str) -> None:
    assert not parse(text, "m.rules").findings


def test_frozen_by_a_later_rule_of_another_axis() -> None:
    text = "[x]\na: ndim <= 1 -> freeze = false\nb: else -> freeze = true\n\n[y]\nc: else -> skip = true\n"
    with pytest.raises(RulesError) as raised:
        parse(text, "m.rules")
    assert [finding.code for finding in raised.value.diagnostics] == ["E329"]
