"""`compare=`: labels, the settings that take effect, or both; and what is counted."""

from pathlib import Path
from typing import Any

import pytest
from support import inventory_of

import paramrules
from paramrules import RulesError
from paramrules.comparison import Count, Parity
from paramrules.comparison.settings import effective, settings_apart


@pytest.mark.parametrize(
    ("settings", "found"),
    [
        ({"lr_scale": 1.0, "weight_decay_scale": 1, "freeze": False, "foreach": None}, {}),
        ({"lr": 0.1, "lr_scale": 0.5}, {"lr": 0.05}),
        ({"lr_scale": 0.5, "weight_decay": 0.1}, {"lr_scale": 0.5, "weight_decay": 0.1}),
        ({"lr_scale": 0, "weight_decay_scale": 0.0}, {"lr": 0, "weight_decay": 0}),
        ({"lr": 0.1, "freeze": True}, {"freeze": True}),
        ({"lr": 0.1, "skip": True, "freeze": False}, {"skip": True}),
    ],
)
def test_settings_as_they_take_effect(settings: dict[str, Any], found: dict[str, Any]) -> None:
    assert effective(settings) == pytest.approx(found)
    assert effective(settings, trainable=False) == {"freeze": True}


@pytest.mark.parametrize(
    ("a", "b", "apart"),
    [
        ({"lr": 0.1 * 3, "eps": 1}, {"eps": 1.0, "lr": 0.3}, {}),
        ({"lr": 0.1}, {"lr": 0.1 + 1e-6}, {"lr": (0.1, 0.1 + 1e-6)}),
        ({"weight_decay": 0}, {}, {"weight_decay": (0, None)}),
        ({"lr": 0.1}, {"lr_scale": 0.1}, {"lr": (0.1, None), "lr_scale": (None, 0.1)}),
        ({"betas": (0.9, 0.95)}, {"betas": (0.9, 0.95)}, {}),
        ({"betas": (0.9, 0.95)}, {"betas": (0.9,)}, {"betas": ((0.9, 0.95), (0.9,))}),
        ({"betas": (0.9, 0.95)}, {"betas": 0.9}, {"betas": ((0.9, 0.95), 0.9)}),
        ({"nesterov": True}, {"nesterov": 1}, {"nesterov": (True, 1)}),
        ({"nesterov": 1}, {"nesterov": True}, {"nesterov": (1, True)}),
        ({"optimizer": "muon"}, {"optimizer": "adam"}, {"optimizer": ("muon", "adam")}),
    ],
)
def test_settings_that_are_apart(
    a: dict[str, Any], b: dict[str, Any], apart: dict[str, tuple[Any, Any]]
) -> None:
    assert settings_apart(a, b) == apart


def compared(rules: str, compare: str, trainable: bool = True) -> Parity:
    a = inventory_of([{"name": "fc.weight", "shape": [8, 4], "trainable": trainable}, "fc.bias"])
    b = inventory_of([{"name": "fc.weight", "shape": [4, 8]}, "fc.bias"])
    return paramrules.parity(paramrules.parse(rules), a, b, compare=compare)


def test_labels_that_differ_with_equal_settings() -> None:
    rules = "tall: shape[0] == 8 -> lr_scale = 0.5\nwide: shape[0] == 4 -> lr_scale = 0.5\nrest: else"
    assert [compared(rules, word).same for word in ("labels", "settings", "both")] == [False, True, False]


