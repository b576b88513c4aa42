"""The refusals of `infer`, each with its message, and facts that a model does not have."""

import random
from typing import Any

import pytest
from grouped_models import LINEAR, NORM, gpt, grouping, inferred, linear, plain, vit, weight
from support import inventory_of

import paramrules
from paramrules.inference import Grouping, differences, infer

KEEP = "  = help: a rule file is for settings that follow the structure of a model; keep these where they are"

NUMBERED = [f"w_{'x' * n}" for n in range(1, 80)]


def refusal(*groupings: Grouping) -> list[str]:
    with pytest.raises(paramrules.RulesError) as caught:
        infer(groupings)
    return [line for line in str(caught.value).splitlines() if line]


def test_sizes_that_contradict_each_other() -> None:
    small, large = (
        grouping(
            linear("a", 4, 4),
            lambda row, d=decay: {"weight_decay": d if row["name"] == "a.weight" else 0.0},
            model,
        )
        for model, decay in (("small", 0.05), ("large", 0.1))
    )
    assert refusal(small, large) == [
        "error[E961]: `a.weight` has `weight_decay = 0.05` in `small` and `weight_decay = 0.1` in `large`",
        "  = help: no rule can tell the two apart; infer a file for each, or give the function the same "
        "arguments for both",
    ]


def test_sizes_with_other_depths_that_contradict_each_other() -> None:
    """The number of blocks tells blocks apart, and nothing else."""
    groupings = [
        grouping(
            vit(depth), lambda row, d=depth: {"lr": 1e-3 * d if "head" in row["name"] else 1e-3}, str(depth)
        )
        for depth in (2, 3)
    ]
    assert (
        refusal(*groupings)[0] == "error[E961]: `head.weight` has `lr = 0.002` in `2` and `lr = 0.003` in `3`"
    )


def test_models_that_are_too_large() -> None:
    inventory = inventory_of([f"w{n}" for n in range(15_001)])
    half = Grouping("half", inventory, ({},) * 15_001)
    assert refusal(half, half) == [
        "error[E962]: the models have 30,002 tensors together, and `infer` takes up to 30,000",
        "  = help: infer the file from a smaller size of the model, and check it on this one",
    ]


@pytest.mark.parametrize(
    ("key", "value", "shown"),
    [
        ("lr", float("inf"), "inf"),
        ("lr", 2**63, str(2**63)),
        pytest.param("lr", 10**5000, "a whole number of more than 40 digits", id="huge"),
        ("tag", "two\nlines", r"'two\nlines'"),
        ("tag", "both \" and '", r"""'both " and \''"""),
        ("betas", (0.9, float("nan")), "(0.9, nan)"),
        ("betas", (), "()"),
        ("betas", ((1, 2), 3), "((1, 2), 3)"),
        ("else", 1, "1"),
        ("learning rate", 1, "1"),
    ],
)
def test_settings_that_no_rule_can_have(key: str, value: Any, shown: str) -> None:
    assert refusal(grouping(linear("a", 2, 2), lambda _: {key: value}, "net")) == [
        f"error[E963]: `{key}` of `a.weight` in `net` is {shown}, which a rule cannot set",
        "  = help: values are finite numbers, strings on one line, booleans, none and tuples",
    ]


@pytest.mark.parametrize(
    ("key", "value", "shown"),
    [
        ("betas", True, "True, which a rule cannot set: `betas` is a tuple, and `true` is a boolean"),
        ("freeze", 2, "2, which a rule cannot set: `freeze` is a boolean, and `2` is a number"),
        ("optimizer", 2, "2, which a rule cannot set: `optimizer` is a string, and `2` is a number"),
    ],
)
def test_settings_of_another_type_than_their_key_has(key: str, value: Any, shown: str) -> None:
    first = refusal(grouping(linear("a", 2, 2), lambda _: {key: value}, "net"))[0]
    assert first == f"error[E963]: `{key}` of `a.weight` in `net` is {shown}"


def test_nothing_to_infer() -> None:
    assert refusal(grouping(linear("a", 2, 2), lambda _: None)) == [
        "error[E964]: there is nothing to infer: no parameter is trained",
        "  = help: call the function on a model whose parameters are trainable",
    ]


