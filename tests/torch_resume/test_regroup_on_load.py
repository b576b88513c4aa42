"""An optimizer that regroups whatever it loads, under torch's distributed checkpoints too."""

from copy import deepcopy
from typing import Any

import pytest
import torch
from paramrules_torch import MultiOptimizer, build, regroup_on_load
from torch import nn
from torch.distributed.checkpoint.state_dict import get_optimizer_state_dict, set_optimizer_state_dict

import paramrules
from paramrules import RulesError

OLD = "no_decay: ndim <= 1\ndecay: else"
NEW = "head: name ~ ^2 -> lr_scale = 2\nbias: ndim <= 1 -> lr_scale = 0.5\nrest: else"


def made(text: str, several: bool = False, **how: Any) -> tuple[nn.Module, torch.optim.Optimizer]:
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(3, 3), nn.LayerNorm(3), nn.Linear(3, 2))
    optimizers: Any = {"default": torch.optim.AdamW} if several else torch.optim.AdamW
    optimizer = build(model, paramrules.parse(text), optimizers, lr=0.01, weight_decay=0.1)
    return model, regroup_on_load(optimizer, model, **how)


def stepped(text: str, several: bool = False) -> tuple[nn.Module, torch.optim.Optimizer]:
    model, optimizer = made(text, several)
    for _ in range(2):
        model(torch.ones(4, 3)).square().mean().backward()
        optimizer.step()
    return model, optimizer


def same_moments(one: Any, other: Any) -> None:
    (model, optimizer), (again, resumed) = one, other
    for ours, theirs in zip(model.parameters(), again.parameters(), strict=True):
        for key, value in optimizer.state[ours].items():
            assert torch.equal(resumed.state[theirs][key], value)


@pytest.mark.parametrize("several", [False, True])
def test_a_state_dict_of_other_groups(several: bool) -> None:
    before, after = stepped(OLD, several), made(NEW, several)
    assert isinstance(after[1], MultiOptimizer) == several
    after[1].load_state_dict(deepcopy(before[1].state_dict()))
    same_moments(before, after)
    assert [group["lr"] for group in after[1].param_groups] == [0.02, 0.005, 0.01]


def test_a_distributed_checkpoint_of_other_groups() -> None:
    before, after = stepped(OLD), made(NEW)
    set_optimizer_state_dict(*after, deepcopy(get_optimizer_state_dict(*before)))
    same_moments(before, after)
    groups = after[1].param_groups
    assert [(group["label"], group["lr"], group["weight_decay"]) for group in groups] == [
        ("head", 0.02, 0.1),
        ("bias", 0.005, 0.1),
        ("rest", 0.01, 0.1),
    ]


def test_its_arguments_are_those_of_regroup_state() -> None:
    model, optimizer = stepped(OLD)
    saved = optimizer.state_dict()
    for group in saved["param_groups"]:
        del group["param_names"]
    with pytest.raises(RulesError, match="E621"):
        made(NEW)[1].load_state_dict(saved)
    after = made(NEW, old=paramrules.parse(OLD))
    after[1].load_state_dict(saved)
    same_moments((model, optimizer), after)


def test_a_fresh_state_of_any_groups_is_loaded() -> None:
    _, optimizer = made(NEW)
    optimizer.load_state_dict(made(OLD)[1].state_dict())
    optimizer.load_state_dict(optimizer.state_dict())  # as `accelerate.prepare` does
    assert [group["label"] for group in optimizer.param_groups] == ["head", "bias", "rest"]
    assert not optimizer.state
