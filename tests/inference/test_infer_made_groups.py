"""Groups by name, and the function `paramrules.infer` on inventories."""

from typing import Any

import pytest
from support import inventory_of

import paramrules
from paramrules import Inventory, RulesError
from paramrules.testing.rows import Row

LINEAR = "torch.nn.modules.linear.Linear"


def net(depth: int = 2, **more: Any) -> Inventory:
    rows: list[Row] = [{"name": "wte.weight", "shape": [9, 4], "also": [{"name": "head.weight"}]}]
    for i in range(depth):
        rows += [
            {"name": f"blocks.{i}.fc.weight", "owner": LINEAR, "shape": [4, 4], **more},
            {"name": f"blocks.{i}.fc.bias", "owner": LINEAR, "shape": [4], "role": "bias"},
        ]
    return inventory_of(rows)


NAMES = ["wte.weight", "blocks.0.fc.weight", "blocks.0.fc.bias", "blocks.1.fc.weight", "blocks.1.fc.bias"]
DECAYS = {name: {"weight_decay": 0.0 if name.endswith("bias") else 0.1} for name in NAMES}


def settings(inferred: paramrules.Inferred, inventory: Inventory | None = None) -> list[dict[str, object]]:
    """Return the settings of each parameter under an inferred file."""
    assigned = paramrules.assign(inferred.rules, inventory or net())
    return [dict(assigned.groups[number].settings) for number in assigned.group_numbers]


def refusal(groups: object, inventory: Inventory | None = None, **how: Any) -> tuple[str, str, str]:
    with pytest.raises(RulesError) as caught:
        paramrules.infer(inventory or net(), groups, **how)
    finding = caught.value.diagnostics[0]
    return finding.code, finding.message, finding.help


def test_settings_by_name() -> None:
    inferred = paramrules.infer(net(), DECAYS)
    assert [each.get("weight_decay") for each in settings(inferred)] == [0.1, 0.1, 0, 0.1, 0]
    assert inferred.listed == ()
    assert inferred.checks == ()


def test_param_groups_of_names() -> None:
    groups = [
        {"params": [name for name in NAMES if "bias" not in name], "weight_decay": 0.1, "lr": 0.1},
        {"params": (name for name in NAMES if "bias" in name), "weight_decay": 0.0, "lr": 0.1},
    ]
    inferred = paramrules.infer(net(), groups)
    assert [each.get("weight_decay") for each in settings(inferred)] == [0.1, 0.1, 0, 0.1, 0]
    assert inferred.base == {"lr": 0.1}


def test_one_group() -> None:
    for groups in ({"params": NAMES, "lr": 0.1}, [{"params": iter(NAMES), "lr": 0.1}]):
        assert paramrules.infer(net(), groups).base == {"lr": 0.1}
    assert paramrules.infer(net(), NAMES).base == {}
    one = inventory_of([{"name": "scale"}])
    assert paramrules.infer(one, [{"params": "scale", "lr": 0.1}]).base == {"lr": 0.1}


def test_masks_and_labels_may_stand_above_parameters() -> None:
    blocks = [{"fc": {"weight": True, "bias": False}}] * 2
    assert [
        each.get("weight_decay")
        for each in settings(paramrules.infer(net(), {"wte": True, "blocks": blocks}))
    ] == [
        *(None, None, 0, None, 0),
    ]
    inferred = paramrules.infer(net(), {"wte.weight": "adamw", "blocks": "muon"})
    assert [each["optimizer"] for each in settings(inferred)] == ["adamw", *["muon"] * 4]
    labels = {"muon": {"lr": 0.02, "optimizer": "muon"}, "adamw": {"freeze": True}}
    inferred = paramrules.infer(net(), {"wte": "adamw", "blocks": "muon"}, labels=labels)
    assert settings(inferred)[0] == {"freeze": True}
    assert inferred.base == {"muon.lr": 0.02, "optimizer": "muon"}


