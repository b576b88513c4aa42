"""Under every schedule of torch, transformers and timm a group's rate stays `lr_scale` times the base rate.

Beneath `scheduled` that holds to the bit. A scheduler that is attached to the optimizer itself keeps the
ratios up to rounding where it multiplies, and not at all where it is given a rate: then the optimizer
says so.
"""

import inspect
import io
import math
import warnings
from collections.abc import Callable
from functools import partial
from itertools import pairwise
from typing import Any, Literal, NamedTuple

import pytest
import torch
from paramrules_torch import build, scheduled
from torch import nn
from torch.optim import Optimizer, lr_scheduler
from torch.optim.swa_utils import SWALR

import paramrules
from paramrules import RulesWarning

STEPS = 40
BASE = 0.1
SCALES = {"weight/a": 0.7, "weight/b": 0.3 * 0.7, "rest/a": 1.0, "rest/b": 0.3}
RULES = paramrules.parse(
    """
[kind]
weight: ndim == 2 -> lr_scale = 0.7
rest: else
[place]
a: name ~ ^0
b: else -> lr_scale = 0.3
"""
)


class Schedule(NamedTuple):
    """A scheduler, and what becomes of the groups' ratios where it is attached to the optimizer itself.

    It keeps them; or it does not, and the optimizer warns; or it leaves nothing in the groups by which the
    optimizer could tell it from a user who sets rates by hand.
    """

    make: Callable[[Optimizer], Any]
    direct: Literal["keeps", "told", "untold"] = "keeps"


OF_TORCH = {
    "LambdaLR": Schedule(partial(lr_scheduler.LambdaLR, lr_lambda=lambda step: 1 / (1 + step))),
    "MultiplicativeLR": Schedule(partial(lr_scheduler.MultiplicativeLR, lr_lambda=lambda _: 0.93)),
    "StepLR": Schedule(partial(lr_scheduler.StepLR, step_size=7, gamma=0.3)),
    "MultiStepLR": Schedule(partial(lr_scheduler.MultiStepLR, milestones=[3, 20], gamma=0.3)),
    "ConstantLR": Schedule(partial(lr_scheduler.ConstantLR, factor=0.3, total_iters=5)),
    "LinearLR": Schedule(partial(lr_scheduler.LinearLR, start_factor=0.3, total_iters=9)),
    "ExponentialLR": Schedule(partial(lr_scheduler.ExponentialLR, gamma=0.93)),
    "SequentialLR": Schedule(
        lambda optimizer: lr_scheduler.SequentialLR(
            optimizer,
            [
                lr_scheduler.LinearLR(optimizer, start_factor=0.1, total_iters=5),
                lr_scheduler.CosineAnnealingLR(optimizer, T_max=30),
            ],
            milestones=[5],
        )
    ),
    "CosineAnnealingLR": Schedule(partial(lr_scheduler.CosineAnnealingLR, T_max=STEPS)),
    "CosineAnnealingLR, eta_min": Schedule(
        partial(lr_scheduler.CosineAnnealingLR, T_max=STEPS, eta_min=0.01), direct="told"
    ),
    "ChainedScheduler": Schedule(
        lambda optimizer: lr_scheduler.ChainedScheduler(
            [
                lr_scheduler.ConstantLR(optimizer, factor=0.3, total_iters=5),
                lr_scheduler.ExponentialLR(optimizer, gamma=0.93),
            ],
            optimizer,
        )
    ),
    "ReduceLROnPlateau": Schedule(partial(lr_scheduler.ReduceLROnPlateau, factor=0.5, patience=2)),
    "ReduceLROnPlateau, min_lr": Schedule(
        partial(lr_scheduler.ReduceLROnPlateau, factor=0.5, patience=2, min_lr=0.005), direct="untold"
    ),
    "CyclicLR": Schedule(
        partial(lr_scheduler.CyclicLR, base_lr=0.001, max_lr=0.1, step_size_up=7, cycle_momentum=True),
        direct="told",
    ),
    "CosineAnnealingWarmRestarts": Schedule(partial(lr_scheduler.CosineAnnealingWarmRestarts, T_0=9)),
    "CosineAnnealingWarmRestarts, eta_min": Schedule(
        partial(lr_scheduler.CosineAnnealingWarmRestarts, T_0=9, eta_min=0.01), direct="told"
    ),
    "OneCycleLR": Schedule(
        partial(lr_scheduler.OneCycleLR, max_lr=0.2, total_steps=STEPS + 1), direct="told"
    ),
    "PolynomialLR": Schedule(partial(lr_scheduler.PolynomialLR, total_iters=30, power=2.0)),
    "SWALR": Schedule(partial(SWALR, swa_lr=0.02, anneal_epochs=5), direct="told"),
}


