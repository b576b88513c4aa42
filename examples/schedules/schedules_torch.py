"""Adam, AdamW and LAMB by schedules.rules: under schedulers of torch and transformers, in mixed precision."""

from collections.abc import Callable
from pathlib import Path

import paramrules_torch
import torch
import transformers
from timm.optim import Lamb
from torch import nn
from torch.optim import Optimizer, lr_scheduler

RULES = Path(__file__).with_name("schedules.rules")
LR, STEPS = 2e-3, 30

SCHEDULERS: dict[str, Callable[[Optimizer], object]] = {
    "StepLR": lambda o: lr_scheduler.StepLR(o, 10),
    "MultiStepLR": lambda o: lr_scheduler.MultiStepLR(o, [10, 20]),
    "ConstantLR": lambda o: lr_scheduler.ConstantLR(o, 0.5, total_iters=10),
    "LinearLR": lambda o: lr_scheduler.LinearLR(o, 0.2, 1.0, total_iters=10),
    "ExponentialLR": lambda o: lr_scheduler.ExponentialLR(o, 0.95),
    "PolynomialLR": lambda o: lr_scheduler.PolynomialLR(o, STEPS + 1, power=2.0),
    "LambdaLR": lambda o: lr_scheduler.LambdaLR(o, lambda step: 0.97**step),
    "MultiplicativeLR": lambda o: lr_scheduler.MultiplicativeLR(o, lambda step: 0.97),
    "CosineAnnealingLR": lambda o: lr_scheduler.CosineAnnealingLR(o, STEPS, eta_min=1e-4),
    "CosineAnnealingWarmRestarts": lambda o: lr_scheduler.CosineAnnealingWarmRestarts(o, 10, eta_min=1e-4),
    "CyclicLR": lambda o: lr_scheduler.CyclicLR(o, 1e-4, LR, step_size_up=10, cycle_momentum=False),
    "OneCycleLR": lambda o: lr_scheduler.OneCycleLR(o, LR, total_steps=STEPS + 1),
    "ReduceLROnPlateau": lambda o: lr_scheduler.ReduceLROnPlateau(o, patience=0, threshold=0.5),
    "SequentialLR": lambda o: lr_scheduler.SequentialLR(
        o, [lr_scheduler.LinearLR(o, 0.1, total_iters=5), lr_scheduler.ExponentialLR(o, 0.9)], [5]
    ),
    "ChainedScheduler": lambda o: lr_scheduler.ChainedScheduler(
        [lr_scheduler.ConstantLR(o, 0.1, total_iters=5), lr_scheduler.ExponentialLR(o, 0.9)]
    ),
    "constant": lambda o: transformers.get_constant_schedule_with_warmup(o, 5),
    "linear": lambda o: transformers.get_linear_schedule_with_warmup(o, 5, STEPS + 1),
    "cosine": lambda o: transformers.get_cosine_schedule_with_warmup(o, 5, STEPS + 1),
    "cosine with restarts": lambda o: transformers.get_cosine_with_hard_restarts_schedule_with_warmup(
        o, 5, STEPS + 1, 2
    ),
    "polynomial": lambda o: transformers.get_polynomial_decay_schedule_with_warmup(o, 5, STEPS + 1),
}


class Net(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.body = nn.Linear(8, 32)
        self.norm = nn.LayerNorm(32)
        self.head = nn.Linear(32, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.head(torch.relu(self.norm(self.body(x))))


def train(make_optimizer: type[Optimizer], make_scheduler: Callable[[Optimizer], object]) -> list[float]:
    torch.manual_seed(0)
    model = Net()
    optimizer = paramrules_torch.build(model, RULES, make_optimizer, lr=LR, weight_decay=0.01)
    # The scheduler sees the base rate, and each group gets its share of what it makes of that. One that only
    # multiplies each group's rate (LambdaLR, StepLR, ...) could as well be made of the optimizer itself.
    scheduler = paramrules_torch.scheduled(optimizer, make_scheduler)
    scaler = torch.amp.GradScaler("cpu", init_scale=2.0**10)
    losses = []
    for _ in range(STEPS):
        x = torch.randn(64, 8)
        with torch.autocast("cpu", torch.bfloat16):
            loss = nn.functional.mse_loss(model(x).float(), x[:, :1] - x[:, 1:2])
        optimizer.zero_grad()
        scaler.scale(loss).backward()
        scaler.unscale_(optimizer)
        nn.utils.clip_grad_norm_(model.parameters(), 5.0)
        scaler.step(optimizer)
        scaler.update()
        if isinstance(scheduler.inner, lr_scheduler.ReduceLROnPlateau):
            scheduler.step(loss.item())
        else:
            scheduler.step()
        rates = {group["label"].split("/")[1]: group["lr"] for group in optimizer.param_groups}
        assert abs(rates["head"] - 10 * rates["body"]) < 1e-15
        losses.append(loss.item())
    return losses


for make_optimizer in (torch.optim.Adam, torch.optim.AdamW, Lamb):
    for name, make_scheduler in SCHEDULERS.items():
        losses = train(make_optimizer, make_scheduler)
        assert losses[-1] < losses[0], name
    name = make_optimizer.__name__
    print(f"{name}: the head kept 10 times the body's rate under {len(SCHEDULERS)} schedulers")
