"""DINOv2's schedules by dinov2.rules in PyTorch, step by step against its own formulas."""

import math
from pathlib import Path

import paramrules_torch
import torch
from dinov2_groups import multipliers
from torch import nn

RULES = Path(__file__).with_name("dinov2.rules")
EPOCH, EPOCHS, WARMUP_EPOCHS, FREEZE_LAST_LAYER_EPOCHS = 10, 12, 3, 1  # its defaults: 1250, 100, 10, 1
LR, MIN_LR, DECAY, DECAY_END = 0.004, 1e-6, 0.04, 0.4


class Block(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.norm1, self.attn, self.gamma = nn.LayerNorm(4), nn.Linear(4, 4), nn.Parameter(torch.ones(4))


class Backbone(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.cls_token, self.pos_embed = nn.Parameter(torch.ones(1, 1, 4)), nn.Parameter(torch.ones(1, 2, 4))
        self.patch_embed = nn.Linear(3, 4)
        self.blocks = nn.ModuleList(Block() for _ in range(3))
        self.norm = nn.LayerNorm(4)


class Head(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.mlp, self.last_layer = nn.Linear(4, 4), nn.Linear(4, 8, bias=False)


class Student(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.backbone, self.dino_head = Backbone(), Head()


def cosine(step: int, base: float, final: float, warmup: int = 0) -> float:
    """`CosineScheduler` of dinov2/utils/utils.py at a step, with a linear warm-up from 0."""
    total = EPOCHS * EPOCH
    if step >= total:
        return final
    if step < warmup:
        return base * step / (warmup - 1)
    return final + 0.5 * (base - final) * (1 + math.cos(math.pi * (step - warmup) / (total - warmup)))


def rate(step: int) -> float:
    return cosine(step, LR, MIN_LR, WARMUP_EPOCHS * EPOCH)


def last_layer_rate(step: int) -> float:
    return 0.0 if step < FREEZE_LAST_LAYER_EPOCHS * EPOCH else rate(step)


def decay(step: int) -> float:
    return cosine(step, DECAY, DECAY_END)


def constant_times(function):  # a base rate of 1 makes LambdaLR's factor the rate itself
    return lambda base: torch.optim.lr_scheduler.LambdaLR(base, function)


model = Student()
optimizer = paramrules_torch.build(
    model, RULES, torch.optim.AdamW, lr=1.0, weight_decay=DECAY, betas=(0.9, 0.999)
)
scheduler = paramrules_torch.scheduled(
    optimizer,
    {"default": constant_times(rate), "last_layer": constant_times(last_layer_rate)},
    weight_decay=decay,
)
for step in range(EPOCHS * EPOCH + 2):
    for group in optimizer.param_groups:
        for name in group["param_names"]:
            lr_multiplier, wd_multiplier, is_last_layer = multipliers(name)
            assert group["lr"] == (last_layer_rate if is_last_layer else rate)(step) * lr_multiplier
            assert group["weight_decay"] == decay(step) * wd_multiplier
    optimizer.step()
    scheduler.step()
print(f"{len(optimizer.param_groups)} groups have DINOv2's rates and decays at {step + 1} steps, to the bit")
