"""A loaded state brings its own settings: a warning where these are not the rules', and only there."""

from functools import partial
from typing import Any

import pytest
import torch
from paramrules_torch import build, regroup_state, scheduled
from torch import nn
from torch.optim import Optimizer, lr_scheduler

import paramrules
from paramrules import RulesError, RulesWarning

OLD = "a: ndim == 1 -> lr_scale = 1\nb: else"
NEW = "a: ndim == 1 -> weight_decay = 0\nb: else"


def model() -> nn.Module:
    return nn.Sequential(nn.Linear(3, 3), nn.LayerNorm(3))


def built(text: str, *args: Any, net: nn.Module | None = None, **how: Any) -> Optimizer:
    return build(net or model(), paramrules.parse(text), *args, **{"lr": 0.1, "weight_decay": 0.05} | how)


def test_an_old_runs_decay_on_what_does_not_decay_now() -> None:
    saved, net = built(OLD).state_dict(), model()
    optimizer = built(NEW, net=net)
    with pytest.warns(RulesWarning) as caught:
        optimizer.load_state_dict(saved)
    assert [str(warning.message) for warning in caught] == [
        """W642: the loaded state has replaced settings of the rules: `weight_decay` of `a` is 0.05 and was 0
  = help: load `paramrules_torch.regroup_state(state, model, optimizer)` to keep those of the rules, \
or build with the rules and arguments of the run that saved it"""
    ]
    assert optimizer.param_groups[0]["weight_decay"] == 0.05
    again = built(NEW, net=net)
    again.load_state_dict(regroup_state(saved, net, again, missing="fresh"))
    assert again.param_groups[0]["weight_decay"] == 0


@pytest.mark.parametrize("several", [False, True])
def test_each_setting_by_label_and_key(several: bool) -> None:
    optimizer: Any = torch.optim.AdamW
    if several:
        optimizer = {"default": torch.optim.AdamW, "sgd": torch.optim.SGD}
    first = 'optimizer = "sgd", ' if several else ""
    old = built(
        f"a: ndim == 1 -> {first}lr_scale = 2, weight_decay = 1\nb: else -> amsgrad = true", optimizer
    )
    new = built(f"a: ndim == 1 -> {first}lr_scale = 1\nb: else -> eps = 1e-6, betas = (0.9, 0.95)", optimizer)
    with pytest.warns(RulesWarning) as caught:
        new.load_state_dict(old.state_dict())
    (warning,) = caught
    assert str(warning.message).splitlines()[0] == (
        "W642: the loaded state has replaced settings of the rules: "
        "`weight_decay` of `a` is 1 and was 0.05, `lr_ratio` of `a` is 2.0 and was 1.0, "
        "`eps` of `b` is 1e-08 and was 1e-06, "
        "`betas` of `b` is (0.9, 0.999) and was (0.9, 0.95), 1 more"
    )


def test_another_base_is_another_decay_and_not_another_rate() -> None:
    optimizer = built(NEW, lr=0.3, weight_decay=0.1)
    with pytest.warns(RulesWarning, match="rules: `weight_decay` of `b` is 0.05 and was 0.1\n"):
        optimizer.load_state_dict(built(NEW).state_dict())


def drive_by_hand(optimizer: Optimizer) -> None:
    for group in optimizer.param_groups:
        group["weight_decay"] *= 3


def one_cycle(optimizer: Optimizer) -> None:
    scheduler = lr_scheduler.OneCycleLR(optimizer, 0.2, total_steps=9)
    optimizer.step()
    scheduler.step()


def cyclic(optimizer: Optimizer) -> None:
    scheduler = scheduled(
        optimizer,
        partial(lr_scheduler.CyclicLR, base_lr=0.1, max_lr=0.3, step_size_up=3),
        weight_decay=lambda n: n,
    )
    optimizer.step()
    scheduler.step()


@pytest.mark.parametrize("drive", [drive_by_hand, one_cycle, cyclic])
@pytest.mark.parametrize("before", [True, False])
@pytest.mark.parametrize("cls", [torch.optim.AdamW, partial(torch.optim.SGD, momentum=0.9)])
def test_what_schedules_change_is_not_a_difference(drive: Any, before: bool, cls: Any) -> None:
    text = "a: ndim == 1 -> lr_scale = 1\nb: else"
    old, new = built(text, cls), built(text, cls)
    drive(old)
    if before:
        drive(new)
    new.load_state_dict(old.state_dict())
    assert new.param_groups[1]["weight_decay"] == old.param_groups[1]["weight_decay"]


def test_a_second_moment_that_differs_under_a_cycle() -> None:
    old, new = built(OLD), built(OLD, betas=(0.9, 0.95))
    one_cycle(old)
    with pytest.warns(RulesWarning, match=r"`betas` of `a` is \(0.8\d+, 0.999\) and was \(0.9, 0.95\)"):
        new.load_state_dict(old.state_dict())