def of_transformers() -> dict[str, Schedule]:
    from transformers import optimization

    warmed = {"num_warmup_steps": 5, "num_training_steps": STEPS}
    return {
        "constant": Schedule(optimization.get_constant_schedule),
        "constant_with_warmup": Schedule(
            partial(optimization.get_constant_schedule_with_warmup, num_warmup_steps=5)
        ),
        "linear": Schedule(partial(optimization.get_linear_schedule_with_warmup, **warmed)),
        "cosine": Schedule(partial(optimization.get_cosine_schedule_with_warmup, **warmed)),
        "cosine_with_restarts": Schedule(
            partial(optimization.get_cosine_with_hard_restarts_schedule_with_warmup, **warmed, num_cycles=3)
        ),
        "polynomial": Schedule(
            partial(optimization.get_polynomial_decay_schedule_with_warmup, **warmed, lr_end=0.01, power=2.0)
        ),
        "inverse_sqrt": Schedule(partial(optimization.get_inverse_sqrt_schedule, num_warmup_steps=5)),
        "reduce_lr_on_plateau": Schedule(partial(optimization.get_reduce_on_plateau_schedule, patience=2)),
        "cosine_with_min_lr": Schedule(
            partial(optimization.get_cosine_with_min_lr_schedule_with_warmup, **warmed, min_lr=0.01)
        ),
        "cosine_warmup_with_min_lr": Schedule(
            partial(optimization.get_cosine_with_min_lr_schedule_with_warmup_lr_rate, **warmed, min_lr=0.01)
        ),
        "warmup_stable_decay": Schedule(
            partial(optimization.get_wsd_schedule, **warmed, num_decay_steps=9, min_lr_ratio=0.1)
        ),
        "greedy": Schedule(
            partial(optimization.get_greedy_schedule, patience=2, factor=0.5, min_lr=0.05), direct="untold"
        ),
    }


def of_timm() -> dict[str, Schedule]:
    from timm import scheduler as timm

    floor = {"lr_min": 0.01, "warmup_lr_init": 0.001, "warmup_t": 5}
    warm = {"warmup_lr_init": 0.001, "warmup_t": 5, "decay_rate": 0.5}
    noise = {"noise_range_t": [10, 20], "noise_pct": 0.3}
    return {
        "CosineLRScheduler": Schedule(partial(timm.CosineLRScheduler, t_initial=STEPS, **floor, **noise)),
        "TanhLRScheduler": Schedule(partial(timm.TanhLRScheduler, t_initial=STEPS, **floor)),
        "PolyLRScheduler": Schedule(partial(timm.PolyLRScheduler, t_initial=STEPS, **floor)),
        "WSDLRScheduler": Schedule(partial(timm.WSDLRScheduler, t_initial=STEPS, decay_t=9, **floor)),
        "StepLRScheduler": Schedule(partial(timm.StepLRScheduler, decay_t=7, **warm)),
        "MultiStepLRScheduler": Schedule(partial(timm.MultiStepLRScheduler, decay_t=[9, 20], **warm)),
        "PlateauLRScheduler": Schedule(
            partial(timm.PlateauLRScheduler, patience_t=2, lr_min=0.01, warmup_lr_init=0.001, warmup_t=5)
        ),
    }


def optimizer_of(**how: Any) -> Optimizer:
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(3, 3), nn.Linear(3, 3))
    optimizer = build(model, RULES, torch.optim.SGD, lr=BASE, momentum=0.9, **how)
    for parameter in model.parameters():
        parameter.grad = torch.zeros_like(parameter)
    assert {group["label"] for group in optimizer.param_groups} == set(SCALES)
    return optimizer


def stepped(optimizer: Optimizer, scheduler: Any) -> list[dict[str, float]]:
    """The rates of all groups at each step."""
    rates = []
    for step in range(STEPS):
        rates.append({group["label"]: float(group["lr"]) for group in optimizer.param_groups})
        optimizer.step()
        if hasattr(scheduler, "step_update"):
            scheduler.step(step + 1, metric=1.0)
        elif "metrics" in inspect.signature(getattr(scheduler, "inner", scheduler).step).parameters:
            scheduler.step(1.0)
        else:
            scheduler.step()
    return rates


