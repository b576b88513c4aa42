"""`param_groups`: groups, settings, switches, errors, warnings."""

import warnings
from pathlib import Path
from typing import Any

import pytest
import torch
from paramrules_torch import build, param_groups
from torch import nn

import paramrules
from paramrules import RulesError, RulesWarning
from paramrules.inventories import Inventory

DECAY = """
no_decay: type(LayerNorm|Embedding) or ndim <= 1 -> weight_decay = 0
decay: else
"""


class Net(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.emb = nn.Embedding(7, 4)
        self.blocks = nn.ModuleList(nn.Sequential(nn.LayerNorm(4), nn.Linear(4, 4)) for _ in range(2))
        self.head = nn.Linear(4, 7, bias=False)


def grouped(text: str, model: nn.Module | None = None, **how: Any) -> list[dict[str, Any]]:
    return param_groups(Net() if model is None else model, paramrules.parse(text), **how)


_NAMES = ("params", "param_names", "label", "name")


def settings(group: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in group.items() if key not in _NAMES}


def said(text: str, **how: Any) -> str:
    with pytest.raises(RulesError) as raised:
        grouped(text, **how)
    return str(raised.value)


def test_every_trainable_tensor_is_in_one_group() -> None:
    model = Net()
    groups = grouped(DECAY, model)
    ours = [id(p) for group in groups for p in group["params"]]
    assert sorted(ours) == sorted(map(id, model.parameters()))


def test_a_group_holds_tensors_their_names_its_label_and_settings() -> None:
    model = Net()
    no_decay, decay = grouped(DECAY, model)
    named = dict(model.named_parameters())
    assert list(no_decay) == ["params", "param_names", "label", "name", "weight_decay"]
    assert no_decay["label"] == no_decay["name"] == "no_decay"
    assert no_decay["weight_decay"] == 0
    assert no_decay["param_names"][:3] == ["emb.weight", "blocks.0.0.weight", "blocks.0.0.bias"]
    assert all(named[n] is p for n, p in zip(no_decay["param_names"], no_decay["params"], strict=True))
    assert (decay["param_names"], settings(decay)) == (
        ["blocks.0.1.weight", "blocks.1.1.weight", "head.weight"],
        {},
    )


def test_rules_may_be_a_path_and_have_options(tmp_path: Path) -> None:
    file = tmp_path / "net.rules"
    file.write_text("option rate = 1\nall: else -> momentum = rate\n")
    (group,) = param_groups(Net(), file, options={"rate": 3})
    assert group["momentum"] == 3
    (group,) = param_groups(Net(), str(file))
    assert group["momentum"] == 1


def test_base_rates_are_scaled() -> None:
    groups = grouped(
        """
a: leaf == "bias" -> lr_scale = 0.5, weight_decay_scale = 0
b: type(LayerNorm) -> lr = 2, lr_scale = 0.25, weight_decay = 1, weight_decay_scale = 3
c: type(Embedding) -> lr = 5
d: else
""",
        lr=0.1,
        weight_decay=0.04,
    )
    assert [settings(group) for group in groups] == [
        {"lr": 0.05, "weight_decay": 0},
        {"lr": 0.5, "weight_decay": 3},
        {"lr": 5, "weight_decay": 0.04},
        {"lr": 0.1, "weight_decay": 0.04},
    ]


def test_scales_of_axes_are_multiplied_and_folded() -> None:
    groups = grouped(
        """
[depth]
deep: name ~ ^blocks\\.1 -> lr_scale = 0.5
rest: else
[kind]
bias: leaf == "bias" -> lr_scale = 0.5
other: else
""",
        lr=1.0,
    )
    assert {group["label"]: group["lr"] for group in groups} == {
        "deep/bias": 0.25,
        "deep/other": 0.5,
        "rest/bias": 0.5,
        "rest/other": 1.0,
    }


def test_a_scale_may_stay_a_key_for_schedulers_that_multiply_it_in() -> None:
    groups = grouped(
        'a: leaf == "bias" -> lr_scale = 0.5, weight_decay_scale = 0.5\nb: else\n',
        lr=0.1,
        weight_decay=1.0,
        lr_scale="keep",
    )
    assert [settings(g) for g in groups] == [
        {"lr": 0.1, "lr_scale": 0.5, "weight_decay": 0.5},
        {"lr": 0.1, "weight_decay": 1.0},
    ]
    assert settings(grouped("a: else -> lr_scale = 0.5", lr_scale="keep")[0]) == {"lr_scale": 0.5}


def test_a_scale_without_a_base_is_not_lost() -> None:
    text = 'a: leaf == "bias" -> lr_scale = 0.5\nb: else -> weight_decay_scale = 2\n'
    assert said(text) == (
        "\nerror[E604]: `lr_scale` has no `lr` to multiply in the group `a` (0.5)\n"
        "  --> <rules>:1:22\n"
        "   |\n"
        ' 1 | a: leaf == "bias" -> lr_scale = 0.5\n'
        "   |                      ^^^^^^^^^^^^^^\n"
        '   = help: pass `lr=...`, the base rate, or `lr_scale="keep"` if a scheduler '
        "multiplies it in\n"
        "\nerror[E604]: `weight_decay_scale` has no `weight_decay` to multiply in the group `b` (2)\n"
        "  --> <rules>:2:12\n"
        "   |\n"
        " 2 | b: else -> weight_decay_scale = 2\n"
        "   |            ^^^^^^^^^^^^^^^^^^^^^^\n"
        "   = help: pass `weight_decay=...`, the base rate"
    )


def test_a_scale_of_zero_or_one_needs_no_base() -> None:
    groups = grouped('a: leaf == "bias" -> weight_decay_scale = 0, lr_scale = 1\nb: else\n')
    assert [settings(group) for group in groups] == [{"weight_decay": 0.0}, {}]


def test_freezing() -> None:
    model = Net()
    groups = grouped("off: type(Embedding) -> freeze = true\non: else -> freeze = false, lr = 1\n", model)
    assert [(group["label"], settings(group)) for group in groups] == [("on", {"lr": 1})]
    assert not model.emb.weight.requires_grad
    assert model.head.weight.requires_grad


def test_nothing_is_frozen_where_something_is_wrong() -> None:
    model = Net()
    with pytest.raises(RulesError, match="E604"):
        grouped("off: type(Embedding) -> freeze = true\non: else -> lr_scale = 0.5\n", model)
    assert model.emb.weight.requires_grad


def test_frozen_parameters_are_left_out_unless_asked_for() -> None:
    model = Net()
    model.emb.requires_grad_(False)
    model.blocks.requires_grad_(False)
    (decay,) = grouped(DECAY, model)
    assert decay["param_names"] == ["head.weight"]
    assert [len(group["params"]) for group in grouped(DECAY, model, empty=True)] == [0, 1]
    assert [len(group["params"]) for group in grouped(DECAY, model, frozen=True)] == [7, 3]
    off = grouped("off: type(Embedding) -> freeze = true\non: else\n", model, frozen=True, empty=True)
    assert [group["label"] for group in off] == ["on"]


def test_groups_with_equal_settings_may_be_one() -> None:
    text = """
[decay]
no_decay: ndim <= 1 -> weight_decay = 0
decay: else
[block]
block_{i}: name ~ ^blocks\\.(?<i>\\d)\\.
rest: else
"""
    assert [group["label"] for group in grouped(text)] == [
        "no_decay/block_0",
        "no_decay/block_1",
        "decay/block_0",
        "decay/block_1",
        "decay/rest",
    ]
    model = Net()
    merged = grouped(text, model, merge=True)
    assert [g["label"] for g in merged] == [
        "no_decay/block_0+no_decay/block_1",
        "decay/block_0+decay/block_1+decay/rest",
    ]
    order = [name for name, _ in model.named_parameters()]
    for group in merged:
        assert group["param_names"] == sorted(group["param_names"], key=order.index)


def test_merging_tells_numbers_from_booleans() -> None:
    text = "a: type(Embedding) -> own = true\nb: type(LayerNorm) -> own = 1\nc: type(Linear) -> own = 1.0\n"
    assert [group["label"] for group in grouped(text, merge=True)] == ["a", "b+c"]


def test_plain_groups_have_params_and_settings_alone() -> None:
    groups = grouped(DECAY, plain=True, lr=0.1, weight_decay=0.5)
    assert [list(group) for group in groups] == [
        ["params", "lr", "weight_decay"],
        ["params", "lr", "weight_decay"],
    ]


def test_tied_and_wrapped_names_are_torchs_own() -> None:
    model = Net()
    model.head.weight = model.emb.weight
    groups = grouped("all: else -> weight_decay = 0", nn.DataParallel(model))
    assert [name for group in groups for name in group["param_names"]].count("module.emb.weight") == 1
    named = {name for name, _ in nn.DataParallel(model).named_parameters()}
    assert {name for group in groups for name in group["param_names"]} == named


def test_a_prepared_assignment() -> None:
    model = Net()
    rules = paramrules.parse(DECAY)
    saved = Inventory.from_json(paramrules.inventory(Net()).to_json())
    for source in (model, saved):
        groups = param_groups(model, paramrules.assign(rules, source))
        assert [group["param_names"] for group in groups] == [g["param_names"] for g in grouped(DECAY)]


def other(change: str) -> nn.Module:
    model = Net()
    if change == "fewer":
        del model.head
    elif change == "more":
        model.extra = nn.Linear(2, 2)
    elif change == "order":
        emb = model.emb
        del model.emb
        model.emb = emb
    else:
        model.head = nn.Linear(4, 8, bias=False)
    return model


@pytest.mark.parametrize(
    ("change", "how"),
    [
        ("fewer", "that one has `head.weight` and this one does not"),
        ("more", "this one has `extra.weight` and that one does not"),
        ("order", "its parameters are in another order"),
        ("shape", "`head.weight` has the shape (7, 4) there and (8, 4) here"),
    ],
)
def test_an_assignment_of_another_model(change: str, how: str) -> None:
    assignment = paramrules.assign(paramrules.parse(DECAY), Net())
    with pytest.raises(RulesError) as raised:
        param_groups(other(change), assignment)
    assert str(raised.value) == (
        f"\nerror[E601]: the assignment was made for another model: {how}\n"
        "  = help: assign the rules to this model, or pass the rules themselves"
    )


def test_arguments_that_would_have_no_effect() -> None:
    with pytest.raises(ValueError, match=r"^`lr_scale` is 'kept' and should be 'fold' or 'keep'$"):
        grouped(DECAY, lr_scale="kept")
    assignment = paramrules.assign(paramrules.parse(DECAY), Net())
    for how in ({"strict": True}, {"options": {}}):
        with pytest.raises(
            ValueError, match=r"^pass `options`, `strict` and the model to `paramrules\.assign`, which made"
        ):
            param_groups(Net(), assignment, **how)  # type: ignore[arg-type]


def test_base_rates_are_numbers() -> None:
    with pytest.raises(TypeError, match=r"^`lr` is '1e-3', a `str`, and should be a number$"):
        grouped(DECAY, lr="1e-3")
    with pytest.raises(TypeError, match=r"^`weight_decay` is True, a `bool`, and should be a number$"):
        grouped(DECAY, weight_decay=True)
    with pytest.raises(TypeError, match=r"a schedule goes to `paramrules_torch.scheduled\(optimizer, make_s"):
        grouped(DECAY, lr=lambda step: 0.1)
    with pytest.raises(TypeError, match=r"make_scheduler, weight_decay=\.\.\.\)`$"):
        grouped(DECAY, weight_decay=lambda step: 0.1)
    assert torch.equal(
        grouped("all: else -> lr_scale = 2\n", lr=torch.tensor(0.5))[0]["lr"], torch.tensor(1.0)
    )


def test_findings_are_warnings_where_the_function_was_called() -> None:
    rules = paramrules.parse("gone: type(LayrNorm)\nall: else\n", "net.rules")
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        param_groups(Net(), rules)
    assert {warning.category for warning in caught} == {RulesWarning}
    assert {warning.filename for warning in caught} == {__file__}
    assert str(caught[0].message).startswith("W203: no module of the model is a `LayrNorm`\n")
    with pytest.raises(RulesError, match="W203"):
        param_groups(Net(), rules, strict=True)


def test_importing_the_backend_imports_no_torch() -> None:
    import subprocess
    import sys

    code = "import sys, paramrules_torch as p; p.backend.recognises(1); assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_the_backend_has_no_other_names() -> None:
    import paramrules_torch

    with pytest.raises(AttributeError, match="module 'paramrules_torch' has no attribute 'groups_for'"):
        paramrules_torch.groups_for  # noqa: B018


def test_groups_of_a_model_on_the_meta_device() -> None:
    with torch.device("meta"):
        model = Net()
    assert [len(group["params"]) for group in grouped(DECAY, model)] == [7, 3]


def test_a_model_that_is_frozen_altogether_has_no_groups() -> None:
    model = Net().requires_grad_(False)
    assert grouped("all: else -> lr_scale = 2", model) == []
    thawed = Net()
    assert grouped("all: else -> freeze = true", thawed) == []
    assert not any(parameter.requires_grad for parameter in thawed.parameters())


def test_a_group_keeps_the_name_of_its_optimizer() -> None:
    groups = grouped('a: type(Embedding) -> optimizer = "muon", lr_scale = 2\nb: else', lr=0.1)
    assert [settings(group) for group in groups] == [{"lr": 0.2, "optimizer": "muon"}, {"lr": 0.1}]


class Scaled(nn.Module):
    """A norm that no table has."""

    def __init__(self) -> None:
        super().__init__()
        self.amount = nn.Parameter(torch.ones(3, 1))


def test_a_models_own_vocabulary(tmp_path: Path) -> None:
    file = tmp_path / "own.toml"
    table = f'[families]\nRMSNorm = ["{__name__}.Scaled"]\n[[roles]]\nclasses = ["{__name__}.Scaled"]\n'
    file.write_text(table + 'scale = ["amount"]\n', "utf-8")
    rules, model = (
        paramrules.parse("a: type(RMSNorm) -> lr_scale = 2\nb: else\n"),
        nn.Sequential(Scaled(), nn.Linear(3, 2)),
    )
    groups = param_groups(model, rules, lr=0.1, vocabulary=file)
    assert [(g["label"], g["param_names"]) for g in groups] == [
        ("a", ["0.amount"]),
        ("b", ["1.weight", "1.bias"]),
    ]
    optimizer = build(model, rules, torch.optim.SGD, lr=0.1, vocabulary=[file])
    assert [g["label"] for g in optimizer.param_groups] == ["a", "b"]
    assignment = paramrules.assign(
        paramrules.parse("a: type(RMSNorm) and ndim == 1\nb: else\n"), model, vocabulary=file
    )
    assert [g["label"] for g in param_groups(model, assignment)] == ["a", "b"]
    assert [g["label"] for g in param_groups(model, assignment, vocabulary=file)] == ["a", "b"]
    with pytest.raises(RulesError, match="E545"):
        param_groups(model, paramrules.assign(rules, model), vocabulary=file)


@pytest.mark.parametrize(
    ("keyword", "value", "help"),
    [
        ("learning_rate", 0.1, "did you mean `lr`?"),
        ("rate", 0.8, 'it is an option of the rules, so pass `options={"rate": 0.8}`'),
        (
            "betas",
            (0.9, 0.95),
            "pass settings of the optimizer to its class, or to `paramrules_torch.build`",
        ),
    ],
)
def test_keywords_that_param_groups_does_not_have(keyword: str, value: object, help: str) -> None:
    rules = paramrules.parse("option rate = 0.5\nall: else -> lr_scale = rate")
    arguments: Any = {keyword: value}
    with pytest.raises(TypeError) as raised:
        param_groups(nn.Linear(2, 1), rules, **arguments)
    assert str(raised.value) == f"`param_groups` takes no argument `{keyword}`: {help}"


@pytest.mark.parametrize("flag", ["strict", "part", "frozen", "empty", "merge", "plain"])
def test_a_flag_that_is_no_boolean(flag: str) -> None:
    arguments: Any = {flag: "no"}
    with pytest.raises(TypeError, match=rf"^`{flag}` is 'no' and should be True or False$"):
        param_groups(nn.Linear(2, 1), paramrules.parse("all: else"), **arguments)
