"""A schedule goes on where it was, at the rates of the new rules."""

import pickle
import warnings
from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest
import torch
from paramrules_torch import build, regroup_on_load, regroup_state, scheduled
from torch import nn
from torch.optim import lr_scheduler

import paramrules

OLD = paramrules.parse("no_decay: ndim <= 1 -> weight_decay = 0\ndecay: else\n")
NEW = paramrules.parse("head: name ~ ^2 -> lr_scale = 2\nbias: ndim <= 1 -> lr_scale = 0.5\nrest: else\n")

SCHEDULES: list[Callable[[Any], Any]] = [
    lambda o: lr_scheduler.LambdaLR(o, lambda step: 0.9**step),
    lambda o: lr_scheduler.StepLR(o, 3, gamma=0.5),
    lambda o: lr_scheduler.CosineAnnealingLR(o, T_max=20, eta_min=1e-4),
    lambda o: lr_scheduler.OneCycleLR(o, max_lr=0.1, total_steps=20),
    lambda o: lr_scheduler.SequentialLR(
        o, [lr_scheduler.LinearLR(o, 0.1, total_iters=4), lr_scheduler.ExponentialLR(o, 0.9)], [4]
    ),
]


def model() -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(3, 3), nn.LayerNorm(3), nn.Linear(3, 2))


def train(net: nn.Module, optimizer: Any, scheduler: Any, steps: int) -> list[list[float]]:
    """Trains, and gives back the rates of each step."""
    rates = []
    for _ in range(steps):
        net(torch.ones(4, 3)).square().mean().backward()
        optimizer.step()
        scheduler.step()
        rates.append([group["lr"] for group in optimizer.param_groups])
    return rates


@pytest.mark.parametrize("make", SCHEDULES)
def test_a_schedule_of_the_base_rate_fits_any_grouping(make: Any) -> None:
    net = model()
    optimizer = build(net, OLD, torch.optim.AdamW, lr=0.01)
    scheduler = scheduled(optimizer, make)
    train(net, optimizer, scheduler, 7)
    saved, where = deepcopy(optimizer.state_dict()), deepcopy(scheduler.state_dict())

    twin = model()
    whole = build(twin, NEW, torch.optim.AdamW, lr=0.01)
    expected = train(twin, whole, scheduled(whole, make), 15)[7:]

    net = model()
    resumed = build(net, NEW, torch.optim.AdamW, lr=0.01)
    again = scheduled(resumed, make)
    resumed.load_state_dict(regroup_state(saved, net, resumed))
    again.load_state_dict(where)
    assert train(net, resumed, again, 8) == expected


@pytest.mark.parametrize("make", SCHEDULES)
def test_a_schedule_of_torch_is_run_again(make: Any) -> None:
    net = model()
    optimizer = build(net, OLD, torch.optim.AdamW, lr=0.01, lr_scale="keep")
    scheduler = make(optimizer)
    train(net, optimizer, scheduler, 7)
    saved = deepcopy(optimizer.state_dict())

    twin = model()
    whole = build(twin, NEW, torch.optim.AdamW, lr=0.01, lr_scale="keep")
    expected = train(twin, whole, make(whole), 15)[7:]

    net = model()
    resumed = build(net, NEW, torch.optim.AdamW, lr=0.01, lr_scale="keep")
    again = make(resumed)
    resumed.load_state_dict(regroup_state(saved, net, resumed))
    with warnings.catch_warnings(action="ignore"):
        for _ in range(scheduler.last_epoch):
            again.step()
    assert train(net, resumed, again, 8) == expected
    betas = [group["betas"] for group in resumed.param_groups]
    assert betas == [group["betas"] for group in whole.param_groups]


@pytest.mark.parametrize("make", SCHEDULES)
def test_a_schedule_of_the_base_rate_loads_the_state_of_one_of_all_groups(make: Any) -> None:
    net = model()
    optimizer = regroup_on_load(build(net, OLD, torch.optim.AdamW, lr=0.01), net)
    scheduler = make(optimizer)
    train(net, optimizer, scheduler, 7)
    saved, where = deepcopy(optimizer.state_dict()), deepcopy(scheduler.state_dict())

    twin = model()
    whole = build(twin, NEW, torch.optim.AdamW, lr=0.01)
    expected = train(twin, whole, scheduled(whole, make), 15)[7:]

    net = model()
    resumed = regroup_on_load(build(net, NEW, torch.optim.AdamW, lr=0.01), net)
    again = scheduled(resumed, make, weight_decay=lambda step: 0.01 * step)
    resumed.load_state_dict(saved)
    again.load_state_dict(where)
    assert resumed.param_groups[0]["weight_decay"] == 0.07
    assert train(net, resumed, again, 8) == expected


def test_steps_that_cannot_be_repeated() -> None:
    net = model()
    optimizer = build(net, OLD, torch.optim.AdamW, lr=0.01)
    plain = lr_scheduler.ReduceLROnPlateau(optimizer)
    plain.step(1.0)
    scheduler = scheduled(optimizer, lr_scheduler.ReduceLROnPlateau)
    with pytest.raises(
        ValueError, match=r"^a `ReduceLROnPlateau` can only load what `scheduled` saved: its"
    ) as e:
        scheduler.load_state_dict(plain.state_dict())
    assert str(e.value).endswith("its steps cannot be repeated from the state of one that saw all groups")
    with pytest.raises(ValueError, match=r"^a `LambdaLR` can only load what `scheduled` saved"):
        scheduled(optimizer, SCHEDULES[0]).load_state_dict({"steps": 3})


def test_a_plateau_is_found_by_its_class_and_pickled_and_loaded() -> None:
    def made() -> tuple[torch.optim.Optimizer, Any]:
        optimizer = build(model(), NEW, torch.optim.AdamW, lr=0.01)
        return optimizer, scheduled(optimizer, lambda base: lr_scheduler.ReduceLROnPlateau(base, patience=0))

    optimizer, scheduler = made()
    assert isinstance(scheduler, lr_scheduler.ReduceLROnPlateau)
    for metric in (1.0, 2.0):
        scheduler.step(metric)
    assert [group["lr"] for group in optimizer.param_groups] == [0.002, 0.0005, 0.001]
    again, other = made()
    other.load_state_dict(scheduler.state_dict())
    other.step(2.0)
    copied = pickle.loads(pickle.dumps(scheduler))
    copied.step(2.0)
    rates = [0.0002, 0.00005, 0.0001]
    for groups in (again.param_groups, copied.optimizer.param_groups):
        assert [group["lr"] for group in groups] == pytest.approx(rates)
