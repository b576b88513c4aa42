"""The data in a report: everything about every parameter, each fact and reason once."""

import pytest
from hypothesis import HealthCheck, assume, given, settings
from oracle.models import marks, models
from oracle.strategies import rule_files
from report_pages import HOSTILE, LINEAR, assigned, hostile, names, read, small, texts
from support import Row, examples, inventory_of

import paramrules
from paramrules.diagnostics import printable
from paramrules.html_report import View, page
from paramrules.html_report.view import VERSION, front_coded

NUMBERED = r"""
option rate = 0.5
let expert = name ~ \.experts\.(?<e>\d+)\.
[sees]
own: name like *.8.* or leaf == "bias2" -> x = 3
cut: name ~ experts\.\d and not name ~ w[12] -> x = 1
last: name ~ ^h\.\d\d? and index(expert) > 5
low_{e}: expert and e < 3 -> x = rate ** e
tall?: shape == (8, 3) and shape[0] > 3 and role == weight
marked?: attr(mark) or module_attr(depth) == 3 or attr(nothing)
of?: variable(Parameter) and tied or type(Linear) and fan_in == 3 or not trainable
text: leaf in ("weight", "scale") or name == "head.3.weight"
rest: else
[plain]
one_{i}: name ~ ^h\.(?<i>\d+)\. -> lr_scale = 0.1 * i
flat?: ndim > 3
others: else
"""


def numbered() -> paramrules.Assignment:
    """Return rules that look at numbers, on names whose numbers come up in facts and in rules too."""
    rows: list[Row] = [
        {
            "name": f"h.{layer}.mlp.experts.{expert}.w{matrix}.weight",
            "owner": LINEAR,
            "variable": "torch.nn.parameter.Parameter",
            "shape": (8, 3),
            "role": "weight",
            "attributes": {"mark": expert} if layer == 1 else {},
        }
        for layer in (0, 1, 3, 10)
        for expert in (0, 1, 2, 3, 8, 10, 12)
        for matrix in (1, 3)
    ]
    rows += [{"name": f"head.{number}.weight", "shape": (number,)} for number in (3, 4)]
    rows += [{"name": f"odd\x1b.{number}.weight", "owner": LINEAR} for number in (3, 4)]
    rows += [{"name": "tied.3.weight", "also": [{"name": "h.3.tied.weight"}]}]
    return assigned(NUMBERED, inventory_of(rows, modules={"h.1.mlp": {"depth": 3}, "h.3": {"depth": 3}}))


def without_attributes() -> paramrules.Assignment:
    """Return rules on a model of which little is known."""
    unknown = {"attr": "there are none", "role": "no roles"}
    rows = [f"h.{number}.weight" for number in range(4)]
    return assigned("a: name ~ 1 or ndim > 1\nb: else\n", inventory_of(rows, unknown=unknown))


@pytest.mark.parametrize("make", [assigned, hostile, numbered, without_attributes])
def test_the_data_holds_what_explain_says(make) -> None:
    holds_what_explain_says(make())


@settings(max_examples=examples(100), suppress_health_check=list(HealthCheck))
@given(text=rule_files(), model=models(), modules=marks())
def test_so_it_does_for_drawn_rules_and_models(text, model, modules) -> None:
    inventory = inventory_of(model, modules=modules)
    try:
        assignment = paramrules.assign(paramrules.parse(text, "small.rules"), inventory)
    except paramrules.RulesError:
        assume(False)
    holds_what_explain_says(assignment)


def holds_what_explain_says(assignment: paramrules.Assignment) -> None:
    state = list(range(len(assignment.inventory)))
    found = read(View(assignment, "small.json", state=state)).data
    (view,) = found["views"]
    assert found["version"] == VERSION
    assert (view["rules"], view["model"], view["framework"]) == ("small.rules", "small.json", "torch")
    assert view["axes"] == [axis.name for axis in assignment.axes]
    assert len(view["rows"]) == len(assignment.inventory)
    for at, name in enumerate(assignment.inventory.names[: len(assignment.inventory)]):
        explanation = assignment.explain(name)
        group, elements, trained, facts, of_state, *reasons = view["kinds"][view["rows"][at]]
        assert names(view)[at] == printable(name)
        assert view["groups"][group]["label"] == explanation.group.label
        assert elements == assignment.inventory.column("elements")[at]
        assert (trained == 1) is assignment.trained[at]
        assert of_state == state[at]
        flat = texts(view, at, view["facts"][facts])
        about = list(zip(flat[::2], flat[1::2], strict=True))
        assert about == [(fact, printable(value)) for fact, value in explanation.facts()]
        for reason, (head, table) in zip(reasons, explanation.verdicts(), strict=True):
            first, *verdicts = view["reasons"][reason]
            assert texts(view, at, [first]) == [printable(head)]
            rows = [tuple(texts(view, at, view["verdicts"][verdict])) for verdict in verdicts]
            assert rows == [tuple(map(printable, row)) for row in table.rows]