def test_names_with_what_wrappers_add() -> None:
    groups = {f"_orig_mod.module.{name}": value for name, value in DECAYS.items()}
    assert paramrules.infer(net(), groups).text == paramrules.infer(net(), DECAYS).text


def test_a_tied_parameter_has_settings_under_any_of_its_names() -> None:
    plain = paramrules.infer(net(), DECAYS).text
    assert paramrules.infer(net(), {**DECAYS, "head.weight": DECAYS["wte.weight"]}).text == plain
    further = {name: value for name, value in DECAYS.items() if name != "wte.weight"}
    assert paramrules.infer(net(), {**further, "head.weight": DECAYS["wte.weight"]}).text == plain
    assert refusal({**DECAYS, "head.weight": {"weight_decay": 0.3}}) == (
        "E954",
        "`wte.weight` is in the entry `wte.weight` and in the entry `head.weight`",
        "an optimizer updates it twice, or refuses it: leave it out of one of them",
    )


def test_what_was_frozen_needs_no_group() -> None:
    frozen = net(trainable=False)
    groups = {name: value for name, value in DECAYS.items() if "fc.weight" not in name}
    assert [each.get("weight_decay") for each in settings(paramrules.infer(frozen, groups), frozen)][
        :3:2
    ] == [0.1, 0]


def test_a_dropped_parameter_is_an_error_unless_it_is_skipped() -> None:
    groups = {name: value for name, value in DECAYS.items() if not name.startswith("blocks.1")}
    assert refusal(groups) == (
        "E953",
        "`blocks.1.fc.weight` and `blocks.1.fc.bias` are trained and in no group",
        'no optimizer updates them: mend the groups, freeze them, or write `missing="skip"` if something '
        "else takes them",
    )
    assert refusal({name: value for name, value in DECAYS.items() if name != "blocks.1.fc.bias"}) == (
        "E953",
        "`blocks.1.fc.bias` is trained and in no group",
        'no optimizer updates it: mend the groups, freeze it, or write `missing="skip"` if something else '
        "takes it",
    )
    skipped = [each.get("skip") for each in settings(paramrules.infer(net(), groups, missing="skip"))]
    assert skipped == [None, None, None, True, True]


def test_a_parameter_in_two_groups() -> None:
    rest = {"params": NAMES[1:]}
    assert refusal([{"params": NAMES[:1]}, {"params": NAMES[:2]}, rest])[1] == (
        "`wte.weight` is in group 1 and in group 2 (and 1 more)"
    )
    assert refusal([{"params": NAMES[:1]}, {"params": ["head.weight"]}, rest])[1] == (
        "`wte.weight` is in group 1 and in group 2"
    )
    assert refusal([{"params": [NAMES[0], NAMES[0]]}, rest])[1] == "`wte.weight` is in group 1 twice"


def test_unknown_names() -> None:
    assert refusal({**DECAYS, "blocks.0.fc.wieght": {}, "x": {}}) == (
        "E956",
        "the model has no parameter `blocks.0.fc.wieght` (and 1 more)",
        "did you mean `blocks.0.fc.weight`?",
    )
    assert refusal([{"params": [*NAMES, "x"]}]) == (
        "E956",
        "the model has no parameter `x`",
        "`paramrules inventory M -o FILE` writes all names of a model",
    )
    assert refusal({"blocks": {"0": {"fc": {"wieght": {}}}}})[1] == (
        "the model has no parameter `blocks.0.fc.wieght`"
    )
    assert refusal({"blocks": {"weight_decay": 0.1}})[1] == "the model has no parameter `blocks.weight_decay`"


BOTH = (
    'give settings to each name, `{"head.weight": {"weight_decay": 0}}`, or to groups of them, '
    '`[{"params": ["head.weight"], "weight_decay": 0}, ...]`'
)


