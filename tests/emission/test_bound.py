"""Rules bound to a model: arguments, fit, parts, groups, warnings."""

import warnings
from pathlib import Path
from typing import Any

import pytest
from emission.small_inventory import inventory

import paramrules
from paramrules import Inventory, RulesError, RulesWarning
from paramrules.emission import Bound, bind, check_choice, check_rate, warn

RULES = paramrules.parse("off: name ~ ^emb -> freeze = true\nsmall?: ndim <= 1\nrest: else", "net.rules")
SHAPES: dict[str, tuple[int, ...]] = {"emb": (4, 3), "weight": (3, 3), "bias": (3,), "gain": (3,)}
NET = inventory(SHAPES, untrained=("gain",))


def bound(rules: Any = RULES, model: Inventory = NET, **how: Any) -> Bound:
    return bind(rules, lambda: model, **how)


def test_groups_have_the_parameters_that_train() -> None:
    assert [(one.position, one.group.label, list(one.numbers)) for one in bound().groups()] == [
        (1, "small", [2]),
        (2, "rest", [1]),
    ]
    assert [list(one.numbers) for one in bound().groups(untrained=True)] == [[2, 3], [1]]
    assert bound().frozen() == [0]


def test_what_is_skipped_is_in_no_group_and_not_frozen() -> None:
    held = bound(
        paramrules.parse("off: name ~ ^emb -> skip = true\nkept: ndim <= 1 -> skip = false\nrest: else")
    )
    assert [(one.group.label, list(one.numbers)) for one in held.groups(empty=True)] == [
        ("kept", [2]),
        ("rest", [1]),
    ]
    assert (held.skipped(), held.frozen()) == ([0], [])


def test_groups_without_parameters_are_left_out_unless_asked_for() -> None:
    held = bound(model=inventory(SHAPES, untrained=("weight",)))
    assert [one.group.label for one in held.groups()] == ["small"]
    assert [(one.group.label, list(one.numbers)) for one in held.groups(empty=True)] == [
        ("small", [2, 3]),
        ("rest", []),
    ]


def test_rules_are_assigned_with_options() -> None:
    rules = paramrules.parse("option most = 1\nsmall?: ndim <= most\nrest: else")
    assert [one.group.label for one in bound(rules, options={"most": 2}).groups()] == ["small"]
    with pytest.raises(RulesError, match="W201"):
        bound(paramrules.parse("large: ndim == 7\nrest: else"), strict=True)


@pytest.mark.parametrize(("rules", "what"), [(None, "NoneType"), (NET, f"{Inventory.__module__}.Inventory")])
def test_rules_come_after_the_model(rules: Any, what: str) -> None:
    with pytest.raises(TypeError) as raised:
        bind(rules, pytest.fail, after="the weights")
    assert str(raised.value) == (
        f"`rules` comes after the weights, as a path or what `paramrules.load` returns; this is a `{what}`"
    )


def test_rules_that_come_before_the_model() -> None:
    for first in (RULES, paramrules.assign(RULES, NET), "net.rules", Path("net.rules")):
        with pytest.raises(TypeError) as raised:
            bind(NET, pytest.fail, first=first)  # type: ignore[arg-type]
        assert str(raised.value) == "the arguments are in the wrong order: pass the model, then the rules"
    with pytest.raises(TypeError, match=r"this is the class `pathlib\.Path`$"):
        bind(Path, pytest.fail, first=NET)  # type: ignore[arg-type]


@pytest.mark.parametrize("how", [{"options": {}}, {"strict": True}])
def test_an_assignment_has_used_its_arguments(how: dict[str, Any]) -> None:
    with pytest.raises(
        ValueError, match=r"^pass `options`, `strict` and the model to `paramrules\.assign`, which made"
    ):
        bound(paramrules.assign(RULES, NET), **how)


def test_a_prepared_assignment_fits_a_model_with_the_same_parameters() -> None:
    assignment = paramrules.assign(RULES, NET)
    assert bound(assignment).assignment is assignment
    held = bound(assignment, inventory(SHAPES, untrained=("bias",)))
    assert [list(one.numbers) for one in held.groups()] == [[3], [1]]


@pytest.mark.parametrize(
    ("model", "how"),
    [
        ({k: v for k, v in SHAPES.items() if k != "bias"}, "that one has `bias` and this one does not"),
        ({**SHAPES, "new": (1,)}, "this one has `new` and that one does not"),
        (dict(reversed(SHAPES.items())), "its parameters are in another order"),
        ({**SHAPES, "bias": (4,)}, "`bias` has the shape (3,) there and (4,) here"),
        ({**SHAPES, "bias": (2,)}, "`bias` has the shape (3,) there and (2,) here"),
    ],
)
def test_an_assignment_for_another_model(model: dict[str, tuple[int, ...]], how: str) -> None:
    with pytest.raises(RulesError) as raised:
        bound(paramrules.assign(RULES, NET), inventory(model))
    assert str(raised.value) == (
        f"\nerror[E601]: the assignment was made for another model: {how}\n"
        "  = help: assign the rules to this model, or pass the rules themselves"
    )