def test_groups_are_those_of_the_assignment() -> None:
    (view,) = read(View(assigned(), "m")).data["views"]
    groups = {group.pop("label"): group for group in view["groups"]}
    assert list(groups) == [group.label for group in assigned().groups]
    assert groups["no_decay/block_1"] == {
        "labels": ["no_decay", "block_1"],
        "settings": "weight_decay=0, lr_scale=0.125",
        "rate": [0.125, True, "0.125 of base"],
        "decay": [0, True, "0"],
        "optimizer": "",
        "color": [255, 0.0],
    }
    assert groups["decay/head"]["rate"] == [0.001, False, "0.001"]
    assert groups["decay/default"]["rate"] == [1, True, "base"]
    same_hue = [groups[f"no_decay/block_{number}"]["color"] for number in (1, 2, 3)]
    assert same_hue == [[255, 0.0], [255, 0.5], [255, 1.0]]


def test_a_group_that_names_an_optimizer_and_a_rate_that_is_not_finite() -> None:
    rules = 'a: ndim > 1 -> optimizer = "muon", lr = 1e308, lr_scale = 1e10\nb: else -> lr_scale = 0\n'
    (view,) = read(View(assigned(rules), "m")).data["views"]
    muon, still = view["groups"]
    assert muon["optimizer"] == "muon"
    assert muon["rate"] == [None, False, "inf"]
    assert still["rate"] == [0, True, "0"]


def test_reasons_are_shared_by_layers() -> None:
    """The data of a model with ten times as many layers has no more verdicts."""
    few, many = (read(View(assigned(inventory=small(blocks)), "m")).data["views"][0] for blocks in (10, 100))
    assert len(few["verdicts"]) == len(many["verdicts"])
    assert len(many["rows"]) == len(few["rows"]) + 3 * 90


def test_names_are_coded_by_what_they_share() -> None:
    long = "x" * 70
    assert front_coded(["h.0.weight", "h.0.bias", "h.0.bias2", long, long + "y", "z"]) == "\n".join(
        ["0h.0.weight", "4bias", "82", "0" + long, "Z" + "x" * 9 + "y", "0z"]
    )
    assert front_coded(["a\U0001f917.0", "a\U0001f917.1"]) == "0a\U0001f917.0\n1\U0001f917.1"


def test_names_of_other_families_have_other_hues() -> None:
    rules = "".join(f'g{chr(97 + at)}: name == "p{at}.w"\n' for at in range(10))
    assignment = assigned(rules, inventory_of([f"p{at}.w" for at in range(10)]))
    (view,) = read(View(assignment, "m")).data["views"]
    hues = [group["color"][0] for group in view["groups"]]
    assert hues == [255, 50, 165, 340, 300, 130, 85, 20, 272, 67]
    assert {group["color"][1] for group in view["groups"]} == {0.3}


def test_the_same_inputs_give_the_same_text() -> None:
    assert page([View(assigned(), "m")]) == page([View(assigned(), "m")])


def test_attacks_stay_names() -> None:
    (view,) = read(View(hostile(), "m")).data["views"]
    assert names(view) == list(map(printable, HOSTILE))


def test_moves_are_about_rows() -> None:
    old = paramrules.examine(paramrules.parse("a: role == bias -> x = 1\nb: ndim == 1\nc: else\n"), small(2))
    new = paramrules.examine(paramrules.parse("a: ndim == 1 -> x = 2\nc: else\n"), small(3))
    (view,) = read(View(new, "m", paramrules.diff(old, new), "old.rules")).data["views"]
    moves: dict[str, list[str]] = {}
    for text, rows in view["moves"]:
        moves.setdefault(text, []).extend(names(view)[row] for row in rows)
    assert moves == {
        "moved from b, x - -> 2": ["blocks.0.norm.weight", "blocks.1.norm.weight"],
        "other settings, x 1 -> 2": ["blocks.0.fc.bias", "blocks.1.fc.bias"],
        "new": ["blocks.2.norm.weight", "blocks.2.fc.bias", "blocks.2.fc.weight"],
    }
    (back,) = read(View(old, "m", paramrules.diff(new, old), "new.rules")).data["views"]
    assert [text for text, _ in back["moves"]] == ["moved from a, x 2 -> -", "other settings, x 2 -> 1"]
    plain = paramrules.parse("a: else\n")
    wider = [paramrules.examine(plain, inventory_of([{"name": "w", "shape": (size,)}])) for size in (2, 3)]
    (shape,) = read(View(wider[1], "m", paramrules.diff(*wider), "old.rules")).data["views"]
    assert shape["moves"] == [["shape: (2,) -> (3,)", [0]]]
    renamed = paramrules.diff(paramrules.parse("b: else\n"), plain, small())
    (moved,) = read(View(assigned("a: else\n"), "m", renamed, "old.rules")).data["views"]
    assert [text for text, _ in moved["moves"]] == ["moved from b"]
    (none,) = read(View(assigned(), "m")).data["views"]
    assert none["moves"] is None