def alone(schedule: Schedule) -> list[float]:
    """The rates of the schedule on an optimizer with one group that has the base rate."""
    single = torch.optim.SGD([{"params": [torch.zeros(1)], "label": "base"}], lr=BASE, momentum=0.9)
    return [rates["base"] for rates in stepped(single, schedule.make(single))]


def check_scheduled(schedule: Schedule) -> None:
    optimizer = optimizer_of()
    scheduler = scheduled(optimizer, schedule.make)
    assert scheduler.optimizer is optimizer
    assert isinstance(scheduler, lr_scheduler.LRScheduler)
    expected = alone(schedule)
    for rates, base in zip(stepped(optimizer, scheduler), expected, strict=True):
        assert rates == {label: base * scale for label, scale in SCALES.items()}
    assert scheduler.get_last_lr() == [group["lr"] for group in optimizer.param_groups]


def check_direct(schedule: Schedule) -> None:
    optimizer = optimizer_of()
    scheduler = schedule.make(optimizer)
    expected = alone(schedule)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", RulesWarning)
        seen = stepped(optimizer, scheduler)
    kept = all(
        math.isclose(rate, base * SCALES[label], rel_tol=1e-13)  # rounding, in so few steps
        for rates, base in zip(seen, expected, strict=True)
        for label, rate in rates.items()
    )
    told = [str(one.message).split(":")[0] for one in caught] == ["W616"]
    assert (kept, told, len(caught)) == (
        schedule.direct == "keeps",
        schedule.direct == "told",
        int(schedule.direct == "told"),
    )


def changing(schedule: Schedule) -> bool:
    return any(a != b for a, b in pairwise(alone(schedule)))


def test_every_scheduler_of_torch_is_here() -> None:
    named = {name.partition(",")[0] for name in OF_TORCH}
    assert named == {*lr_scheduler.__all__, "SWALR"} - {"LRScheduler"}
    assert all(changing(schedule) for schedule in OF_TORCH.values())


@pytest.mark.parametrize("name", OF_TORCH)
# The epoch that SequentialLR hands on to its schedulers, which torch itself warns about.
@pytest.mark.filterwarnings("ignore:The epoch parameter in `scheduler.step:UserWarning")
def test_of_torch(name: str) -> None:
    check_scheduled(OF_TORCH[name])
    check_direct(OF_TORCH[name])


def test_of_transformers() -> None:
    pytest.importorskip("transformers")  # not beside the oldest torch
    from transformers.optimization import TYPE_TO_SCHEDULER_FUNCTION

    schedules = of_transformers()
    assert set(schedules) == {kind.value for kind in TYPE_TO_SCHEDULER_FUNCTION}
    for name, schedule in schedules.items():
        assert changing(schedule) == (name != "constant"), name
        check_scheduled(schedule)
        check_direct(schedule)


@pytest.mark.timm
# timm means to take it out.
@pytest.mark.filterwarnings("ignore:PlateauLRScheduler is deprecated:FutureWarning")
def test_of_timm() -> None:
    import timm.scheduler

    schedules = of_timm()
    classes = {name for name, value in vars(timm.scheduler).items() if isinstance(value, type)}
    assert set(schedules) == classes
    for name, schedule in schedules.items():
        assert changing(schedule), name
        check_scheduled(schedule)
        if name == "PlateauLRScheduler":
            continue  # its rates after the warm-up are those of torch's ReduceLROnPlateau
        kept = optimizer_of(lr_scale="keep")
        rates = stepped(kept, schedule.make(kept))
        assert rates == [
            {label: base * scale for label, scale in SCALES.items()} for base in alone(schedule)
        ], name


def test_what_is_said_of_a_scheduler_that_sets_one_rate_everywhere() -> None:
    rules = paramrules.parse('a: leaf == "bias" -> lr_scale = 0.1\nb: else')
    optimizer = build(nn.Linear(3, 3), rules, lr=0.5)
    lr_scheduler.OneCycleLR(optimizer, max_lr=1.0, total_steps=10)
    with pytest.warns(RulesWarning) as warned:
        optimizer.step()
    optimizer.step()  # it is said once
    assert [str(one.message) for one in warned] == [
        "W616: a scheduler has changed the ratios of learning rates: "
        "the rate of `b` should be 10 times the rate of `a`, and is 1 times as large\n"
        "  = help: let it schedule the base rate: `paramrules_torch.scheduled(optimizer, lambda base: ...)`"
    ]
    assert warned[0].filename == __file__


