"""A decay of 0 by the label `no_decay`, shown and explained."""

from emission.small_inventory import inventory

import paramrules
from paramrules.assignment import Assignment
from paramrules.display import text_of

MODEL = inventory({"w": (4, 4), "decay": (4,), "b": (4,)})


def assigned(text: str) -> Assignment:
    return paramrules.assign(paramrules.parse(text, "d.rules"), MODEL)


def test_it_is_shown_as_a_setting_that_comes_by_the_label() -> None:
    assignment = assigned("no_decay: ndim <= 1\nrest: else -> lr_scale = 2")
    assert (
        text_of(assignment.report())
        == """\
group     settings        tensors  parameters  share
no_decay  weight_decay=0        2           8  33.3%
rest      lr_scale=2            1          16  66.7%
total                           3          24

`no_decay` has weight_decay=0 by its label"""
    )
    assert assignment.rows()[0]["settings"] == {"weight_decay": 0}


def test_it_is_explained() -> None:
    explanation = assigned("no_decay: ndim <= 1 -> lr_scale = 2").explain("b")
    assert (
        str(explanation)
        == """\
`b` is in `no_decay` with lr_scale = 2, weight_decay = 0
  `no_decay`: `ndim <= 1` at d.rules:1: ndim is 1
    weight_decay = 0 by its label"""
    )
    assert "by its label" in text_of(explanation.report())


def test_a_written_decay_is_not_by_its_label() -> None:
    assignment = assigned("no_decay: ndim <= 1 -> weight_decay = 0")
    assert "by its label" not in f"{assignment}{assignment.explain('b')}"


def test_a_filled_label_above_a_silent_one_has_no_decay_to_explain() -> None:
    assignment = assigned("no_{word}: name ~ ^(?<word>decay)\nno_decay?: name ~ nothing\nrest: else")
    assert assignment.group("no_decay").settings == {}
    assert "by its label" not in f"{assignment}{assignment.explain('decay')}"
