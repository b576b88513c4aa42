"""timm's `create_optimizer_v2(param_group_fn=)`, and its schedulers, which multiply `lr_scale` themselves."""

import math
from functools import partial

import paramrules_torch
import pytest
import torch
from torch import nn
from trainers.gpt import check_coverage, decays

import paramrules

timm = pytest.importorskip("timm", exc_type=ModuleNotFoundError)
from timm.optim import Lamb, create_optimizer_v2, param_groups_layer_decay  # noqa: E402
from timm.scheduler import create_scheduler_v2  # noqa: E402

pytestmark = pytest.mark.timm

RULES = paramrules.parse(r"""
option rate = 0.75
let block = name ~ ^blocks\.(?<i>\d+)\.
let depth = count(block)

[decay]
no_decay: ndim <= 1 or name ~ ^(cls_token|pos_embed)$ -> weight_decay = 0
decay:    else

[lr]
stem:       name ~ ^(cls_token|pos_embed|patch_embed\.) -> lr_scale = rate ** (depth + 1)
block_{i}:  block                                       -> lr_scale = rate ** (depth - i)
final_norm: name ~ ^norm\.                              -> lr_scale = rate
head:       else                                        -> lr_scale = 1
""")


def vit() -> nn.Module:
    torch.manual_seed(0)
    return timm.create_model(  # type: ignore[no-any-return]
        "vit_tiny_patch16_224", img_size=32, embed_dim=24, depth=3, num_heads=2, num_classes=5
    )


def optimizer_of(model: nn.Module, opt: str = "adamw") -> torch.optim.Optimizer:
    groups = partial(paramrules_torch.param_groups, rules=RULES, lr_scale="keep")
    return create_optimizer_v2(model, opt, lr=1e-3, weight_decay=0.05, param_group_fn=groups)


def batch() -> tuple[torch.Tensor, torch.Tensor]:
    return torch.randn(8, 3, 32, 32, generator=torch.manual_seed(1)), torch.arange(8) % 5


def step(model: nn.Module, optimizer: torch.optim.Optimizer) -> float:
    images, classes = batch()
    loss = nn.functional.cross_entropy(model(images), classes)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item()


@pytest.mark.parametrize("opt", ["sgd", "momentum", "adamw", "lamb", "lion", "nadamw", "adopt"])
def test_timms_optimizers_take_the_groups(opt: str) -> None:
    model = vit()
    optimizer = optimizer_of(model, opt)
    check_coverage(model, optimizer.param_groups)
    given = decays(optimizer.param_groups)
    for name, tensor in model.named_parameters():
        assert given[name] == (0 if tensor.ndim <= 1 or name in ("cls_token", "pos_embed") else 0.05)
    losses = [step(model, optimizer) for _ in range(4)]
    assert losses[-1] < losses[0]


SCHEDULES = ["cosine", "tanh", "step", "multistep", "poly", "wsd", "rsqrt", "constant"]


@pytest.mark.parametrize("sched", SCHEDULES)
def test_under_timms_schedulers_groups_keep_their_ratios(sched: str) -> None:
    optimizer = optimizer_of(vit())
    scheduler, epochs = create_scheduler_v2(
        optimizer,
        sched,
        num_epochs=10,
        warmup_epochs=3,
        warmup_lr=1e-5,
        min_lr=1e-6,
        decay_epochs=3,
        decay_milestones=[4, 7],
    )
    seen = set()
    for epoch in range(epochs):
        base = {group["lr"] / group["lr_scale"] for group in optimizer.param_groups}
        assert max(base) - min(base) <= 1e-15
        seen.add(round(max(base), 9))
        scheduler.step(epoch + 1)
    assert len(seen) > 3 or (sched in ("step", "multistep") and len(seen) > 2)


def test_groups_train_as_timms_own_layer_decay() -> None:
    ours, theirs = vit(), vit()
    optimizers = [
        optimizer_of(ours),
        create_optimizer_v2(theirs, "adamw", lr=1e-3, weight_decay=0.05, layer_decay=0.75),
    ]
    scales = [
        {id(tensor): group["lr_scale"] for group in groups for tensor in group["params"]}
        for groups in (
            optimizers[0].param_groups,
            param_groups_layer_decay(theirs, layer_decay=0.75),
        )
    ]
    for one, other in zip(ours.parameters(), theirs.parameters(), strict=True):
        assert math.isclose(scales[0][id(one)], scales[1][id(other)], rel_tol=1e-12)
    schedulers = [create_scheduler_v2(o, "cosine", num_epochs=8, warmup_epochs=2)[0] for o in optimizers]
    for epoch in range(8):
        for model, optimizer, scheduler in zip((ours, theirs), optimizers, schedulers, strict=True):
            step(model, optimizer)
            scheduler.step(epoch + 1)
    for one, other in zip(ours.parameters(), theirs.parameters(), strict=True):
        torch.testing.assert_close(one, other, rtol=1e-6, atol=1e-8)


def test_an_optimizer_that_build_makes_trains_as_one_that_timm_makes() -> None:
    ours, theirs = vit(), vit()
    optimizers = [
        paramrules_torch.build(ours, RULES, Lamb, lr=1e-3, weight_decay=0.05, lr_scale="keep"),
        optimizer_of(theirs, "lamb"),
    ]
    schedulers = [create_scheduler_v2(o, "cosine", num_epochs=6, warmup_epochs=2)[0] for o in optimizers]
    for epoch in range(6):
        for model, optimizer, scheduler in zip((ours, theirs), optimizers, schedulers, strict=True):
            step(model, optimizer)
            scheduler.step(epoch + 1)
    for one, other in zip(ours.parameters(), theirs.parameters(), strict=True):
        assert torch.equal(one, other)


def test_a_rule_sends_groups_to_the_fallback_of_timms_muon() -> None:
    rules = paramrules.parse(
        "muon: role == weight and ndim == 2 and name ~ ^blocks\nrest: else -> use_fallback = true"
    )
    model = vit()
    groups = partial(paramrules_torch.param_groups, rules=rules, lr_scale="keep")
    optimizer = create_optimizer_v2(model, "muon", lr=1e-3, weight_decay=0.05, param_group_fn=groups)
    losses = [step(model, optimizer) for _ in range(4)]
    assert losses[-1] < losses[0]
    held = [set(optimizer.state[group["params"][0]]) for group in optimizer.param_groups]
    assert held == [{"momentum_buffer", "use_muon"}, {"step", "exp_avg", "exp_avg_sq", "use_muon"}]
