"""Widens a network, and looks how far its hidden units move: with rates by mup.rules, and with one rate."""

from pathlib import Path

import paramrules_torch
import torch
from torch import Tensor, nn

RULES = Path(__file__).with_name("mup.rules")
LR = 3e-3


class Network(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.input = nn.Linear(8, width)
        self.hidden = nn.Linear(width, width)
        self.head = nn.Linear(width, 1)
        nn.init.zeros_(self.head.weight)

    def units(self, x: Tensor) -> Tensor:
        return self.hidden(torch.relu(self.input(x)))

    def forward(self, x: Tensor) -> Tensor:
        return self.head(torch.relu(self.units(x)))


def moved(width: int, by_rules: bool) -> tuple[float, float]:
    """How far a hidden unit has moved on average, and the loss that is left, as a share."""
    torch.manual_seed(0)
    x = torch.randn(64, 8)
    y = torch.sin(x.sum(1, keepdim=True))
    model = Network(width)
    if by_rules:
        optimizer = paramrules_torch.build(model, RULES, torch.optim.Adam, lr=LR)
    else:
        optimizer = torch.optim.Adam(model.parameters(), lr=LR)
    before, losses = model.units(x).detach(), []
    for _ in range(10):
        loss = nn.functional.mse_loss(model(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return (model.units(x) - before).abs().mean().item(), losses[-1] / losses[0]


widths = (32, 256, 1024)
ours, left = zip(*(moved(width, by_rules=True) for width in widths), strict=True)
plain, _ = zip(*(moved(width, by_rules=False) for width in widths), strict=True)
print("width   by mup.rules   one rate")
for width, some, other in zip(widths, ours, plain, strict=True):
    print(f"{width:5} {some:14.3f} {other:10.3f}")
assert max(ours) < 2.5 * min(ours)
assert plain[-1] > 5 * plain[0]
assert max(left) < 1
print("by mup.rules a hidden unit moves alike at every width")