@pytest.mark.parametrize(
    ("made", "place"),
    [
        ({"decay": NAMES}, "`decay`"),
        ({"decay": NAMES[:1], "no_decay": ["x", *NAMES[1:]]}, "`decay`"),
        ({"no_decay": ["x"]}, "`no_decay`"),
        ({"decay": {"params": NAMES[:1]}, "no_decay": NAMES[1:]}, "`no_decay`"),
        ([NAMES[:1], NAMES[1:]], "list 1"),
    ],
)
def test_lists_of_names_have_no_settings(made: Any, place: str) -> None:
    assert refusal(made) == ("E955", f"{place} holds parameters and no settings", BOTH)


@pytest.mark.parametrize("made", [{"decay": {"weight_decay": 0.1}}, {"decay": []}, {"decay": [1, 2]}])
def test_labels_in_place_of_names(made: Any) -> None:
    assert refusal(made) == ("E956", "the model has no parameter `decay`", BOTH)


class Transformation(tuple[Any, ...]):
    """An optax transformation, as it looks from outside."""

    init = update = staticmethod(len)


FORMS = (
    'return param groups, `[{"params": [...], "weight_decay": 0}]`, an optimizer, a dict or list of '
    "optimizers, or settings by the name of the parameter"
)


@pytest.mark.parametrize(
    ("groups", "message", "help"),
    [
        (3, "an `int` holds no groups of parameters", FORMS),
        ("groups", "a `str` holds no groups of parameters", FORMS),
        (None, "`None` holds no groups of parameters", "end the function with `return groups`"),
        ([{"params": NAMES}, 3], "group 2 is an `int`, not a dict with `params`", FORMS),
        ([{"lr": 3}], "group 1 has no `params`", 'list its parameters: `{"params": [...]}`'),
        (
            Transformation(),
            "a `test_infer_made_groups.Transformation` does not show its groups",
            "return what it is made from: the mask, the labels, or settings by name",
        ),
        (
            {"wte.weight": 0.1},
            "`wte.weight` has a `float`, which is neither settings, a label nor a boolean",
            'write settings, `{"weight_decay": 0}`, the name of an optimizer, or whether it decays',
        ),
    ],
)
def test_what_is_not_groups(groups: object, message: str, help: str) -> None:
    assert refusal(groups) == ("E955", message, help)


def test_what_is_not_a_parameter() -> None:
    assert refusal([{"params": [*NAMES, 3, 4]}]) == (
        "E952",
        "group 1 holds an `int`, which is not a parameter of the model (and 1 more)",
        "a group holds parameters of the model that the function gets, not those of a copy, and no tensors "
        "computed from them",
    )
    assert refusal([{"params": 3}])[1] == "group 1 holds an `int`, which is not a parameter of the model"


def test_settings_that_no_rule_can_hold() -> None:
    assert refusal({**DECAYS, "wte.weight": {"weight_decay": len}})[:2] == (
        "E957",
        "no rule can hold the setting `weight_decay` of the entry `wte.weight`: it is a "
        "`builtin_function_or_method`",
    )


def test_a_function_makes_groups_of_a_model_not_of_an_inventory() -> None:
    assert refusal(lambda model: DECAYS) == (
        "E951",
        "a function makes groups of a model, and this is an inventory",
        "pass the model itself, or settings by name",
    )


def test_arguments_that_do_not_fit() -> None:
    with pytest.raises(ValueError, match=r"^`missing` is 'drop' and should be 'error' or 'skip'$"):
        paramrules.infer(net(), DECAYS, missing="drop")  # type: ignore[arg-type]
    for more in ({"also": [net(3)]}, {"checks": [net(3)]}):
        with pytest.raises(
            TypeError, match=r"^`also` and `checks` need a function that makes the groups of each model$"
        ):
            paramrules.infer(net(), DECAYS, **more)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match=r"^`labels` has the key 0, and should have labels that are texts$"):
        paramrules.infer(net(), DECAYS, labels={0: {}})  # type: ignore[dict-item]


def test_an_inventory_of_a_framework_that_is_not_installed() -> None:
    saved = net().to_json().replace('"torch"', '"toynet"', 1)
    foreign = Inventory.from_json(saved)
    assert foreign.framework == "toynet"
    assert paramrules.infer(foreign, DECAYS).text == paramrules.infer(net(), DECAYS).text