def cosine(base: Optimizer) -> Any:
    return lr_scheduler.CosineAnnealingLR(base, 10)


@pytest.mark.parametrize(
    ("arguments", "how", "message"),
    [
        (
            (lr_scheduler.CosineAnnealingLR,),
            {"T_max": 10, "eta_min": 0.1},
            "`scheduled` takes no argument `T_max`: bind arguments of a scheduler, as in "
            "`lambda base: CosineAnnealingLR(base, T_max=10, eta_min=0.1)`",
        ),
        (
            (lambda base: None,),
            {},
            "`make_scheduler` made a `NoneType` and should make a scheduler: "
            "`lambda base: CosineAnnealingLR(base, 100)`",
        ),
    ],
)
def test_what_makes_no_scheduler(arguments: Any, how: dict[str, Any], message: str) -> None:
    with pytest.raises(TypeError) as raised:
        scheduled(optimizer_of(), *arguments, **how)
    assert str(raised.value) == message


def test_a_class_of_schedulers_that_needs_arguments() -> None:
    with pytest.raises(TypeError, match="missing 1 required positional argument: 'T_max'") as raised:
        scheduled(optimizer_of(), lr_scheduler.CosineAnnealingLR)
    assert raised.value.__notes__ == [
        "`CosineAnnealingLR` was called with an optimizer alone: "
        "write `lambda base: CosineAnnealingLR(base, ...)`"
    ]
    with pytest.raises(TypeError, match="takes 0 positional arguments") as raised:
        scheduled(optimizer_of(), lambda: None)
    assert not hasattr(raised.value, "__notes__")
    assert scheduled(optimizer_of(), lr_scheduler.ReduceLROnPlateau).inner.patience == 10


@pytest.mark.parametrize(
    ("wrong", "called"), [(cosine, "function"), (nn.Linear(1, 1), "torch.nn.modules.linear.Linear")]
)
def test_an_optimizer_comes_before_its_scheduler(wrong: Any, called: str) -> None:
    with pytest.raises(TypeError) as raised:
        scheduled(wrong, optimizer_of())  # type: ignore[arg-type]
    assert str(raised.value) == (
        f"`optimizer` is a `{called}`, not a `torch.optim.Optimizer`: "
        "write `scheduled(optimizer, lambda base: ...)`"
    )


def test_momentum_that_cycles_is_every_groups() -> None:
    torch.manual_seed(0)
    model = nn.Linear(3, 3)
    text = 'm: ndim == 2 -> optimizer = "muon"\nb: else -> betas = (0.5, 0.99), lr_scale = 0.1'
    both = {"muon": torch.optim.Muon, "default": torch.optim.AdamW}
    optimizer = build(model, paramrules.parse(text), both, lr=BASE)
    alone = build(model, paramrules.parse("all: else -> betas = (0.5, 0.99)"), lr=BASE)
    make = partial(lr_scheduler.OneCycleLR, max_lr=1.0, div_factor=4, total_steps=10)
    with pytest.raises(ValueError, match="optimizer must support momentum or beta1"):
        scheduled(optimizer, make)
    scheduled(optimizer, partial(make, cycle_momentum=False))
    assert [group["lr"] for group in optimizer.param_groups] == [0.25, 0.25 * 0.1]
    assert optimizer.param_groups[1]["betas"] == (0.5, 0.99)
    scheduled(alone, make)
    assert alone.param_groups[0]["betas"] == (0.95, 0.99)
    sgd = optimizer_of()
    scheduled(sgd, make)
    assert {group["momentum"] for group in sgd.param_groups} == {0.95}


