"""The face of an assignment."""

from collections.abc import Callable
from dataclasses import FrozenInstanceError
from importlib.resources import files
from pathlib import Path
from typing import Any, cast
from zipfile import ZipFile

import pytest
from gpt import GPT

import paramrules

LAYERS = (
    "[decay]\nno_decay: ndim <= 1 -> weight_decay = 0\n"
    "[lr]\nb_{i}: name ~ ^h\\.(?<i>\\d+)\\. -> lr_scale = i\n"
)


@pytest.fixture(scope="module")
def layers() -> paramrules.Assignment:
    return paramrules.assign(paramrules.parse(LAYERS, "m.rules"), GPT)


def test_groups_hold_every_parameter_once(layers: paramrules.Assignment) -> None:
    taken = sorted(p for group in layers.groups for p in group.parameters)
    assert taken == list(range(len(GPT)))
    assert repr(layers) == "<Assignment of 14 parameters to 7 groups>"
    assert [group.label for group in layers.groups] == [
        "no_decay/b_0",
        "no_decay/b_1",
        "no_decay/b_2",
        "default/b_0",
        "default/b_1",
        "default/b_2",
        "default/default",
    ]


def test_who_receives_an_assignment_cannot_change_it(layers: paramrules.Assignment) -> None:
    with pytest.raises(FrozenInstanceError, match="cannot assign to field 'groups'"):
        layers.groups = ()  # type: ignore[misc]
    columns = layers.group_numbers, layers.trained, layers.axes[0].of, layers.axes[0].rules
    assert {type(column) for column in columns} == {tuple}


def test_the_group_of_a_parameter_by_any_of_its_names(layers: paramrules.Assignment) -> None:
    assert layers.group_of("h.2.ln.bias").settings == {"weight_decay": 0, "lr_scale": 2}
    assert layers.group_of("lm_head.weight") is layers.group_of("wte.weight")


def test_an_axis_by_its_name(layers: paramrules.Assignment) -> None:
    axis = layers.axis("lr")
    assert axis.labels == ("b_0", "b_1", "b_2", "default")
    assert (axis.of[GPT.index("h.1.fc.bias")], axis.rules[GPT.index("h.1.fc.bias")]) == (1, 0)
    assert (axis.of[GPT.index("wte.weight")], axis.rules[GPT.index("wte.weight")]) == (3, -1)


def said(work: Callable[..., object], *arguments: object) -> str:
    with pytest.raises(paramrules.RulesError) as caught:
        work(*arguments)
    return str(caught.value).strip()


@pytest.mark.parametrize(("name", "what"), [(3, "an `int`"), (None, "a `NoneType`"), (["w"], "a `list`")])
def test_names_that_are_not_strings(layers: paramrules.Assignment, name: Any, what: str) -> None:
    for work in (layers.explain, layers.group_of):
        with pytest.raises(TypeError, match=f"^`name` is {what}, and should be a parameter's name, such as"):
            work(name)


def test_names_that_are_not_there(layers: paramrules.Assignment) -> None:
    assert said(layers.group_of, "h.2.ln.bais") == (
        "error[E214]: the model has no parameter `h.2.ln.bais`\n  = help: did you mean `h.2.ln.bias`?"
    )
    assert said(layers.explain, "q") == (
        "error[E214]: the model has no parameter `q`\n"
        "  = help: `paramrules show FILE --model M --names` lists all names"
    )
    assert said(layers.axis, "rl") == "error[E603]: `m.rules` has no axis `rl`\n  = help: did you mean `lr`?"
    assert said(layers.axis, "rate") == (
        "error[E603]: `m.rules` has no axis `rate`\n  = help: its axes: `decay`, `lr`"
    )
    assert said(layers.axis, "deca") == (
        "error[E603]: `m.rules` has no axis `deca`\n  = help: did you mean `decay`?"
    )
    assert said(layers.axis, cast(Any, 0)) == (
        "error[E603]: `m.rules` has no axis `0`\n  = help: its axes: `decay`, `lr`"
    )
    one = paramrules.assign(paramrules.parse("a: else\n", "one.rules"), GPT)
    assert said(one.axis, "lr") == (
        "error[E603]: `one.rules` has no axis `lr`\n  = help: its only axis has no name"
    )


