"""Rules and branches of `or` that several models reach."""

import pytest
from support import inventory_of

from paramrules import Diagnostic, Inventory, examine, parse
from paramrules.assignment.coverage import BRANCH, RULE, Coverage, Part, coverage
from paramrules.diagnostics import Source, Span

LINEAR, NORM, CONV = (
    f"torch.nn.modules.{name}" for name in ("linear.Linear", "normalization.LayerNorm", "conv.Conv2d")
)
ENCODER = inventory_of(
    [
        {"name": "h.0.fc.weight", "owner": LINEAR, "shape": [4, 4]},
        {"name": "norm.weight", "owner": NORM, "shape": [4], "role": "scale"},
    ]
)
CONVNET = inventory_of([{"name": "stem.weight", "owner": CONV, "shape": [4, 4, 2, 2]}])

RULES = r"""
let any_norm = type(LayerNorm) or type(NormOfNobody)
stem: type(Conv2d) or name ~ ^cls_token$
norm: any_norm
gone?: name ~ lost or name ~ gone
block_{i}: name ~ ^h\.(?<i>\d+)\.fc or name ~ ^layers\.(?<i>\d+)\. and i > 3
rest: else
"""


def covered(text: str, *models: Inventory, strict: bool = False) -> Coverage:
    rules = parse(text)
    return coverage([examine(rules, model, strict=strict) for model in models])


def missed(text: str, *models: Inventory) -> list[tuple[str, str]]:
    return [(part.kind, part.span.one_line) for part in covered(text, *models).missed]


def codes(findings: tuple[Diagnostic, ...]) -> list[str]:
    return [finding.code for finding in findings]


def test_what_one_model_reaches() -> None:
    """A branch that uses a capture means nothing outside of its rule, and is not counted."""
    assert missed(RULES, ENCODER) == [
        (RULE, "stem: type(Conv2d) or name ~ ^cls_token$"),
        (BRANCH, "type(Conv2d)"),
        (BRANCH, "name ~ ^cls_token$"),
        (RULE, "gone?: name ~ lost or name ~ gone"),
        (BRANCH, "name ~ lost"),
        (BRANCH, "name ~ gone"),
        (RULE, "rest: else"),
    ]


def test_what_is_reached_by_another_model_is_reached() -> None:
    assert missed(RULES, ENCODER, CONVNET) == [
        (BRANCH, "name ~ ^cls_token$"),
        (RULE, "gone?: name ~ lost or name ~ gone"),
        (BRANCH, "name ~ lost"),
        (BRANCH, "name ~ gone"),
        (RULE, "rest: else"),
    ]


def test_a_rule_whose_parameters_are_taken_above_is_missed_and_its_branches_are_not() -> None:
    text = "all: name ~ weight\nnorm: type(LayerNorm) or type(Linear) and ndim == 2\n"
    assert missed(text, ENCODER) == [(RULE, "norm: type(LayerNorm) or type(Linear) and ndim == 2")]


def test_findings_are_those_of_all_models() -> None:
    text = "stem: type(Conv2d)\nnorm: type(LayerNorm|FooNorm|GroupNorm)\nlate: name ~ lost\nrest: else\n"
    assert codes(examine(parse(text), ENCODER).findings) == [
        *("N203", "W201"),  # Conv2d
        *("W203", "N203"),
        "W201",
    ]
    both = covered(text, ENCODER, CONVNET)
    assert [(each.code, each.span.text) for each in both.findings if each.span] == [
        ("W203", "FooNorm"),
        ("N203", "GroupNorm"),
        ("W201", "late: name ~ lost"),
    ]


def test_a_branch_of_a_rule_that_is_dead_in_another_model_is_a_finding() -> None:
    text = "stem: type(Conv2d) or name ~ ^cls_token$\nrest: else\n"
    both = covered(text, ENCODER, CONVNET)
    assert [(each.code, each.span.text) for each in both.findings if each.span] == [
        ("W202", "name ~ ^cls_token$")
    ]


def test_under_strict_every_model_has_to_reach_everything() -> None:
    text = "stem: type(Conv2d)\nrest: type(LayerNorm|Linear)\n"
    assert [
        each.span.text for each in covered(text, ENCODER, CONVNET, strict=True).findings if each.span
    ] == [
        "stem: type(Conv2d)",
        "rest: type(LayerNorm|Linear)",
    ]


def test_other_findings_stay() -> None:
    text = "norm: type(LayerNorm)\n"
    assert codes(covered(text, ENCODER, CONVNET, strict=True).findings) == ["E205", "W201", "E205"]


@pytest.mark.parametrize(("reached", "of", "percent"), [(0, 1, 0), (2, 3, 66), (1999, 2000, 99), (7, 7, 100)])
def test_a_percentage_is_never_rounded_up(reached: int, of: int, percent: int) -> None:
    span = Span(Source("a.rules", "a: else"), 0, 7)
    parts = tuple(Part(RULE, span, number < reached) for number in range(of))
    assert Coverage(parts, ()).percent == percent
    assert Coverage(parts, ()).reached(RULE) == (reached, of)
    assert Coverage(parts, ()).reached(BRANCH) == (0, 0)