def test_settings_that_differ_with_other_labels() -> None:
    rules = "tall: shape[0] == 8 -> lr_scale = 0.5, eps = 1e-6\nwide: ndim == 2 -> lr_scale = 1\nrest: else"
    (difference,) = compared(rules, "settings").settings
    assert difference == (
        "fc.weight",
        "fc.weight",
        ("tall", "wide"),
        {"eps": (1e-6, None), "lr_scale": (0.5, None)},
    )
    found = compared(rules, "settings")
    assert (found.same, found.differences) == (False, ())
    both = compared(rules, "both")
    assert [(finding.code, finding.help) for finding in both.findings] == [
        ("E801", ""),
        ("E807", "their labels differ: E801 shows the clause that decides"),
    ]
    assert repr(both) == "<Parity of 2 pairs: 1 differ, 0 and 0 without a partner>"
    assert [paramrules.render(finding) for finding in found.findings] == [
        "error[E807]: `fc.weight` has eps = 1e-06, lr_scale = 0.5, "
        "its partner `fc.weight` no eps, no lr_scale\n"
        "  --> <rules>:1:24\n   |\n"
        " 1 | tall: shape[0] == 8 -> lr_scale = 0.5, eps = 1e-6\n"
        "   |                        ^^^^^^^^^^^^^^\n"
        "  --> <rules>:2:20\n   |\n"
        " 2 | wide: ndim == 2 -> lr_scale = 1\n"
        "   |                    ^^^^^^^^^^^^ set for `fc.weight`\n"
        "   = help: their labels differ: `--compare both` shows the clause that decides"
    ]
    assert {count.label: count.differs for count in found.counts} == {
        "tall": True,
        "wide": True,
        "rest": False,
    }


@pytest.mark.parametrize(
    ("rules", "marked", "read", "help"),
    [
        (
            "hidden: ndim == 2 -> lr_scale = 8 / shape[0]\nrest: else",
            "lr_scale = 8 / shape[0]",
            "shape[0]",
            "`fan_in` and `fan_out` do not depend on how a framework stores a matrix, as `shape[0]` does",
        ),
        (
            "hidden: name == 'fc.weight' -> lr_scale = attr(mult)\nhidden: name ~ fc\nrest: else",
            "lr_scale = attr(mult)",
            "attr(mult)",
            "",
        ),
    ],
)
def test_where_settings_that_differ_are_written(rules: str, marked: str, read: str, help: str) -> None:
    models = [
        inventory_of([{"name": "fc.weight", "shape": (n, 12 - n), "attributes": {"mult": n}}]) for n in (4, 8)
    ]
    (finding,) = paramrules.parity(paramrules.parse(rules), *models, compare="settings").findings
    assert (finding.code, finding.span and finding.span.text, finding.help) == ("E807", marked, help)
    assert finding.label == f"in the first model, {read} is 4"
    assert [(place.span.text, place.label) for place in finding.also] == [
        (marked, f"in the second, {read} is 8")
    ]


def test_settings_of_one_label_are_told_once() -> None:
    """By E801, which shows what they read."""
    found = compared("hidden: ndim == 2 -> lr_scale = 8 / shape[0]\nrest: else", "both")
    assert (len(found.differences), len(found.settings)) == (1, 1)
    assert [finding.code for finding in found.findings] == ["E801"]
    assert repr(found) == "<Parity of 2 pairs: 1 differ, 0 and 0 without a partner>"


def test_equal_changes_with_one_label_and_with_two() -> None:
    rows = [{"name": f"{name}.weight", "shape": [8, 4]} for name in ("a", "b")]
    models = [
        inventory_of([{**row, "shape": shape, "attributes": {"half": shape[0] / 8}} for row in rows])
        for shape in ([8, 4], [4, 8])
    ]
    rules = (
        "a: name ~ ^a -> lr_scale = attr(half)\ntall: shape[0] == 8\nwide: shape[0] == 4 -> lr_scale = 0.5"
    )
    findings = paramrules.parity(paramrules.parse(rules), *models, compare="settings").findings
    assert [finding.message for finding in findings] == [
        f"`{name}.weight` has no lr_scale, its partner `{name}.weight` lr_scale = 0.5" for name in ("a", "b")
    ]
    assert [finding.label for finding in findings] == ["in the first model, attr(half) is 1.0", ""]


def test_settings_that_an_unwritten_rule_leaves_out() -> None:
    models = [inventory_of([{"name": "fc.weight", "shape": (n, 4)}]) for n in (4, 8)]
    rules = "no_decay: shape[0] == 4\nrest: else"
    (finding,) = paramrules.parity(paramrules.parse(rules), *models, compare="settings").findings
    assert (finding.code, finding.span and finding.span.text) == ("E807", "no_decay")


