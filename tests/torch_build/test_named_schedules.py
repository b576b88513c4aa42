"""Schedules by name, of rate and decay: every group keeps its ratio to its own schedule, to the bit."""

import math
import pickle
from copy import deepcopy
from functools import partial
from typing import Any

import pytest
import torch
from paramrules_torch import build, param_groups, scheduled
from torch import nn
from torch.optim import Optimizer, lr_scheduler

import paramrules
from paramrules import RulesError, RulesWarning

RULES = """
[decay]
no_decay: ndim <= 1 -> weight_decay = 0
half: name ~ ^0 -> weight_decay_scale = 0.3, weight_decay_schedule = "cosine"
rest: else
[lr]
head: name ~ ^2 -> schedule = "late", lr_scale = 0.7
body: else -> lr_scale = 0.1
"""


def model() -> nn.Module:
    return nn.Sequential(nn.Linear(3, 3), nn.LayerNorm(3), nn.Linear(3, 3))


def built(text: str = RULES, optimizer: Any = torch.optim.AdamW, **how: Any) -> Optimizer:
    return build(
        model(), paramrules.parse(text, "t.rules"), optimizer, **{"lr": 0.3, "weight_decay": 0.04} | how
    )


def cosine(step: int) -> float:
    return 0.4 + (0.04 - 0.4) * (1 + math.cos(math.pi * step / 7)) / 2


def linear(step: int) -> float:
    return 0.04 + 0.01 * step


def late(step: int) -> float:
    return 0.0 if step < 3 else 1.0


def early(step: int) -> float:
    return 1 / (step + 1)


MAKE = {
    "default": partial(lr_scheduler.LambdaLR, lr_lambda=early),
    "late": partial(lr_scheduler.LambdaLR, lr_lambda=late),
}
DECAY = {"default": linear, "cosine": cosine}


def states(optimizer: Optimizer) -> list[tuple[str, float, float]]:
    return [(group["label"], group["lr"], group["weight_decay"]) for group in optimizer.param_groups]


def expected(step: int) -> list[tuple[str, float, float]]:
    return [
        ("no_decay/head", 0.3 * late(step) * 0.7, 0),
        ("no_decay/body", 0.3 * early(step) * 0.1, 0),
        ("half/body", 0.3 * early(step) * 0.1, cosine(step) * 0.3),
        ("rest/head", 0.3 * late(step) * 0.7, linear(step)),
    ]


def test_each_group_follows_its_own_schedules_to_the_bit() -> None:
    optimizer = built()
    scheduler = scheduled(optimizer, MAKE, weight_decay=DECAY)
    for step in range(8):
        assert states(optimizer) == expected(step)
        assert scheduler.get_last_lr() == [rate for _, rate, _ in expected(step)]
        optimizer.step()  # no W616
        scheduler.step()
    assert [(g.get("schedule"), g.get("weight_decay_schedule")) for g in optimizer.param_groups] == [
        ("late", None),
        (None, None),
        (None, "cosine"),
        ("late", None),
    ]
    assert list(scheduler.schedulers) == ["default", "late"]
    assert scheduler.inner is scheduler.schedulers["default"]


def test_a_single_decay_schedule_and_one_that_stays() -> None:
    optimizer = built("half: name ~ ^0 -> weight_decay_scale = 0.5\nrest: else")
    scheduler = scheduled(optimizer, MAKE["default"], weight_decay=linear)
    scheduler.step()
    assert [group["weight_decay"] for group in optimizer.param_groups] == [linear(1) * 0.5, linear(1)]
    optimizer = built(RULES)
    scheduler = scheduled(optimizer, MAKE, weight_decay={"default": 0.25, "cosine": cosine})
    scheduler.step()
    assert [group["weight_decay"] for group in optimizer.param_groups] == [0, 0, cosine(1) * 0.3, 0.25]


def test_a_schedule_replaces_the_base_of_the_optimizer_that_takes_the_group() -> None:
    text = """
hidden: name ~ ^0 and ndim == 2 -> optimizer = "muon", schedule = "late", weight_decay_schedule = "cosine"
fixed: name ~ ^2 and ndim == 2 -> schedule = "late", lr = 0.15, weight_decay = 0.02
rest: else
"""
    optimizers = {
        "muon": partial(torch.optim.Muon, lr=20.0, weight_decay=0.1),
        "default": torch.optim.AdamW,
    }
    optimizer = built(text, optimizers)
    ratios = [(g["lr_ratio"], g["weight_decay_ratio"]) for g in optimizer.param_groups]
    assert ratios == [(1.0, 1.0), (0.5, 0.5), (1.0, 1.0)]
    seen = []

    def make(base: Optimizer) -> lr_scheduler.LRScheduler:
        seen.append(base.param_groups[0]["lr"])
        return lr_scheduler.LambdaLR(base, late)

    scheduler = scheduled(optimizer, {"default": MAKE["default"], "late": make}, weight_decay=DECAY)
    assert list(scheduler.schedulers) == ["default", "late/muon", "late/default"]
    assert seen == [20.0, 0.3]
    for _ in range(4):
        scheduler.step()
    assert [(g["lr"], g["weight_decay"]) for g in optimizer.param_groups] == [
        (20.0, cosine(4)),
        (0.15, linear(4) * 0.5),
        (0.3 / 5, linear(4)),
    ]