@pytest.mark.parametrize(
    ("text", "names", "suggested"),
    [
        (
            "token_embeds",
            ["token_ember", "token_embers", "token_embed", "head"],
            "`token_embed` or `token_embers`",
        ),
        # 0.8 and 0.76: as far from the closest as a suggestion may be
        (
            "abcdefghijklmnopqrstuvwxy",
            ["abcdefghijklmnopqrs000000", "abcdefghijklmnopqrst00000"],
            "`abcdefghijklmnopqrst00000` or `abcdefghijklmnopqrs000000`",
        ),
    ],
)
def test_names_are_suggested_that_are_about_as_close_as_the_closest(
    text: str, names: list[str], suggested: str
) -> None:
    from support import inventory_of

    assignment = paramrules.assign(paramrules.parse("a: else\n"), inventory_of(names))
    assert f"did you mean {suggested}?" in said(assignment.explain, text)


def test_a_label_split_by_settings_in_one_of_two_axes() -> None:
    text = (
        "[width]\nhidden: type(Linear) and fan_in > 0 -> lr_scale = 8 / fan_out\nrest: else\n"
        "[depth]\nlate: name ~ 2 -> lr_scale = 2, eps = 1\nearly: else\n"
    )
    groups = paramrules.assign(paramrules.parse(text), GPT).groups
    assert [(g.label, g.labels, dict(g.settings)) for g in groups] == [
        ("hidden#1/late", ("hidden", "late"), {"lr_scale": 8 / 12 * 2, "eps": 1}),
        ("hidden#2/early", ("hidden", "early"), {"lr_scale": 1.0}),
        ("hidden#3/early", ("hidden", "early"), {"lr_scale": 2.0}),
        ("rest/late", ("rest", "late"), {"lr_scale": 2, "eps": 1}),
        ("rest/early", ("rest", "early"), {}),
    ]


def test_rules_without_an_arrow_take_the_settings_of_the_label() -> None:
    text = "b_{i}: name ~ ^h\\.(?<i>\\d+)\\.ln -> lr = i\nb_{i}: name ~ ^h\\.(?<i>\\d+)\\.\nb_1: tied\n"
    groups = paramrules.assign(paramrules.parse(text), GPT).groups
    assert [(g.label, dict(g.settings), len(g.parameters)) for g in groups] == [
        ("b_0", {"lr": 0}, 4),
        ("b_1", {"lr": 1}, 5),
        ("b_2", {"lr": 2}, 4),
        ("default", {}, 1),
    ]


def test_expectations_have_outcomes() -> None:
    rules = paramrules.parse("a: ndim == 1\nexpect a: type(LayerNorm)\nexpect a: tied\n", "m.rules")
    good, bad = paramrules.expectations(rules, GPT)
    assert (good.axis, good.parameters, good.holds) == ("", 6, True)
    assert (bad.parameters, bad.holds) == (1, False)
    with pytest.raises(paramrules.RulesError, match="E205"):
        paramrules.expectations(rules, GPT, strict=True)


def test_options_reach_everything() -> None:
    text = "option w = 4\noption on = true\nx_{w}: on and ndim == 1 and size <= w -> eps = w / 2\n"
    rules = paramrules.parse(text)
    groups = paramrules.assign(rules, GPT, options={"w": 8}).groups
    assert [(g.label, dict(g.settings), len(g.parameters)) for g in groups] == [
        ("x_8", {"eps": 4.0}, 8),
        ("default", {}, 6),
    ]
    (group,) = paramrules.assign(rules, GPT, options={"on": False}).groups
    assert group.label == "default"


def test_rules_by_path(tmp_path: Path) -> None:
    path = tmp_path / "m.rules"
    path.write_text("a: else\n")
    assert paramrules.assign(path, GPT).groups == paramrules.assign(str(path), GPT).groups


