"""A GroupMonitor's share of a training step: `benchmarks/bench_torch_monitor.py [BATCH]`.

A ViT-B with layer-wise rates, 28 groups, AdamW. A step is the forward pass, the backward pass and the
optimizer's step: on a GPU if there is one, by the clock; otherwise on one thread, in CPU time, which other
work on the machine disturbs little. Measured steps alternate with others. The hooks are also timed by
themselves beside each pair, because steps differ among themselves by more than the hooks take. All times
are medians.
"""

import sys
from collections.abc import Callable
from statistics import median
from time import perf_counter, process_time

from measuring import needed

with needed():
    import torch
    from paramrules_torch import GroupMonitor, build
    from torch import nn

    from paramrules.rules import parse

ROUNDS = 5
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
    """Return how long a call takes: by the clock with what it leaves to a GPU, or in CPU time."""
    if DEVICE == "cpu":
        start = process_time()
        call()
        return process_time() - start
    torch.cuda.synchronize()
    start = perf_counter()
    call()
    torch.cuda.synchronize()
    return perf_counter() - start


def main() -> None:
    """Print what was measured beside what is aimed at."""
    batch = int(sys.argv[1]) if len(sys.argv) > 1 else 16
    torch.set_num_threads(1)
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

    hooks = GroupMonitor(optimizer, every=1)
    hooks.close()  # called by hand

    def watch() -> None:
        hooks._before(optimizer, (optimizer,), {})
        hooks._after(optimizer, (optimizer,), {})
        hooks.rows()

    GroupMonitor(optimizer, every=2)
    calls = (step, step, watch)  # measured, not measured, what is measured alone
    rounds = [[seconds(call) for call in calls] for _ in range(ROUNDS + 1)][1:]  # the first one allocates
    watched, plain, alone = zip(*rounds, strict=True)
    base, added = median(plain), median(alone)
    size = sum(p.numel() * p.element_size() for p in model.parameters())
    print(f"ViT-B, 28 groups, a batch of {batch}, torch {torch.__version__} on {DEVICE}")
    print(f"  a training step                 {1e3 * base:9.1f} ms")
    print(f"  what a measured step adds       {1e3 * added:9.1f} ms  {added / base:7.2%} (3%)")
    print(f"  with every=10                             {added / base / 10:7.2%}")
    print(f"  a measured step over another one          {median(watched) / base - 1:7.2%}")
    print(f"  a copy of the parameters        {size / 1e6:9.1f} MB")


if __name__ == "__main__":
    main()