def test_a_part_has_numbers_of_its_own() -> None:
    assignment = paramrules.assign(RULES, inventory(SHAPES, bias="tied"))
    held = bound(assignment, inventory({"tied": (3,), "emb": (4, 3)}), part=True)
    assert held.frozen() == [1]
    assert [(one.group.label, list(one.numbers)) for one in held.groups(empty=True)] == [
        ("small", [0]),
        ("rest", []),
    ]


@pytest.mark.parametrize(
    ("part", "how"),
    [
        (inventory({"head": (3,)}), "the model does not have `head`"),
        (inventory({"weight": (4, 3)}), "`weight` has the shape (3, 3) there and (4, 3) here"),
        (inventory({"weight": (2, 3)}), "`weight` has the shape (3, 3) there and (2, 3) here"),
        (inventory({"bias": (3,)}, bias="gain"), "`bias` and `gain` are one tensor here and two there"),
        (inventory({"bias": (3,), "tied": (3,)}), "`bias` and `tied` are two tensors here and one there"),
    ],
)
def test_what_is_not_a_part(part: Inventory, how: str) -> None:
    with pytest.raises(RulesError) as raised:
        bound(paramrules.assign(RULES, inventory(SHAPES, bias="tied")), part, part=True)
    assert str(raised.value) == (
        f"\nerror[E601]: this is not a part of the model that the assignment was made for: {how}\n"
        "  = help: give the parts of a model the names and shapes that they have in the whole, "
        "and assign the rules to the whole"
    )


def test_a_part_needs_the_assignment_of_the_whole() -> None:
    with pytest.raises(
        ValueError, match=r"^`part` needs the assignment of the whole model: pass what `paramrules\.ass"
    ):
        bound(part=True)


def test_nobody_is_warned_of_a_note() -> None:
    known = inventory(SHAPES, bias="tied")
    rules = paramrules.parse("a: name ~ ^bias\nrest: else")
    assert [finding.code for finding in bound(rules, known).assignment.findings] == ["N210"]


def test_what_else_a_warning_takes_has_its_name() -> None:
    with pytest.raises(TypeError, match="positional argument"):
        warn([], ())  # type: ignore[misc]  # which the test is about


def test_findings_point_at_the_frame_that_is_asked_for() -> None:
    rules = paramrules.parse("large: ndim == 9\nrest: else")
    known = inventory(SHAPES)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        bound(rules, known, stacklevel=2)
        bind(rules, lambda: known)
        warn(paramrules.assign(rules, known).findings)
    assert {warning.category for warning in caught} == {RulesWarning}
    assert [warning.filename for warning in caught] == [__file__] * len(caught)
    lines = [warning.lineno for warning in caught]
    assert len(set(lines)) == 3
    assert lines == sorted(lines)


@pytest.mark.parametrize("rate", [None, 1, 0.5])
def test_a_base_rate(rate: Any) -> None:
    check_rate("lr", rate, lambda rate: False)


@pytest.mark.parametrize(
    ("rate", "said"),
    [
        ("1e-3", "`lr` is '1e-3', a `str`, and should be a number"),
        (True, "`lr` is True, a `bool`, and should be a number"),
        (
            "x" * 99,
            f"`lr` is '{'x' * 59}, a `str`, and should be a number",
        ),
    ],
)
def test_a_base_rate_of_another_type(rate: Any, said: str) -> None:
    with pytest.raises(TypeError) as raised:
        check_rate("lr", rate, lambda rate: False)
    assert str(raised.value) == said


@pytest.mark.parametrize("rate", [len, {"late": 1}])
def test_a_schedule_in_place_of_a_number(rate: Any) -> None:
    with pytest.raises(TypeError, match=r"and should be a number: schedule it later$"):
        check_rate("lr", rate, lambda rate: False, scheduled="schedule it later")
    with pytest.raises(TypeError, match=r"and should be a number$"):
        check_rate("lr", rate, lambda rate: False)


def test_a_framework_has_rates_of_its_own() -> None:
    check_rate("lr", "fast", lambda rate: rate == "fast", wanted="a word")
    with pytest.raises(TypeError, match=r"^`lr` is None, a `NoneType`, and should be a word$"):
        check_rate("lr", None, lambda rate: rate == "fast", wanted="a word", optional=False)


def test_a_choice() -> None:
    check_choice("mode", "b", "a", "b")
    with pytest.raises(ValueError, match=r"^`mode` is 'c' and should be 'a' or 'b'$"):
        check_choice("mode", "c", "a", "b")
