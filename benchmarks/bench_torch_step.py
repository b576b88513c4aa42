"""Optimizers from rules, against torch's constructor and timm's groups: `benchmarks/bench_torch_step.py`.

A step of AdamW (foreach) on timm's ViT-B with layer-wise rates, and on one of its depth that is so narrow
that what is measured is what groups cost the host. Then the making of an optimizer of a mixture of experts
of 45,000 tensors in 28 groups. All are timed in turn, on one thread, and the median is taken of the ratios
of each turn, as in bench_torch.py.

Needs the package installed (`pip install -e ".[timm]"`), not only on the path: its backends are found
by their entry points.
"""

import sys
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import torch
from bench_torch import Model, ratios
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


def report(title: str, ways: dict[str, Callable[[], object]]) -> None:
    """Prints what was measured; the first way is the yardstick."""
    print(title)
    for name, (taken, ratio) in ratios(ways).items():
        print(f"  {name:46} {taken:8.2f} ms {ratio:6.2f}")


def main() -> None:
    """Prints what was measured beside what is aimed at."""
    if find_spec("timm") is None:
        sys.exit("timm is not installed: pip install -e '.[timm]'")
    torch.set_num_threads(1)
    wide, narrow = vit(), vit(embed_dim=24, num_heads=2)
    for title, model in (("ViT-B", wide), ("as deep, 24 wide", narrow)):
        ways = steps(model, foreach=True)
        for way in ways.values():
            way()
        report(f"AdamW.step(), foreach, {title}", ways)
        ways.pop("one group")
        report("  against timm's (1.0)", ways)

    with torch.device("meta"):
        model = Model(60)
    tensors = list(model.parameters())
    groups = param_groups(model, LAYERS, lr=1e-3, weight_decay=0.05)
    assert len(groups) == 28
    adamw = torch.optim.AdamW
    report(
        f"an AdamW of {len(tensors):,} tensors in 28 groups",
        {
            "AdamW(model.parameters())": lambda: adamw(model.parameters()),
            "build(model, rules, AdamW) (1.5)": lambda: build(
                model, LAYERS, adamw, lr=1e-3, weight_decay=0.05
            ),
            "AdamW(param_groups(model, rules))": lambda: adamw(param_groups(model, LAYERS, lr=1e-3)),
        },
    )
    report(
        "  the constructor alone",
        {
            "AdamW(tensors)": lambda: adamw(tensors),
            "build's way with 28 groups (1.5)": lambda: Factory("", adamw).construct(groups, {}),
            "AdamW(groups)": lambda: adamw([dict(group) for group in groups]),
        },
    )


if __name__ == "__main__":
    main()
