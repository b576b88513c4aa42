"""Counts over tied parameters, and messages about attributes of modules."""

import pytest
from support import inventory_of

import paramrules


def settings(text: str, model: paramrules.Inventory) -> dict[str, object]:
    groups = paramrules.assign(paramrules.parse(text), model).groups
    return {model.names[number]: dict(group.settings) for group in groups for number in group.parameters}


def test_of_the_names_of_a_tied_parameter_the_first_is_counted() -> None:
    text = r"all: name ~ \.(?<i>\d+) -> lr = count(name ~ \.(\d+)), eps = index(name ~ \.(\d+))"
    tied = inventory_of([{"name": "a.7", "also": ["b.1"]}, "c.3", "d.5"])
    assert settings(text, tied) == {
        "a.7": {"lr": 3, "eps": 2},
        "c.3": {"lr": 3, "eps": 0},
        "d.5": {"lr": 3, "eps": 1},
    }
    apart = inventory_of(["a.7", "b.1", "c.3", "d.5", "e.3"])
    assert {name: each["lr"] for name, each in settings(text, apart).items()} == dict.fromkeys(apart.names, 4)


@pytest.mark.parametrize(("digits", "number"), [("9" * 18, True), ("1" + "0" * 18, False)])
def test_a_capture_of_nineteen_digits_is_not_a_number(digits: str, number: bool) -> None:
    model = inventory_of([f"b.{digits}.w", "b.2.w"])
    groups = paramrules.assign(paramrules.parse(r"b_{i}: name ~ b\.(?<i>\d+)\."), model).groups
    assert [group.label for group in groups] == ["b_2", f"b_{digits}"]
    computed = paramrules.parse(r"b: name ~ b\.(?<i>\d+)\. and i > 5 -> lr = 1")
    if number:
        assert [group.parameters for group in paramrules.assign(computed, model).groups] == [(0,), (1,)]
    else:
        with pytest.raises(paramrules.RulesError, match=r"E208.*`i` is a number of 19 digits"):
            paramrules.assign(computed, model)


MARKED = inventory_of(
    ["a.x.w", "b.x.w", "c.w", "d"],
    modules={"a.x": {"width": 64}, "b": {"width": 32, "kind": "ssm"}, "c": {"config": {"depth": 2}}},
)


def test_the_module_that_has_an_attribute_is_named() -> None:
    rules = paramrules.parse('wide: module_attr(width) > 40\nslow: module_attr(kind) == "ssm"\nrest: else')
    assignment = paramrules.assign(rules, MARKED)

    def notes(name: str) -> list[str]:
        (axis,) = assignment.explain(name).axes
        clauses = [axis.clause, *(verdict.clause for verdict in axis.earlier)]
        return [clause.note for clause in clauses if clause]

    assert notes("a.x.w")[0] == "module_attr(width) is 64, of the module `a.x`"
    assert notes("b.x.w") == [
        'module_attr(kind) is "ssm", of the module `b`',
        "module_attr(width) is 32, of the module `b`",
    ]
    assert "module_attr(width) is not set" in notes("d")
    two = paramrules.assign(
        paramrules.parse('a: module_attr(width) > 9 and module_attr(kind) == "x"\nb: else'), MARKED
    )
    (axis,) = two.explain("b.x.w").axes
    assert [verdict.clause.note for verdict in axis.earlier] == [
        'module_attr(kind) is "ssm", of the module `b`'
    ]
    both = paramrules.assign(
        paramrules.parse("a: module_attr(width) * 2 > module_attr(depth)\nb: else"),
        inventory_of(["a.b.w"], modules={"a": {"width": 1}, "a.b": {"depth": 1}}),
    )
    (axis,) = both.explain("a.b.w").axes
    assert axis.clause
    assert axis.clause.note.endswith(", `width` of the module `a`, `depth` of the module `a.b`")


@pytest.mark.parametrize(
    ("modules", "where"),
    [
        ({"a": {"x": 1}}, "the module `a`"),
        ({"a": {"x": 1}, "b": {"x": 1}}, "the module `a` and 1 more"),
        ({"": {"x": 1}, "a": {"x": 1}, "b": {"x": 1}}, "the model itself and 2 more"),
    ],
)
def test_an_attribute_that_is_set_on_modules(modules: dict[str, dict[str, object]], where: str) -> None:
    model = inventory_of(["a.w", "b.w"], modules=modules)
    (finding,) = paramrules.assign(paramrules.parse("a: attr(x)\nb: else"), model).findings
    assert finding.help == f"`x` is set on {where}: write `module_attr(x)`"


def test_the_module_or_the_parameter_whose_attribute_cannot_be_looked_into() -> None:
    def said(test: str, model: paramrules.Inventory) -> str:
        with pytest.raises(paramrules.RulesError) as raised:
            paramrules.assign(paramrules.parse(f"a: {test}\nb: else"), model)
        return raised.value.diagnostics[0].message

    module = inventory_of(["a.w"], modules={"a": {"config": object()}})
    parameter = inventory_of([{"name": "a.w", "attributes": {"config": object()}}])
    assert "of the module `a` is " in said("module_attr(config.depth) == 1", module)
    assert "of `a.w` is " in said("attr(config.depth) == 1", parameter)


def test_rules_after_a_dead_one_are_looked_at_too() -> None:
    rules = paramrules.parse("a?: name ~ nothing\nb: name ~ never\nc: else")
    assert [finding.code for finding in paramrules.assign(rules, MARKED).findings] == ["W201"]


def test_what_an_assignment_holds_cannot_be_changed() -> None:
    assignment = paramrules.assign(paramrules.parse("a: ndim == 0\nb?: else"), MARKED)
    axis = assignment.rules.axes[0]
    for thing, field in (
        (assignment.groups[0], "label"),
        (assignment.axes[0], "labels"),
        (assignment.rules, "axes"),
        (axis, "rules"),
        (axis.rules[0], "label"),
    ):
        with pytest.raises(AttributeError):
            setattr(thing, field, None)
