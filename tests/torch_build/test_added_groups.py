"""Groups that come without names, as other code adds them, get names, a label and the rules' settings."""

import copy
import gc
import pickle
from typing import Any

import pytest
import torch
from paramrules_torch import MultiOptimizer, build, regroup_state, scheduled
from torch import nn
from torch.optim import AdamW, Muon, Optimizer
from torch.optim.lr_scheduler import LinearLR

import paramrules
from paramrules import RulesWarning

RULES = paramrules.parse(
    "no_decay: ndim <= 1 -> weight_decay = 0\nrest: else -> lr_scale = 0.5, amsgrad = true"
)
SEVERAL = paramrules.parse("""
[optimizer]
muon: ndim == 2 -> optimizer = "muon"
adamw: else
[decay]
no_decay: ndim <= 1
rest: else
""")


class Net(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.backbone = nn.Sequential(nn.Linear(4, 4), nn.LayerNorm(4))
        self.head = nn.Linear(4, 2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.head(self.backbone(x))  # type: ignore[no-any-return]


def made(rules: paramrules.Rules = RULES) -> tuple[Net, Optimizer]:
    """A model whose backbone the user has frozen, and its optimizer."""
    torch.manual_seed(0)
    model = Net()
    model.backbone.requires_grad_(False)
    optimizers: Any = AdamW if rules is RULES else {"muon": Muon, "default": AdamW}
    return model, build(model, rules, optimizers, lr=0.1, weight_decay=0.3)


def unfrozen(model: Net) -> list[nn.Parameter]:
    model.backbone.requires_grad_(True)
    return [*model.backbone.parameters()]


def step(model: Net, optimizer: Optimizer) -> None:
    optimizer.zero_grad()
    model(torch.ones(1, 4)).square().sum().backward()
    optimizer.step()


def test_names_come_from_the_model_and_settings_from_the_rules() -> None:
    model, optimizer = made()
    biases = [tensor for tensor in unfrozen(model) if tensor.ndim == 1]
    group = {"params": iter(biases), "lr": 0.01}
    optimizer.add_param_group(group)
    assert optimizer.param_groups[-1] is group
    assert group["params"] == biases
    keys = ("param_names", "label", "name", "lr", "weight_decay", "amsgrad")
    assert [group[key] for key in keys] == [
        ["backbone.0.bias", "backbone.1.weight", "backbone.1.bias"],
        "no_decay#2",
        "no_decay#2",
        0.01,
        0,
        False,
    ]
    optimizer.add_param_group({"params": model.backbone[0].weight})
    last = optimizer.param_groups[-1]
    assert [last[key] for key in keys] == [["backbone.0.weight"], "rest#2", "rest#2", 0.1, 0.3, True]
    step(model, optimizer)
    assert len(optimizer.state) == 6


def test_rules_that_differ_are_said_and_what_the_group_says_is_not() -> None:
    model, optimizer = made()
    parameters = unfrozen(model)
    with pytest.warns(RulesWarning) as warned:
        optimizer.add_param_group({"params": parameters, "lr": 0.01, "amsgrad": False})
    assert [str(one.message) for one in warned] == [
        "W663: the added group `rest+no_decay` has one `weight_decay`, 0.3, and the rules give "
        "0.3 for `rest`, and 0 for `no_decay`\n"
        "  = help: add a group for each label, or the group with its own `weight_decay`"
    ]
    assert warned[0].filename == __file__
    assert optimizer.param_groups[-1]["weight_decay"] == 0.3
    model, optimizer = made()
    optimizer.add_param_group({"params": unfrozen(model), "weight_decay": 0.2, "amsgrad": True})
    assert optimizer.param_groups[-1]["weight_decay"] == 0.2


def test_a_group_of_many_labels_counts_most_of_them() -> None:
    net = nn.ModuleList(nn.Linear(2, 2) for _ in range(5)).requires_grad_(False)
    net.append(nn.Linear(2, 2))
    text = r"layer_{i}: name ~ ^(?<i>[0-4])\. -> weight_decay = 0.1 * (i // 4)" "\nrest: else"
    optimizer = build(net, paramrules.parse(text), AdamW, lr=0.1, weight_decay=0.3)
    backbone = list(net[:5].requires_grad_(True).parameters())
    with pytest.warns(RulesWarning) as warned:
        optimizer.add_param_group({"params": backbone})
    label = "layer_0+layer_1+layer_2+2_more"
    assert optimizer.param_groups[-1]["label"] == label
    assert [str(one.message) for one in warned] == [
        f"W663: the added group `{label}` has one `weight_decay`, 0.3, and the rules give 0.0 for "
        "`layer_0`, `layer_1`, `layer_2` and 1 more, and 0.1 for `layer_4`\n"
        "  = help: add a group for each label, or the group with its own `weight_decay`"
    ]


def test_scales_of_decay_count() -> None:
    rules = paramrules.parse("a: ndim == 2 -> weight_decay_scale = 0.5\nb: else -> weight_decay = 0.15")
    model, optimizer = made()
    optimizer = build(model, rules, AdamW, lr=0.1, weight_decay=0.3)
    optimizer.add_param_group({"params": unfrozen(model)})
    assert optimizer.param_groups[-1]["weight_decay"] == 0.15


def test_parameters_that_the_model_does_not_have() -> None:
    _, optimizer = made()
    optimizer.add_param_group({"params": [nn.Parameter(torch.ones(2)), nn.Parameter(torch.ones(3))]})
    optimizer.add_param_group({"params": nn.Parameter(torch.ones(2))})
    optimizer.add_param_group({"params": [("mine", nn.Parameter(torch.ones(2)))], "name": "own"})
    optimizer.add_param_group({"params": nn.Parameter(torch.ones(2)), "label": "x", "param_names": ["y"]})
    assert [(g["label"], g["name"], g["param_names"]) for g in optimizer.param_groups[2:]] == [
        ("added", "added", ["added_2.0", "added_2.1"]),
        ("added#2", "added#2", ["added_3.0"]),
        ("own", "own", ["mine"]),
        ("x", "x", ["y"]),
    ]
    with pytest.raises(TypeError, match="ordered collections"):
        optimizer.add_param_group({"params": {nn.Parameter(torch.ones(1))}})


def test_a_model_that_is_gone_gives_no_names() -> None:
    model, optimizer = made()
    parameters = unfrozen(model)
    del model
    gc.collect()
    optimizer.add_param_group({"params": parameters})
    assert optimizer.param_groups[-1]["param_names"][0] == "added_2.0"


def test_names_are_those_of_the_model_as_it_was_wrapped() -> None:
    model = Net()
    model.backbone.requires_grad_(False)
    wrapped = nn.DataParallel(model)
    optimizer = build(wrapped, RULES, lr=0.1)
    optimizer.add_param_group({"params": model.backbone[0].bias})
    assert optimizer.param_groups[-1]["param_names"] == ["module.backbone.0.bias"]


@pytest.mark.parametrize("rules", [RULES, SEVERAL], ids=["one", "several"])
@pytest.mark.filterwarnings("error")
def test_an_added_group_lives_on(rules: paramrules.Rules) -> None:
    model, optimizer = made(rules)
    scheduler = scheduled(optimizer, lambda base: LinearLR(base, 1.0, 0.0, 10))
    for _ in range(5):
        step(model, optimizer)
        scheduler.step()
    bias, other = model.backbone[1].bias.requires_grad_(), model.backbone[0].bias.requires_grad_()
    optimizer.add_param_group({"params": [bias, other], "lr": 0.01})
    step(model, optimizer)
    scheduler.step()
    rates = [group["lr"] for group in optimizer.param_groups]
    assert rates == pytest.approx([0.04, 0.02 if rules is RULES else 0.04, 0.008])
    saved, position = copy.deepcopy(optimizer.state_dict()), scheduler.state_dict()

    again, resumed = made(rules)
    unfrozen(again)
    resumed.add_param_group({"params": [again.backbone[1].bias, again.backbone[0].bias], "lr": 0.01})
    resumed.load_state_dict(saved)
    assert resumed.state_dict()["param_groups"] == saved["param_groups"]

    again.load_state_dict(model.state_dict())
    optimizers: Any = AdamW if rules is RULES else {"muon": Muon, "default": AdamW}
    for name in ("0.weight", "1.weight"):
        again.backbone.get_parameter(name).requires_grad_(False)
    whole = build(again, rules, optimizers, lr=0.1, weight_decay=0.3)
    whole.load_state_dict(regroup_state(saved, again, whole))
    scheduler = scheduled(whole, lambda base: LinearLR(base, 1.0, 0.0, 10))
    scheduler.load_state_dict(position)
    assert [group["lr"] for group in whole.param_groups] == pytest.approx(rates[:2])
    kept = optimizer.state[bias]["exp_avg"]
    assert torch.equal(whole.state[again.backbone[1].bias]["exp_avg"], kept)


def test_among_several_a_copy_still_takes_groups() -> None:
    model, optimizer = made(SEVERAL)
    optimizer.add_param_group({"params": model.backbone[1].bias})
    assert optimizer.param_groups[-1]["label"] == "adamw/no_decay#2"
    assert optimizer.param_groups[-1]["weight_decay"] == 0
    for copied in (copy.deepcopy(optimizer), pickle.loads(pickle.dumps(optimizer))):
        copied.add_param_group({"params": nn.Parameter(torch.ones(2)), "lr": 0.5})
        last = copied.param_groups[-1]
        assert (last["label"], last["param_names"], last["optimizer"]) == ("added", ["added_3.0"], "default")
        assert len(optimizer.param_groups) == 3


def test_among_several_the_rules_say_which_takes_a_group() -> None:
    model, optimizer = made(SEVERAL)
    optimizer.add_param_group({"params": model.backbone[0].weight})
    assert optimizer.param_groups[-1]["optimizer"] == "muon"
    assert "momentum" in optimizer.param_groups[-1]
    optimizer.add_param_group({"params": model.backbone[0].bias, "optimizer": "default"})
    assert [group["optimizer"] for group in optimizer.param_groups[-2:]] == ["muon", "default"]
    for several in (made()[1], optimizer):
        with pytest.raises(TypeError, match=r"must be a dict|should be a dict, and this is a `list`"):
            several.add_param_group([nn.Parameter(torch.ones(1))])  # type: ignore[arg-type]  # as meant


def test_groups_of_several_may_be_set() -> None:
    model, optimizer = made(SEVERAL)
    assert isinstance(optimizer, MultiOptimizer)
    before = [dict(group) for group in optimizer.param_groups]
    added = {key: value for key, value in before[1].items() if key != "optimizer"}
    added["params"] = [model.backbone[1].bias]
    optimizer.param_groups = [added, *before]
    assert optimizer.order == ["default", "muon", "default"]
    assert optimizer.optimizers["default"].param_groups == [added, before[1]]
    assert optimizer.param_groups[1] is optimizer.optimizers["muon"].param_groups[0]


@pytest.mark.parametrize("rules", [RULES, SEVERAL])
def test_an_empty_group(rules: paramrules.Rules) -> None:
    _, optimizer = made(rules)
    number = len(optimizer.param_groups)
    optimizer.add_param_group({"params": []})
    group = optimizer.param_groups[number]
    assert (group["params"], group["param_names"], group["label"]) == ([], [], "added")