def test_too_many_values() -> None:
    coin = random.Random(1)
    rows = [weight(name, 2, 2) for name in NUMBERED]
    assert refusal(grouping(rows, lambda _: {"clip": coin.random()})) == [
        "error[E965]: `clip` has 79 different values, which no formula explains",
        KEEP,
    ]


def test_groups_that_nothing_explains(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("paramrules.inference.explain._MOST_LISTED", 5)
    coin = random.Random(1)
    rows = [weight(f"layers.{n}.weight", 2, 2) for n in range(60)]
    made = grouping(rows, lambda _: {"clip": coin.choice([1.0, 2.0])})
    assert refusal(made) == [
        "error[E966]: nothing explains the groups of the axis `clip`: its rules would list 23 names and "
        "numbers, such as `name ~ ^layers\\.3\\.`",
        KEEP,
    ]


def test_a_bare_tree_of_arrays_goes_by_names() -> None:
    """Nothing but names and shapes is known of it."""
    help = "pass the model itself"
    unknown = dict.fromkeys(("type", "within", "variable", "role", "fan_in", "fan_out", "attr"), help)
    rows = [{**row, "around": [], "owner": LINEAR} for row in gpt(2)]
    inventory = inventory_of(rows, unknown=unknown)
    made = tuple({"weight_decay": 0.1 if "mlp" in row["name"] else 0.0} for row in rows)
    found = infer([Grouping("tree", inventory, made)])
    assert (
        plain(found.text)
        == ("edition 1\noption decay = 0.1\nno_decay: name !~ mlp\ndecay:    else -> weight_decay = decay")
        or "mlp" in found.text
    )
    assert "expect" not in found.text


def test_attributes_and_variables() -> None:
    rows = [
        {
            "name": f"{letter}{n}",
            "owner": LINEAR,
            "shape": [2, 2],
            "attributes": attributes,
            "variable": variable,
        }
        for letter, attributes, variable in (
            ("p", {"slow": True, "odd name": 1, "table": {"a": 1}}, "torch.nn.parameter.Parameter"),
            ("q", {"slow": False}, "my.LoRAParam"),
            ("r", {}, "torch.nn.parameter.Parameter"),
        )
        for n in "xyz"
    ]
    slow = inferred(rows, lambda row: {"lr_scale": 0.1 if row["name"] < "q" else 1.0})
    assert "slow: attr(slow) -> lr_scale = slow_scale" in slow.text
    lora = inferred(rows, lambda row: {"lr_scale": 16.0 if "q" in row["name"] else 1.0})
    assert "variable(LoRAParam)" in lora.text


def test_a_class_whose_name_no_rule_can_write() -> None:
    rows = [
        {"name": "a", "owner": "lab.f.<locals>.Größe", "shape": [2]},
        {"name": "b", "owner": "Root", "shape": [2]},
        {"name": "c", "owner": NORM, "shape": [2]},
    ]
    found = inferred(rows, lambda row: {"lr_scale": {"a": 0.1, "b": 0.2, "c": 1.0}[row["name"]]})
    assert "Größe" not in found.text


def test_a_fan_that_frozen_parameters_lack() -> None:
    """No rule computes `8 / fan_in` for a frozen bias."""

    def loop(row: dict[str, Any]) -> dict[str, Any] | None:
        if len(row["shape"]) < 2:
            return None
        return {"lr": 1e-2 if "Embedding" in row["owner"] else 0.08 / row["fan_in"]}

    found = inferred([*gpt(2, 16), weight("extra.weight", 4, 32)], loop, gpt(4, 32))
    assert "8 / fan_in" in found.text
    assert found.checks[0].names == ()


def test_effective_settings_are_compared() -> None:
    """A scale of a rate is that rate, and what is frozen has no other settings."""
    rows = linear("a", 2, 2)
    rules = paramrules.parse(
        "w: ndim == 2 -> lr_scale = 0.5, weight_decay_scale = 0\nb: else -> freeze = true"
    )
    made = grouping(
        rows, lambda row: {"lr": 5e-4, "weight_decay": 0} if "weight" in row["name"] else {"freeze": True}
    )
    assert differences(rules, made, {"lr": 1e-3}) == ()
    assert differences(rules, made, {"lr": 1e-3, "weight_decay": 0.1}) == ()
    assert differences(rules, made) == ("a.weight",)
    assert differences(rules, made, {"lr": 1e-3, "eps": 1e-8}) == ()