def resumed(saved: dict[str, Any], **how: Any) -> tuple[Optimizer, Any]:
    optimizer = built()
    scheduler = scheduled(optimizer, MAKE, weight_decay=DECAY)
    optimizer.load_state_dict(saved["optimizer"])
    scheduler.load_state_dict(saved["scheduler"])
    return optimizer, scheduler


def saved_at(step: int) -> dict[str, Any]:
    optimizer = built()
    scheduler = scheduled(optimizer, MAKE, weight_decay=DECAY)
    for _ in range(step):
        scheduler.step()
    return {"optimizer": optimizer.state_dict(), "scheduler": scheduler.state_dict()}


def test_states_are_saved_and_loaded() -> None:
    saved = saved_at(4)
    assert sorted(saved["scheduler"]) == ["base", "decay", "others", "scheduler"]
    optimizer, scheduler = resumed(saved)
    assert states(optimizer) == expected(4)
    scheduler.step()
    assert states(optimizer) == expected(5)


def test_a_state_from_before_there_were_names_loads() -> None:
    saved = saved_at(4)
    del saved["scheduler"]["others"], saved["scheduler"]["decay"]
    for group in saved["optimizer"]["param_groups"]:
        for key in (
            "schedule",
            "weight_decay_schedule",
            "weight_decay_ratio",
            "initial_weight_decay",
            "name",
        ):
            group.pop(key, None)
        group["weight_decay"] = {"no": 0, "ha": 0.3 * 0.04, "re": 0.04}[group["label"][:2]]
    optimizer, scheduler = resumed(saved)
    scheduler.step()
    fresh_late = [(label, rate if "body" in label else 0.0, decay) for label, rate, decay in expected(5)]
    assert states(optimizer) == fresh_late  # the decay goes on with the base rate; what is new starts
    assert [group["name"] for group in optimizer.param_groups] == [label for label, _, _ in fresh_late]
    assert scheduled(optimizer, MAKE, weight_decay=DECAY)


def said(error: Any) -> str:
    return str(error.value)


@pytest.mark.parametrize(
    ("make", "decay", "text"),
    [
        (
            {"default": MAKE["default"], "lat": MAKE["late"]},
            DECAY,
            """
error[E644]: the groups `no_decay/head` and `rest/head` name the schedule `late`, \
and there are `default` and `lat`
  = help: did you mean `lat`?""",
        ),
        (
            {"default": MAKE["default"]},
            DECAY,
            """
error[E644]: the groups `no_decay/head` and `rest/head` name the schedule `late`, and there is only `default`
  = help: pass it too, as in `{"late": ..., ...}`""",
        ),
        (
            MAKE["default"],
            None,
            """
error[E644]: the groups `no_decay/head` and `rest/head` name the schedule `late`, and only one was passed
  = help: pass both, as in `{"late": ..., "default": ...}`

error[E644]: the group `half/body` names the decay schedule `cosine`, and none was passed
  = help: pass it, as in `weight_decay={"cosine": ..., "default": ...}`""",
        ),
        (
            MAKE,
            {},
            """
error[E644]: the group `half/body` names the decay schedule `cosine`, and none was passed
  = help: pass it, as in `weight_decay={"cosine": ..., "default": ...}`

error[E644]: the group `rest/head` names no decay schedule, and none was passed
  = help: add it: `{"default": ..., ...}`""",
        ),
        (
            {"late": MAKE["late"], "main": MAKE["default"]},
            {"cosine": cosine},
            """
error[E644]: the groups `no_decay/body` and `half/body` name no schedule, and there are `late` and `main`
  = help: name one of them `default`, or add one: `{"default": ..., ...}`

error[E644]: the group `rest/head` names no decay schedule, and there is only `cosine`
  = help: name one of them `default`, or add one: `{"default": ..., ...}`""",
        ),
    ],
)
def test_a_name_that_is_not_there(make: Any, decay: Any, text: str) -> None:
    with pytest.raises(RulesError) as raised:
        scheduled(built(), make, weight_decay=decay)
    assert said(raised) == text


def test_a_name_that_nobody_uses() -> None:
    text = (
        'option mine = "own"\na?: ndim == 9 -> schedule = "late"\nb?: ndim == 8 -> schedule = mine\nc: else'
    )
    optimizer = built(text)
    makers = MAKE | {"middle": MAKE["late"], "own": MAKE["late"]}
    with pytest.warns(RulesWarning) as caught:
        scheduled(optimizer, makers, weight_decay=DECAY)
    assert [str(warning.message) for warning in caught] == [
        "W641: no rule names the schedule `middle`\n"
        '  = help: write `schedule = "middle"` among the settings of a rule, or remove the schedule',
        "W641: no rule names the decay schedule `cosine`\n"
        '  = help: write `weight_decay_schedule = "cosine"` among the settings of a rule, '
        "or remove the schedule",
    ]
    assert caught[0].filename == __file__
    plain = torch.optim.AdamW(param_groups(model(), paramrules.parse(RULES), lr=0.3, weight_decay=0.04))
    plain.defaults["weight_decay"] = 0
    with pytest.raises(
        ValueError, match=r"the base decay is 0, and a group decays by 0\.012: a ratio needs a"
    ):
        scheduled(plain, MAKE, weight_decay=DECAY)