@pytest.mark.parametrize("name", ["ExponentialLR", "OneCycleLR", "CyclicLR", "CosineAnnealingLR, eta_min"])
def test_a_schedule_goes_on_where_it_was_saved(name: str) -> None:
    make = OF_TORCH[name].make
    whole = optimizer_of()
    expected = stepped(whole, scheduled(whole, make))
    first = optimizer_of()
    scheduler = scheduled(first, make)
    for _ in range(STEPS // 2):
        first.step()
        scheduler.step()
    file = io.BytesIO()
    torch.save([first.state_dict(), scheduler.state_dict()], file)
    file.seek(0)
    second = optimizer_of()
    resumed = scheduled(second, make)
    saved = torch.load(file, weights_only=True)
    second.load_state_dict(saved[0])
    resumed.load_state_dict(saved[1])
    for rates in expected[STEPS // 2 :]:
        assert {group["label"]: group["lr"] for group in second.param_groups} == rates
        second.step()
        resumed.step()


def test_a_group_keeps_its_own_betas_when_a_schedule_is_loaded() -> None:
    rules = paramrules.parse('a: leaf == "bias" -> betas = (0.5, 0.99), lr_scale = 0.5\nb: else')
    optimizer = build(nn.Linear(3, 3), rules, lr=BASE)
    scheduler = scheduled(optimizer, partial(lr_scheduler.StepLR, step_size=1))
    scheduler.load_state_dict(scheduler.state_dict())
    assert [group["betas"] for group in optimizer.param_groups] == [(0.5, 0.99), (0.9, 0.999)]


def test_ratios_are_the_new_rules_where_a_state_of_old_rules_is_loaded() -> None:
    def built(scale: float) -> Optimizer:
        text = f'a: leaf == "bias" -> lr_scale = {scale}\nb: else'
        return build(nn.Linear(3, 3), paramrules.parse(text), lr=BASE)

    old, new = built(0.5), built(0.25)
    make = partial(lr_scheduler.StepLR, step_size=1)
    saved = scheduled(old, make).state_dict(), old.state_dict()
    scheduler = scheduled(new, make)
    with pytest.warns(RulesWarning, match="`lr_ratio` of `a` is 0.5 and was 0.25"):
        new.load_state_dict(saved[1])
    scheduler.load_state_dict(saved[0])
    assert [(g["lr"], g["lr_ratio"]) for g in new.param_groups] == [(BASE * 0.25, 0.25), (BASE, 1.0)]
    new.step()  # and nothing is warned about


def test_it_is_the_scheduler_that_was_made_for_whoever_asks() -> None:
    optimizer = optimizer_of()
    scheduler = scheduled(optimizer, partial(lr_scheduler.StepLR, step_size=3))
    assert (scheduler.step_size, scheduler.last_epoch, scheduler._step_count) == (3, 0, 1)
    assert scheduler.get_last_lr() == scheduler.get_lr() == [group["lr"] for group in optimizer.param_groups]
    with pytest.raises(AttributeError, match="'StepLR' object has no attribute 'patience'"):
        scheduler.patience  # noqa: B018
    with pytest.raises(AttributeError, match="inner"):
        type(scheduler).__new__(type(scheduler)).step_size  # noqa: B018


def test_of_an_optimizer_that_a_trainer_has_wrapped() -> None:
    pytest.importorskip("accelerate")  # not beside the oldest torch
    from accelerate import Accelerator

    schedule = OF_TORCH["OneCycleLR"]
    wrapped, bare = Accelerator(cpu=True).prepare(optimizer_of()), optimizer_of()
    ours = stepped(wrapped, scheduled(wrapped, schedule.make))
    assert ours == stepped(bare, scheduled(bare, schedule.make))


def test_an_optimizer_made_by_hand_needs_its_base_rate() -> None:
    groups = [{"params": [torch.zeros(1)], "lr": 0.5}, {"params": [torch.zeros(1)]}]
    optimizer = torch.optim.SGD(groups, lr=0.25)
    scheduled(optimizer, partial(lr_scheduler.ConstantLR, factor=0.5))
    assert [group["lr"] for group in optimizer.param_groups] == [0.25, 0.125]
    scheduled(optimizer, partial(lr_scheduler.ConstantLR, factor=0.5), lr=1.0)
    assert [group["lr"] for group in optimizer.param_groups] == [0.125, 0.0625]
    for wrong in (0.0, "1e-3"):
        with pytest.raises(
            ValueError, match=rf"^the base rate is {wrong!r} and should be a number above zero"
        ):
            scheduled(optimizer, partial(lr_scheduler.ConstantLR, factor=0.5), lr=wrong)  # type: ignore[arg-type]


def test_rates_that_are_tensors_stay_the_same_tensors() -> None:
    model = nn.Linear(3, 3)
    rules = paramrules.parse('a: leaf == "bias" -> lr_scale = 0.5\nb: else')
    optimizer = build(model, rules, torch.optim.SGD, lr=torch.tensor(0.5))  # type: ignore[arg-type]
    tensors = [group["lr"] for group in optimizer.param_groups]
    scheduler = scheduled(optimizer, partial(lr_scheduler.ExponentialLR, gamma=0.5))
    optimizer.step()
    scheduler.step()
    assert [float(tensor) for tensor in tensors] == [0.125, 0.25]
    assert all(g["lr"] is tensor for g, tensor in zip(optimizer.param_groups, tensors, strict=True))


def test_a_group_that_is_added_keeps_the_ratio_that_it_has_then() -> None:
    optimizer = optimizer_of()
    scheduler = scheduled(optimizer, partial(lr_scheduler.ExponentialLR, gamma=0.5))
    optimizer.step()
    scheduler.step()
    optimizer.add_param_group({"params": [torch.zeros(1)], "param_names": ["new"], "lr": BASE / 4})
    optimizer.step()
    scheduler.step()
    assert optimizer.param_groups[-1]["lr"] == BASE / 8


def test_rates_that_are_set_by_hand_are_the_users() -> None:
    optimizer = optimizer_of()
    for group in optimizer.param_groups:
        group["lr"] = 0.01
    optimizer.step()


def test_a_rate_of_a_rules_own_is_scheduled_in_its_ratio() -> None:
    rules = paramrules.parse('a: leaf == "bias" -> lr = 0.5, lr_scale = 0.5\nb: else')
    optimizer = build(nn.Linear(3, 3), rules, lr=0.125)
    assert [group["lr_ratio"] for group in optimizer.param_groups] == [2.0, 1.0]
    scheduled(optimizer, partial(lr_scheduler.OneCycleLR, max_lr=1.0, div_factor=4, total_steps=10))
    assert [group["lr"] for group in optimizer.param_groups] == [0.5, 0.25]


def test_rates_that_are_tensors_are_not_compared() -> None:
    rules = paramrules.parse("a: ndim == 1 -> lr_scale = 0.1\nb: else")
    optimizer = build(nn.Linear(3, 2), rules, lr=torch.tensor(0.5))
    for group in optimizer.param_groups:
        group["initial_lr"] = 0.5
        group["lr"] = torch.tensor(1.0)
    optimizer.step()  # a warning would be an error here
    for group in optimizer.param_groups:
        group["lr"] = 1.0
    with pytest.warns(RulesWarning, match="W616"):
        optimizer.step()


def test_a_momentum_is_set_in_the_groups_that_have_one() -> None:
    rules = paramrules.parse('a: ndim == 1 -> optimizer = "rprop"\nb: else')
    both = {"rprop": torch.optim.Rprop, "default": torch.optim.SGD}
    optimizer = build(nn.Linear(3, 2), rules, both, lr=0.1)

    def make(base: torch.optim.Optimizer) -> lr_scheduler.LRScheduler:
        base.param_groups[0]["momentum"] = 0.5
        return lr_scheduler.ConstantLR(base)

    scheduled(optimizer, make)
    assert [group.get("momentum") for group in optimizer.param_groups] == [None, 0.5]


@pytest.mark.parametrize("how", ["removed", "reordered", "exchanged", "replaced"])
def test_groups_keep_their_ratios_when_the_list_of_groups_changes(how: str) -> None:
    net = nn.ModuleDict({name: nn.Linear(2, 2, bias=False) for name in "abc"})
    rules = paramrules.parse(
        "[x]\na: name ~ ^a -> lr_scale = 0.5, weight_decay_scale = 2\nb: name ~ ^b -> lr_scale = 0.1\nc: else"
    )
    optimizer = build(net, rules, lr=1.0, weight_decay=0.1)
    scheduler = scheduled(
        optimizer, lambda base: lr_scheduler.StepLR(base, 1, 0.5), weight_decay=lambda step: 0.1 + step
    )
    groups = optimizer.param_groups
    match how:
        case "removed":
            del groups[0]
        case "reordered":
            groups.reverse()
        case "exchanged":
            groups.append(groups.pop(0) | {"params": [nn.Parameter(torch.ones(2))], "label": "new"})
        case _:  # as Gaussian splatting does when it adds points
            groups[0]["params"] = [nn.Parameter(torch.ones(2))]
    optimizer.step()
    scheduler.step()
    expected = {"a": (0.25, 2.2), "new": (0.25, 2.2), "b": (0.05, 1.1), "c": (0.5, 1.1)}
    for group in groups:
        assert (group["lr"], group["weight_decay"]) == pytest.approx(expected[group["label"]])