def test_what_an_optimizer_counts_and_how_it_computes_are_not_differences() -> None:
    class Counting(torch.optim.SGD):
        def __init__(self, params: Any, lr: float = 0.1, weight_decay: float = 0.0) -> None:
            super().__init__(params, lr=lr, weight_decay=weight_decay, foreach=False)
            for group in self.param_groups:
                group["count"] = 0

    old, new = built(OLD, Counting), built(OLD, Counting)
    old.param_groups[0] |= {"count": 5, "foreach": True}
    new.load_state_dict(old.state_dict())
    assert new.param_groups[0]["count"] == 5


def test_the_groups_keep_their_own_names_and_an_old_file_loses_no_keys() -> None:
    old, new = built(OLD), built('first: ndim == 1 -> schedule = "late"\nsecond: else')
    saved = old.state_dict()
    for group in saved["param_groups"]:
        for key in ("weight_decay_ratio", "initial_weight_decay", "name", "param_names"):
            del group[key]
    new.load_state_dict(saved)
    first = new.param_groups[0]
    assert (first["label"], first["name"], first["schedule"]) == ("first", "first", "late")
    assert (first["weight_decay_ratio"], first["initial_weight_decay"]) == (1.0, 0.05)
    assert first["param_names"] == ["0.bias", "1.weight", "1.bias"]


def test_an_empty_state_of_its_own_and_tensors_and_lists_are_not_differences() -> None:
    optimizer = built(NEW, lr=torch.tensor(0.1))
    optimizer.load_state_dict(optimizer.state_dict())
    saved = optimizer.state_dict()
    saved["param_groups"][1] |= {"betas": [0.9, 0.999], "eps": torch.tensor(1e-8, dtype=torch.float64)}
    optimizer.load_state_dict(saved)


@pytest.mark.parametrize("several", [False, True])
def test_groups_that_do_not_fit_say_how_to_load_them(several: bool) -> None:
    def made(text: str) -> tuple[nn.Module, Any]:
        net = model()
        optimizers: Any = {"default": torch.optim.AdamW} if several else torch.optim.AdamW
        return net, built(text, optimizers, net=net)

    def refused(text: str) -> str:
        with pytest.raises(RulesError) as raised:
            made(NEW)[1].load_state_dict(made(text)[1].state_dict())
        return str(raised.value)

    help = (
        "  = help: load `paramrules_torch.regroup_state(state, model, optimizer)`, or call "
        "`paramrules_torch.regroup_on_load(optimizer, model)` before a trainer loads it"
    )
    one, many = "all: else", "x: name ~ ^0 -> lr_scale = 2\ny: ndim == 1\nz?: else"
    assert refused(one) == f"\nerror[E664]: the saved state has 1 group and this optimizer has 2\n{help}"
    assert refused(many) == (
        "\nerror[E664]: the saved group `x` has 2 parameters, and `a`, which has its place now, has 3\n"
        + help
    )
    net, optimizer = made(NEW)
    optimizer.register_load_state_dict_pre_hook(lambda own, state: regroup_state(state, net, own))
    optimizer.load_state_dict(made(many)[1].state_dict())
    assert [group["label"] for group in optimizer.param_groups] == ["a", "b"]


def test_groups_of_the_same_sizes_with_other_parameters_do_not_fit() -> None:
    net = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 2))
    first, second = (f"a: name ~ ^{i} -> lr_scale = 2\nb: else" for i in (0, 1))
    old, optimizer = (built(text, torch.optim.AdamW, net=net) for text in (first, second))
    with pytest.raises(RulesError) as raised:
        optimizer.load_state_dict(old.state_dict())
    assert str(raised.value) == (
        "\nerror[E664]: the saved state has `0.weight` in the place that `1.weight` has now\n"
        "  = help: load `paramrules_torch.regroup_state(state, model, optimizer)`, or call "
        "`paramrules_torch.regroup_on_load(optimizer, model)` before a trainer loads it"
    )


def test_names_of_a_renamed_model_are_not_reason_to_refuse() -> None:
    old = built("a: else", torch.optim.AdamW, net=nn.Sequential(nn.Linear(2, 2)))
    optimizer = built("a: else", torch.optim.AdamW, net=nn.ModuleDict({"head": nn.Linear(2, 2)}))
    optimizer.load_state_dict(old.state_dict())
    assert optimizer.param_groups[0]["param_names"] == ["head.weight", "head.bias"]


def test_groups_that_an_engine_has_flattened_ask_for_its_universal_checkpoint() -> None:
    old, optimizer = (built(text, torch.optim.AdamW, net=model()) for text in ("all: else", NEW))
    for group in optimizer.param_groups:  # as ZeRO-3 does before it loads
        group["params"] = []
    with pytest.raises(RulesError) as raised:
        optimizer.load_state_dict(old.state_dict())
    assert str(raised.value) == (
        "\nerror[E664]: the saved state has 1 group and this optimizer has 2\n"
        "  = help: DeepSpeed keeps the state of each group in one flat tensor: convert its checkpoint to a "
        "universal one, as docs/distributed.md shows"
    )