def test_the_wrong_order_of_arguments() -> None:
    for call, work in (
        ("assign(rules, model)", paramrules.assign),
        ("examine(rules, model)", paramrules.examine),
        ("expectations(rules, model)", paramrules.expectations),
        ("prove(a, b)", lambda first, second: paramrules.prove(second, first)),
        ("parity(rules, a, b)", lambda first, second: paramrules.parity(first, GPT, second)),
    ):
        with pytest.raises(TypeError) as caught:
            work(GPT, paramrules.parse("a: else"))  # type: ignore[operator]
        assert str(caught.value) == (
            f"write `paramrules.{call}`, with the rules as a path or as `Rules` from `paramrules.load`; "
            "this is a `paramrules.inventories.inventory.Inventory`"
        )


def test_rules_from_the_resources_of_a_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with ZipFile(tmp_path / "shipped.zip", "w") as file:
        file.writestr("shipped/__init__.py", "")
        file.writestr("shipped/vit.rules", "a: ndim <= 1\nb: else\n")
        file.writestr("shipped/bad.rules", 'include "other.rules"\na: else\n')
    monkeypatch.syspath_prepend(tmp_path / "shipped.zip")
    folder = files("shipped")
    rules = paramrules.load(folder / "vit.rules")
    assert [rule.label.text for rule in rules.axes[0].rules] == ["a", "b"]
    assert paramrules.assign(folder / "vit.rules", GPT).groups == paramrules.assign(rules, GPT).groups
    assert paramrules.parity(folder / "vit.rules", GPT, GPT).same
    (included,) = paramrules.check(folder / "bad.rules")
    assert included.code == "E112"
    (missing,) = paramrules.check(folder / "vti.rules")
    assert missing.message == f"`{tmp_path}/shipped.zip/shipped/vti.rules` cannot be read: it does not exist"


def test_numbers_too_long_to_be_numbers_stay_texts() -> None:
    from support import inventory_of

    model = inventory_of([f"b.{'9' * 30}.w", "b.1.w"])
    text = "let b = name ~ b\\.(?<i>\\d+)\\.\nb_{i}: b -> lr = index(b) + count(b)\n"
    groups = paramrules.assign(paramrules.parse(text), model).groups
    assert [(g.label, dict(g.settings)) for g in groups] == [("b_1", {"lr": 2}), (f"b_{'9' * 30}", {"lr": 3})]


def test_public_names_are_what_they_say() -> None:
    assert set(dir(paramrules)) == set(paramrules.__all__)
    assert all(getattr(paramrules, name) for name in paramrules.__all__)
    with pytest.raises(AttributeError, match="module 'paramrules' has no attribute 'lode'"):
        _ = paramrules.lode  # type: ignore[attr-defined]


def test_true_and_false_are_predicates() -> None:
    rules = paramrules.parse("a: name ~ ln and true\nb: name ~ fc and not false\nc: else\n")
    assert [len(group.parameters) for group in paramrules.assign(rules, GPT).groups] == [6, 6, 2]


def test_one_is_not_true() -> None:
    text = "x_{i}: name ~ ^h\\.(?<i>\\d+)\\.ln -> foo = 1\nx_1: name ~ ^h\\.1 -> foo = true\n"
    assert said(paramrules.assign, paramrules.parse(text), GPT).startswith(
        "error[E207]: the label `x_1` has two different settings"
    )


def test_a_let_of_more_than_a_match_keeps_its_captures() -> None:
    from support import inventory_of

    model = inventory_of(["h.1.g7", "h.5.g8"])
    text = "let early = name ~ ^h\\.(?<i>\\d+)\\. and i < 3\na_{i}: name ~ g(?<i>\\d+) and early\n"
    groups = paramrules.assign(paramrules.parse(text), model).groups
    assert [group.label for group in groups] == ["a_7", "default"]


