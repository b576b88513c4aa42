"""A GroupMonitor's share of a training step: `benchmarks/bench_torch_monitor.py [BATCH]`.

A ViT-B with layer-wise rates, 28 groups, AdamW. A step is the forward pass, the backward pass and the
optimizer's step, on a GPU if there is one. What the monitor adds is timed by itself, hook by hook, because it
is far less than steps differ among themselves; the last line has it by steps with and without the monitor.
"""

import sys
from collections.abc import Callable
from statistics import median
from time import perf_counter

import torch
from paramrules_torch import GroupMonitor, build
from torch import nn

from paramrules.rules import parse

DEVICE = "cuda" if torch.cuda.is_available() else "cpu"
RULES = parse(
    r"""
option rate = 0.75
let block = name ~ ^blocks\.(?<i>\d+)\.
[decay]
no_decay: ndim <= 1 or name ~ token|position -> weight_decay = 0
decay: else
[lr]
stem: name ~ ^(token|position|patches) -> lr_scale = rate ** 13
block_{i}: block -> lr_scale = rate ** (12 - i)
head: else
""",
    "vit.rules",
)


class ViT(nn.Module):
    """A ViT-B for images of 224 x 224 in patches of 16 x 16, with torch's own layers."""

    def __init__(self) -> None:
        super().__init__()
        self.patches = nn.Conv2d(3, 768, 16, 16)
        self.token = nn.Parameter(torch.zeros(1, 1, 768))
        self.position = nn.Parameter(torch.zeros(1, 197, 768))
        how = {"activation": "gelu", "batch_first": True, "norm_first": True, "dropout": 0.0}
        self.blocks = nn.ModuleList(nn.TransformerEncoderLayer(768, 12, 3072, **how) for _ in range(12))
        self.norm = nn.LayerNorm(768)
        self.head = nn.Linear(768, 1000)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        x = self.patches(images).flatten(2).transpose(1, 2)
        x = torch.cat([self.token.expand(len(x), -1, -1), x], dim=1) + self.position
        for block in self.blocks:
            x = block(x)
        return self.head(self.norm(x[:, 0]))  # type: ignore[no-any-return]


def seconds(call: Callable[[], object]) -> float:
    """Return how long a call takes, with what it leaves to the device."""
    if DEVICE == "cuda":
        torch.cuda.synchronize()
    start = perf_counter()
    call()
    if DEVICE == "cuda":
        torch.cuda.synchronize()
    return perf_counter() - start


def main() -> None:
    """Print what was measured beside what is aimed at."""
    batch = int(sys.argv[1]) if len(sys.argv) > 1 else 16
    torch.manual_seed(0)
    model = ViT().to(DEVICE)
    optimizer = build(model, RULES, torch.optim.AdamW, lr=1e-5, weight_decay=0.05, foreach=True)
    assert len(optimizer.param_groups) == 28
    images, labels = (
        torch.randn(batch, 3, 224, 224, device=DEVICE),
        torch.randint(1000, (batch,), device=DEVICE),
    )

    def step() -> None:
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(images), labels).backward()
        optimizer.step()

    step()
    plain, watched, hooks = [], [], []
    for _ in range(3):
        plain.append(seconds(step))
        monitor = GroupMonitor(optimizer)
        watched.append(seconds(step))
        hooks.append(
            seconds(lambda: monitor._before(optimizer, (optimizer,), {}))  # noqa: B023 - called at once
            + seconds(lambda: monitor._after(optimizer, (optimizer,), {}))  # noqa: B023
            + seconds(monitor.rows)
        )
        monitor.close()
    base, added = median(plain), median(hooks)
    size = sum(p.numel() * p.element_size() for p in model.parameters())
    print(f"ViT-B, 28 groups, a batch of {batch}, torch {torch.__version__} on {DEVICE}")
    print(f"  a training step                 {1e3 * base:9.1f} ms")
    print(f"  what a measured step adds       {1e3 * added:9.1f} ms  {added / base:7.2%} (3%)")
    print(f"  with every=10                             {added / base / 10:7.2%}")
    print(f"  a step with the monitor, by the clock     {median(watched) / base - 1:7.2%}")
    print(f"  a copy for the time of the step {size / 1e6:9.1f} MB")


if __name__ == "__main__":
    main()