def test_a_parameter_frozen_in_one_model() -> None:
    rules = "all: else -> lr_scale = 0.5"
    found = compared(rules, "settings", trainable=False)
    assert found.settings[0].settings == {"freeze": (True, None), "lr_scale": (None, 0.5)}
    assert compared(rules, "labels", trainable=False).same
    assert found.frozen == (("fc.weight",), ())
    assert found.counts == (Count(None, "all", (1, 2), (1, 33), True),)
    for word in ("settings", "both"):
        assert [paramrules.render(each) for each in compared(rules, word, trainable=False).findings] == [
            "error[E807]: `fc.weight` is frozen in the first model, trained in the second\n"
            "  = help: the model itself freezes it; a rule with `freeze = true` does so in both"
        ]


def test_parameters_frozen_in_one_model_are_told_together() -> None:
    """Whatever settings they have in the other, which may skip them."""
    rules = paramrules.parse(
        r"block_{i}: name ~ (?<i>\d) -> lr_scale = 1 / (2 + i)" "\nrest: else -> skip = true"
    )
    a = inventory_of([{"name": f"blocks.{i}.weight"} for i in range(2)] + ["table.weight"])
    names = [f"blocks_{i}.kernel" for i in range(2)] + ["table.weight"]
    b = inventory_of([{"name": name, "trainable": False} for name in names])
    messages = [each.message for each in paramrules.parity(rules, a, b, compare="settings").findings]
    assert messages == [
        "`blocks.0.weight` is trained in the first model, its partner `blocks_0.kernel` frozen in the second "
        "(and 1 more)",
        "`table.weight` is skipped in the first model, frozen in the second",
    ]


def test_what_a_rule_freezes_needs_no_partner() -> None:
    rules = paramrules.parse("tables: name ~ table -> freeze = true\nrest: else")
    a = inventory_of([{"name": "table", "shape": [9]}, {"name": "w", "shape": [2, 2]}])
    found = paramrules.parity(rules, a, inventory_of([{"name": "w", "shape": [2, 2]}]))
    assert (found.same, found.frozen) == (True, (("table",), ()))
    assert found.counts == (Count(None, "rest", (1, 1), (4, 4)), Count(None, "tables", (0, 0), (0, 0)))[::-1]


def test_what_a_rule_skips_needs_a_partner() -> None:
    """Another optimizer trains it."""
    rules = paramrules.parse("tables: name ~ table -> skip = true\nrest: else")
    a = inventory_of([{"name": "table", "shape": [9]}, {"name": "w", "shape": [2, 2]}])
    found = paramrules.parity(rules, a, inventory_of([{"name": "w", "shape": [2, 2]}]))
    assert [[each.name for each in side] for side in found.unpaired] == [["table"], []]
    assert found.frozen == ((), ())


def test_rows_do_not_differ_where_the_groups_agree(tmp_path: Path) -> None:
    (tmp_path / "a.map").write_text("lstm.bias_ih, lstm.bias_hh = lstm.bias")
    a, b = inventory_of(["lstm.bias_ih", "lstm.bias_hh"]), inventory_of(["lstm.bias"])
    found = paramrules.parity(paramrules.parse("all: else"), a, b, tmp_path / "a.map")
    assert found.counts == (Count(None, "all", (2, 1), (2, 1)),)


def test_a_word_that_is_not_known() -> None:
    with pytest.raises(RulesError) as e:
        compared("all: else", "labls")
    assert str(e.value) == (
        "\nerror[E808]: `labls` is not something to compare\n  = help: did you mean `labels`?"
    )
    with pytest.raises(RulesError) as e:
        compared("all: else", "")
    assert str(e.value) == (
        "\nerror[E808]: `` is not something to compare\n  = help: compare `labels`, `settings` or `both`"
    )


@pytest.mark.parametrize(
    ("word", "said", "help"),
    [
        (["labels"], "['labels']", "did you mean `labels`?"),
        (None, "None", "compare `labels`, `settings` or `both`"),
    ],
)
def test_what_is_not_a_word(word: Any, said: str, help: str) -> None:
    with pytest.raises(RulesError) as e:
        compared("all: else", word)
    assert str(e.value) == f"\nerror[E808]: `{said}` is not something to compare\n  = help: {help}"
