"""Every optimizer of torch and timm trains with groups from rules as with groups made by hand, to the bit."""

import inspect
from functools import partial
from typing import Any

import pytest
import torch
from paramrules_torch import build
from torch import nn
from torch.optim import Optimizer
from torch_build.small_gpt import RULES, by_hand, equal, gpt, loss, train

import paramrules

OPTIMIZERS = [
    cls
    for cls in (getattr(torch.optim, name) for name in torch.optim.__all__)
    if isinstance(cls, type) and issubclass(cls, Optimizer) and cls is not Optimizer
]
OF_THEIR_OWN_KIND = (torch.optim.LBFGS, torch.optim.SparseAdam, torch.optim.Muon)
"""Those that refuse groups, dense gradients, or what is no matrix; each has a test of its own below."""

GROUPED = [cls for cls in OPTIMIZERS if cls not in OF_THEIR_OWN_KIND]
SWITCHES = [
    (cls, switch)
    for cls in GROUPED
    for switch in ("foreach", "fused")
    if switch in inspect.signature(cls).parameters
]


def takes(cls: Any, **arguments: Any) -> dict[str, Any]:
    """Those of the arguments that it takes."""
    return {name: value for name, value in arguments.items() if name in inspect.signature(cls).parameters}


def both(cls: Any, lr: float = 0.01, steps: int = 4, **how: Any) -> tuple[nn.Module, nn.Module, Optimizer]:
    """A model trained with groups from rules, and one with groups made by hand."""
    ours, theirs = gpt(), gpt()
    decay = takes(cls, weight_decay=0.1)
    optimizer = build(ours, RULES, cls, lr=lr, **decay, **how)
    groups = by_hand(theirs, lr, 0.1)
    if not decay:
        for group in groups:
            del group["weight_decay"]
    assert len(optimizer.param_groups) == len(groups) == 4
    other = cls(groups, lr=lr, **decay, **how)
    assert train(ours, optimizer, steps) == train(theirs, other, steps)
    return ours, theirs, optimizer


@pytest.mark.parametrize("cls", GROUPED, ids=lambda cls: cls.__name__)
def test_of_torch(cls: type[Optimizer]) -> None:
    ours, theirs, optimizer = both(cls)
    assert equal(ours, theirs)
    assert not equal(ours, gpt())
    assert type(optimizer) is cls


@pytest.mark.parametrize(("cls", "switch"), SWITCHES, ids=lambda value: getattr(value, "__name__", value))
def test_with_switches(cls: type[Optimizer], switch: str) -> None:
    try:
        cls([torch.zeros(1)], **{switch: True})
    except RuntimeError as error:
        pytest.skip(str(error))
    ours, theirs, optimizer = both(cls, **{switch: True})
    assert equal(ours, theirs)
    assert all(group[switch] is True for group in optimizer.param_groups)


def test_lbfgs_takes_one_group() -> None:
    ours, theirs = gpt(), gpt()
    optimizer = build(ours, paramrules.parse("all: else"), torch.optim.LBFGS, lr=0.1, max_iter=3)
    other = torch.optim.LBFGS(theirs.parameters(), lr=0.1, max_iter=3)
    for model, one in ((ours, optimizer), (theirs, other)):

        def closure(model: nn.Module = model, one: Optimizer = one) -> torch.Tensor:
            one.zero_grad()
            value = loss(model)
            value.backward()
            return value

        one.step(closure)  # type: ignore[arg-type]  # torch: wants a float
    assert equal(ours, theirs)
    assert not equal(ours, gpt())


