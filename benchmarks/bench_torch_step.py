"""Optimizers from rules, against torch's constructor and timm's groups: `benchmarks/bench_torch_step.py`.

A step of AdamW (foreach) on timm's ViT-B with layer-wise rates, and on one of its depth that is so narrow
that what is measured is what groups cost the host. Then the making of an optimizer of a mixture of experts
of 45,000 tensors in 28 groups. All on one thread.

Needs the package installed (`pip install -e ".[timm]"`), not only on the path: its backends are found
by their entry points.
"""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from bench_torch import Model
from measuring import Row, compared, each, needed, show

with needed():
    import torch
    from paramrules_torch import build, param_groups
    from paramrules_torch.optimizers.factories import Factory

    from paramrules.rules import load, parse

HERE = Path(__file__).parent
VIT = load("<timm/layer_decay@1>")

LAYERS = parse(
    """
option rate = 0.9
let block = name ~ ^blocks\\.(?<i>\\d+)\\.
[decay]
no_decay: ndim <= 1 or type(Embedding) -> weight_decay = 0
decay: else
[lr]
part_0: name ~ ^embed -> lr_scale = rate ** 13
part_{i * 13 // 60}: block -> lr_scale = rate ** (13 - i * 13 // 60)
head: else
""",
    "layers.rules",
)


def vit(**how: Any) -> torch.nn.Module:
    """timm's ViT-B, with gradients; its torchvision may have been built for another torch."""
    sys.path.insert(0, str(HERE.parent / "tests"))
    import torchvision_ops

    torchvision_ops.install()
    import timm

    model: torch.nn.Module = timm.create_model("vit_base_patch16_224", **how)
    for parameter in model.parameters():
        parameter.grad = torch.randn_like(parameter)
    return model


def steps(model: torch.nn.Module, **how: Any) -> dict[str, Callable[[], object]]:
    """A step of each optimizer of the model, the yardstick first."""
    from timm.optim import param_groups_layer_decay

    base = {"lr": 1e-6, "weight_decay": 0.05}
    theirs = param_groups_layer_decay(model, 0.05, layer_decay=0.75)
    for group in theirs:
        group["lr"] = base["lr"] * group["lr_scale"]
    optimizers = {
        "one group": torch.optim.AdamW(model.parameters(), **base, **how),
        "timm's 28 groups": torch.optim.AdamW(theirs, **base, **how),
        "28 groups from rules": build(model, VIT, torch.optim.AdamW, **base, **how),
    }
    assert [len(optimizer.param_groups) for optimizer in optimizers.values()] == [1, 28, 28]
    return {name: optimizer.step for name, optimizer in optimizers.items()}


def of_a_vit() -> Iterator[Row]:
    """Measure steps of ViTs, against one group and against timm's."""
    for title, model in (("ViT-B", vit()), ("a narrow ViT", vit(embed_dim=24, num_heads=2))):
        ways = {f"a step of {title}: {name}": step for name, step in steps(model, foreach=True).items()}
        for way in ways.values():
            way()
        _, theirs, ours = ways
        yield from compared(ways)
        against_timm = {theirs: ways[theirs], f"{ours}, against timm's": ways[ours]}
        yield [*compared(against_timm, dict.fromkeys(against_timm, 1.0))][1]


def of_a_mixture() -> Iterator[Row]:
    """Measure the making of an optimizer of 45,244 tensors."""
    with torch.device("meta"):
        model = Model(60)
    tensors = list(model.parameters())
    groups = param_groups(model, LAYERS, lr=1e-3, weight_decay=0.05)
    assert len(groups) == 28
    adamw = torch.optim.AdamW
    making, alone = "making AdamW", "AdamW's constructor alone"
    built, constructed = f"{making}: `build`, 28 groups", f"{alone}: as `build` calls it, 28 groups"
    yield from compared(
        {
            f"{making}: `AdamW(model.parameters())`": lambda: adamw(model.parameters()),
            built: lambda: build(model, LAYERS, adamw, lr=1e-3, weight_decay=0.05),
            f"{making}: `AdamW(param_groups(model, rules))`, 28 groups": lambda: adamw(
                param_groups(model, LAYERS, lr=1e-3)
            ),
        },
        {built: 1.05},
    )
    yield from compared(
        {
            f"{alone}: `AdamW(tensors)`, a list": lambda: adamw(tensors),
            constructed: lambda: Factory("", adamw).construct(groups, {}),
            f"{alone}: `AdamW(groups)`, 28 groups": lambda: adamw([dict(group) for group in groups]),
        },
        {constructed: 1.05},
    )


def rows() -> Iterator[Row]:
    """Measure steps of a ViT, if timm is installed, and the making of an optimizer."""
    torch.set_num_threads(1)
    yield from each(of_a_vit, of_a_mixture)


if __name__ == "__main__":
    show(rows())
