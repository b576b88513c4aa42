"""SAM2's schedules by sam2.rules in PyTorch, step by step against the formulas of its configuration."""

import math
from pathlib import Path

import paramrules_torch
import torch
from sam2_groups import scale
from torch import nn

RULES = Path(__file__).with_name("sam2.rules")
STEPS, BASE_LR, VISION_LR = 60, 5e-6, 3e-6


class Block(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.norm1, self.attn = nn.LayerNorm(4), nn.Linear(4, 4)


class Trunk(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.pos_embed, self.patch_embed = nn.Parameter(torch.ones(1, 2, 4)), nn.Linear(3, 4)
        self.blocks = nn.ModuleList(Block() for _ in range(3))


class Encoder(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.trunk, self.neck = Trunk(), nn.Linear(4, 4)


class Sam(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.image_encoder, self.memory, self.mask_decoder = Encoder(), nn.Linear(4, 4), nn.Linear(4, 2)


def cosine(where: float, start: float) -> float:
    """fvcore's `CosineParamScheduler` from a start to its tenth; `where` goes from 0 to 1."""
    end = start / 10
    return end + 0.5 * (start - end) * (1 + math.cos(math.pi * where))


def cosine_from(start):  # a base rate of 1 makes LambdaLR's factor the rate itself
    return lambda base: torch.optim.lr_scheduler.LambdaLR(base, lambda step: cosine(step / STEPS, start))


model = Sam()
optimizer = paramrules_torch.build(model, RULES, torch.optim.AdamW, lr=1.0, weight_decay=0.1)
scheduler = paramrules_torch.scheduled(
    optimizer, {"default": cosine_from(BASE_LR), "vision": cosine_from(VISION_LR)}
)
for step in range(STEPS + 1):
    for group in optimizer.param_groups:
        for name in group["param_names"]:
            start = VISION_LR if name.startswith("image_encoder.") else BASE_LR
            assert group["lr"] == cosine(step / STEPS, start) * scale(name)
            assert group["weight_decay"] == (0.0 if "bias" in name or "norm" in name else 0.1)
    optimizer.step()
    scheduler.step()
print(f"{len(optimizer.param_groups)} groups have SAM2's rates and decays at {step + 1} steps, to the bit")