def test_a_test_compares_captures_of_two_matches() -> None:
    from support import inventory_of

    rules = paramrules.parse(
        "same: name ~ ^h\\.(?<i>\\d+)\\. and name ~ w(?<j>\\d+)$ and i == j\nother: else\n"
    )
    assignment = paramrules.assign(rules, inventory_of(["h.1.w1", "h.1.w2", "h.2.w1", "h.2.w2"]))
    labels = [assignment.group_of(name).label for name in assignment.inventory.names]
    assert labels == ["same", "other", "other", "same"]


def test_a_capture_that_may_be_a_text_is_one() -> None:
    from support import inventory_of

    model = inventory_of(["q05", "r05", "rx", "s.07"])
    text = "a_{x}: name ~ ^q(?<x>\\d+) or name ~ ^r(?<x>\\w+)\nb_{x}: name ~ s\\.(?<x>\\d+)\n"
    assignment = paramrules.assign(paramrules.parse(text), model)
    assert [group.label for group in assignment.groups] == ["a_05", "a_x", "b_7"]
    assert assignment.explain("q05").axes[0].captures == {"x": "05"}
    assert assignment.explain("s.07").axes[0].captures == {"x": 7}


def test_an_option_without_a_default_as_a_predicate() -> None:
    rules = paramrules.parse("option on\na: on and ndim == 1\n", "m.rules")
    assert len(paramrules.assign(rules, GPT, options={"on": True}).groups) == 2
    assert said(lambda: paramrules.assign(rules, GPT, options={"on": 3})) == (
        "error[E213]: option `on` is used as a predicate here, and is 3\n"
        "  --> m.rules:2:4\n"
        "   |\n"
        " 2 | a: on and ndim == 1\n"
        "   |    ^^ true or false\n"
        "   = help: give it a boolean, or compare it: `on == 3`"
    )


def test_booleans_have_no_order() -> None:
    from support import inventory_of

    model = inventory_of([{"name": "w", "attributes": {"a": False, "b": True}}])
    for predicate, groups in (("attr(a) < attr(b)", ["default"]), ("attr(a) != attr(b)", ["x"])):
        assignment = paramrules.assign(paramrules.parse(f"x?: {predicate}\n"), model)
        assert [group.label for group in assignment.groups] == groups


@pytest.mark.parametrize(
    ("setting", "value", "message"),
    [
        ("lr", True, "`lr` is a number, and for the parameter `a` it is `True`"),
        ("lr_scale", "abc", "`lr_scale` is a number, and for the parameter `a` it is `'abc'`"),
        ("freeze", "false", "`freeze` is a boolean, and for the parameter `a` it is `'false'`"),
        ("optimizer", {"x": 1}, "`optimizer` is a string, and for the parameter `a` it is `{'x': 1}`"),
        (
            "my_key",
            {"x": 1},
            "`my_key` is a number, a string, true, false, none or a tuple of these, "
            "and for the parameter `a` it is `{'x': 1}`",
        ),
        ("betas", ((0.9,), 0.5), "`betas` is a tuple, and for the parameter `a` it is `((0.9,), 0.5)`"),
    ],
)
def test_a_setting_read_from_an_attribute_has_a_type(setting: str, value: object, message: str) -> None:
    from support import inventory_of

    rules = paramrules.parse(f"all: else -> {setting} = attr(z)")
    with pytest.raises(paramrules.RulesError) as raised:
        paramrules.assign(rules, inventory_of([{"name": "a", "attributes": {"z": value}}]))
    (finding,) = raised.value.diagnostics
    assert (finding.code, finding.message) == ("E317", message)


@pytest.mark.parametrize(
    ("setting", "value"),
    [("lr", 0.5), ("freeze", False), ("betas", (0.9, 0.5)), ("my_key", None), ("my_key", "x")],
)
def test_a_setting_may_be_read_from_an_attribute(setting: str, value: object) -> None:
    from support import inventory_of

    rules = paramrules.parse(f"all: else -> {setting} = attr(z)")
    (group,) = paramrules.assign(rules, inventory_of([{"name": "a", "attributes": {"z": value}}])).groups
    assert group.settings == {setting: value}