def test_sparse_adam() -> None:
    rules = paramrules.parse("first: name ~ ^0 -> lr_scale = 0.5, weight_decay = 0\nsecond: else")
    models = []
    for _ in range(2):
        torch.manual_seed(0)
        models.append(nn.Sequential(*(nn.Embedding(5, 3, sparse=True) for _ in range(2))))
    ours, theirs = models
    groups = [{"params": [theirs[0].weight], "lr": 0.05}, {"params": [theirs[1].weight], "lr": 0.1}]
    for model, optimizer in (
        (ours, build(ours, rules, torch.optim.SparseAdam, lr=0.1)),
        (theirs, torch.optim.SparseAdam(groups, lr=0.1)),
    ):
        for step in range(3):
            optimizer.zero_grad()
            ids = torch.tensor([step, 4])
            sum(table(ids).pow(2).sum() for table in model).backward()
            optimizer.step()
    assert equal(ours, theirs)


def test_muon_alone() -> None:
    rules = paramrules.parse(
        "vectors: ndim != 2 -> freeze = true\nearly: name ~ layers\\.[01]\\. -> lr_scale = 0.3\nrest: else"
    )
    ours, theirs = gpt(), gpt()
    optimizer = build(ours, rules, torch.optim.Muon, lr=0.01, weight_decay=0.1)
    groups = [group for group in by_hand(theirs, 0.01, 0.1) if group["params"][0].ndim == 2]
    for name, parameter in theirs.named_parameters():
        parameter.requires_grad_(parameter.ndim == 2)
        assert name in {n for g in optimizer.param_groups for n in g["param_names"]} or parameter.ndim != 2
    early = [g["params"] for g in groups if g["lr"] < 0.01]
    late = [p for p in theirs.parameters() if p.ndim == 2 and not any(p is q for g in early for q in g)]
    train(ours, optimizer)
    hand = [{"params": [q for g in early for q in g], "lr": 0.01 * 0.3}, {"params": late}]
    train(theirs, torch.optim.Muon(hand, lr=0.01, weight_decay=0.1))
    assert equal(ours, theirs)


def of_timm() -> list[Any]:
    """Every class that is timm's own, but for those that compile their steps or need second gradients."""
    import timm.optim

    names = timm.optim.list_optimizers(exclude_filters=["bnb*", "fused*", "adahessian", "kron*"])
    classes = {timm.optim.get_optimizer_class(name, bind_defaults=False) for name in names}
    return sorted(
        (cls for cls in classes if cls.__module__.startswith("timm.")), key=lambda cls: cls.__name__
    )


@pytest.mark.timm
def test_of_timm() -> None:
    every = of_timm()
    assert {"Lamb", "Lion", "Muon"} <= {cls.__name__ for cls in every}
    for cls in every:
        ours, theirs, _ = both(cls, **takes(cls, momentum=0.9), steps=2)
        assert equal(ours, theirs), cls


@pytest.mark.parametrize("cls", [torch.optim.AdamW, partial(torch.optim.AdamW, fused=True), torch.optim.SGD])
def test_mixed_precision(cls: Any) -> None:
    """autocast, GradScaler and clipping, with a batch of which the gradients are not finite."""
    models = gpt(), gpt()
    optimizers = (
        build(models[0], RULES, cls, lr=0.01, weight_decay=0.1),
        cls(by_hand(models[1], 0.01, 0.1), lr=0.01, weight_decay=0.1),
    )
    scales = []
    for model, optimizer in zip(models, optimizers, strict=True):
        scaler = torch.amp.GradScaler("cpu", init_scale=1024.0)
        for step in range(5):
            optimizer.zero_grad()
            with torch.autocast("cpu", torch.bfloat16):
                value = loss(model, step)
            scaler.scale(value * (float("inf") if step == 2 else 1)).backward()
            scaler.unscale_(optimizer)
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            before = [parameter.detach().clone() for parameter in model.parameters()]
            scaler.step(optimizer)
            scaler.update()
            moved = not all(torch.equal(a, b) for a, b in zip(before, model.parameters(), strict=True))
            assert moved == (step != 2)
        scales.append(scaler.get_scale())
    assert equal(*models)
    assert scales == [512.0, 512.0]
