"""A classifier of which the head learns, and the backbone, but for its last block, does not."""

from pathlib import Path

import paramrules_torch
import torch
from torch import Tensor, nn

RULES = Path(__file__).with_name("frozen_backbone.rules")
LR = 1e-3


class Backbone(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 16, 3, padding=1)
        self.blocks = nn.ModuleList(nn.Conv2d(16, 16, 3, padding=1) for _ in range(3))
        self.norm = nn.GroupNorm(4, 16)

    def forward(self, x: Tensor) -> Tensor:
        x = self.stem(x)
        for block in self.blocks:
            x = x + block(nn.functional.gelu(x))
        return self.norm(x).amax((2, 3))


class Classifier(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.backbone = Backbone()
        self.head = nn.Linear(16, 5)

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.backbone(x))


torch.manual_seed(0)
model = Classifier()
before = {name: tensor.detach().clone() for name, tensor in model.named_parameters()}
optimizer = paramrules_torch.build(model, RULES, torch.optim.AdamW, lr=LR, weight_decay=0)

patterns = torch.randn(5, 3, 8, 8)  # a class is a pattern, an image a pattern with noise
losses = []
for step in range(60):
    classes = torch.randint(5, (32,))
    images = patterns[classes] + 0.3 * torch.randn(32, 3, 8, 8)
    loss = nn.functional.cross_entropy(model(images), classes)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    losses.append(loss.item())

    if step == 0:  # Adam's first step moves every weight by its learning rate
        for name, tensor in model.named_parameters():
            moved = (tensor - before[name]).abs().median().item() / LR
            state = "state" if tensor in optimizer.state else "no state"
            print(f"{name:24} moved by {moved:2.0f} learning rates, has {state}")

for name, tensor in model.named_parameters():
    learns = name.startswith(("head", "backbone.blocks.2"))
    assert torch.equal(tensor, before[name]) == (not learns)
assert losses[-1] < losses[0] / 2
print("the loss has halved, and what is frozen has not moved by a bit")
