"""An optimizer for a small PyTorch model, from quickstart.rules."""

from pathlib import Path

import paramrules_torch
import torch
from torch import nn

RULES = Path(__file__).with_name("quickstart.rules")

model = nn.Sequential(nn.Embedding(100, 32), nn.LayerNorm(32), nn.Linear(32, 100))
optimizer = paramrules_torch.build(model, RULES, torch.optim.AdamW, lr=1e-3, weight_decay=0.1)

tokens = torch.randint(100, (8, 16))
for _ in range(3):
    loss = nn.functional.cross_entropy(model(tokens).flatten(0, 1), tokens.flatten())
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()

for group in optimizer.param_groups:
    print(group["label"], group["param_names"], f"lr={group['lr']:g}", f"decay={group['weight_decay']:g}")