def test_rates_that_are_tensors_are_not_shared_between_schedules() -> None:
    base, decay = torch.tensor(0.5), torch.tensor(0.25)
    rules = paramrules.parse('a: ndim == 1 -> schedule = "late", weight_decay_schedule = "cosine"\nb: else')
    optimizer = build(model(), rules, foreach=False, lr=base, weight_decay=decay)  # type: ignore[arg-type]
    halved = {"default": lambda step: 0.125, "cosine": lambda step: 0.5}
    scheduler = scheduled(optimizer, MAKE, weight_decay=halved)
    scheduler.step()
    assert states(optimizer) == [("a", 0.0, 0.5), ("b", 0.25, 0.125)]
    assert (float(base), float(decay), float(optimizer.defaults["lr"])) == (0.5, 0.25, 0.5)


def test_an_optimizer_that_build_did_not_make() -> None:
    groups = param_groups(model(), paramrules.parse(RULES), lr=0.3, weight_decay=0.04)
    optimizer = torch.optim.AdamW(groups, lr=0.3, weight_decay=0.04)
    scheduler = scheduled(optimizer, MAKE, weight_decay=DECAY)
    scheduler.step()
    found = [(label, pytest.approx(rate), pytest.approx(decay)) for label, rate, decay in expected(1)]
    assert states(optimizer) == found
    with pytest.warns(RulesWarning, match="W641"):
        scheduled(optimizer, MAKE | {"gone": MAKE["late"]}, weight_decay=DECAY)


@pytest.mark.parametrize("decay", [0.1, {"default": "0.1"}, {"default": True}])
def test_a_decay_that_is_not_a_schedule(decay: Any) -> None:
    with pytest.raises(TypeError) as raised:
        scheduled(built("a: else"), MAKE["default"], weight_decay=decay)
    where = "under `default` " if isinstance(decay, dict) else ""
    assert said(raised) == (
        f"`weight_decay` is {decay!r} and {where}should be a function of the step: "
        "`weight_decay=lambda step: ...`; a decay that stays is an argument of `build`"
    )


@pytest.mark.parametrize("made", [0.1, {"default": MAKE["default"], "late": 0.1}])
def test_a_scheduler_that_is_not_a_function(made: Any) -> None:
    with pytest.raises(TypeError) as raised:
        scheduled(built("a: else"), made)
    where = "under `late` " if isinstance(made, dict) else ""
    assert said(raised) == (
        f"`make_scheduler` is {made!r:.60} and {where}should be a function that makes a scheduler: "
        "`lambda base: CosineAnnealingLR(base, 100)`"
    )


def test_optimizers_without_decay_and_groups_that_are_added_later() -> None:
    optimizer = build(model(), paramrules.parse("a: else"), torch.optim.Rprop, lr=0.1)
    scheduler = scheduled(optimizer, MAKE["default"], weight_decay=linear)
    scheduler.step()
    assert "weight_decay" not in optimizer.param_groups[0]
    assert "weight_decay_ratio" not in optimizer.param_groups[0]
    optimizer = built("a: else")
    scheduler = scheduled(optimizer, MAKE["default"], weight_decay=linear)
    optimizer.add_param_group({"params": [("new", nn.Parameter(torch.ones(2)))]})
    scheduler.step()
    assert optimizer.param_groups[1]["weight_decay"] == linear(1)


@pytest.mark.parametrize("copied", [lambda pair: pickle.loads(pickle.dumps(pair)), deepcopy])
def test_a_copied_or_unpickled_scheduler_drives_the_copied_optimizer(copied: Any) -> None:
    optimizer = built()
    scheduler = scheduled(optimizer, MAKE, weight_decay=DECAY)
    optimizer.step()
    scheduler.step()
    other, again = copied((optimizer, scheduler))
    assert again.optimizer is other is not optimizer
    again.step()
    assert (states(other), states(optimizer)) == (expected(2), expected(1))


def test_a_scheduler_of_momentum_moves_that_of_its_own_groups() -> None:
    optimizer = built('a: name ~ ^0 -> schedule = "late"\nb: else')
    one_cycle = partial(lr_scheduler.OneCycleLR, max_lr=1.0, total_steps=10)
    scheduler = scheduled(optimizer, {"default": one_cycle, "late": MAKE["late"]})
    scheduler.step()
    first, second = optimizer.param_groups
    assert (first["betas"][0], "max_momentum" in first) == (0.9, False)
    assert (second["betas"][0] < 0.95, second["max_momentum"]) == (True, 0.95)
