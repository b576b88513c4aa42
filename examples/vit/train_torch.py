"""Trains the model of vit_torch.py by vit.rules, and shows that each block moves at its own rate."""

from pathlib import Path

import paramrules_torch
import torch
from torch import nn
from vit_torch import ViT

RULES = Path(__file__).with_name("vit.rules")
LR = 1e-3

torch.manual_seed(0)
model = ViT(dim=32, depth=4, heads=2, size=16)
optimizer = paramrules_torch.build(model, RULES, torch.optim.AdamW, lr=LR, weight_decay=0.05)
before = [[tensor.detach().clone() for tensor in group["params"]] for group in optimizer.param_groups]

patterns = torch.randn(10, 3, 16, 16)  # a class is a pattern, an image a pattern with noise
losses = []
for step in range(30):
    classes = torch.randint(10, (32,))
    images = patterns[classes] + 0.5 * torch.randn(32, 3, 16, 16)
    loss = nn.functional.cross_entropy(model(images), classes)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    losses.append(loss.item())

    if step == 0:  # Adam's first step moves every weight by its learning rate
        print("group               lr_scale  moved by")
        for group, tensors in zip(optimizer.param_groups, before, strict=True):
            moved = [(new - old).abs().flatten() for new, old in zip(group["params"], tensors, strict=True)]
            rate = torch.cat(moved).median().item() / LR
            print(f"{group['label']:18} {group['lr_ratio']:9.4f} {rate:9.2f}")
            assert abs(rate / group["lr_ratio"] - 1) < 0.02

assert losses[-1] < losses[0] / 2
print("the loss has halved")
