"""A small GPT: `torch.optim.Muon` for its hidden matrices and AdamW for the rest, by muon_gpt.rules."""

from pathlib import Path

import paramrules_torch
import torch
from torch import Tensor, nn

RULES = Path(__file__).with_name("muon_gpt.rules")


class Block(nn.Module):
    def __init__(self, dim: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.norm1 = nn.LayerNorm(dim)
        self.qkv = nn.Linear(dim, 3 * dim)
        self.proj = nn.Linear(dim, dim)
        self.norm2 = nn.LayerNorm(dim)
        self.fc1 = nn.Linear(dim, 4 * dim)
        self.fc2 = nn.Linear(4 * dim, dim)

    def forward(self, x: Tensor) -> Tensor:
        b, n, d = x.shape
        q, k, v = self.qkv(self.norm1(x)).view(b, n, 3, self.heads, d // self.heads).permute(2, 0, 3, 1, 4)
        mixed = nn.functional.scaled_dot_product_attention(q, k, v, is_causal=True)
        x = x + self.proj(mixed.transpose(1, 2).reshape(b, n, d))
        return x + self.fc2(nn.functional.gelu(self.fc1(self.norm2(x))))


class GPT(nn.Module):
    def __init__(self, vocabulary: int = 16, length: int = 12, dim: int = 32, depth: int = 2, heads: int = 2):
        super().__init__()
        self.tokens = nn.Embedding(vocabulary, dim)
        self.positions = nn.Embedding(length, dim)
        self.blocks = nn.ModuleList(Block(dim, heads) for _ in range(depth))
        self.norm = nn.LayerNorm(dim)
        self.head = nn.Linear(dim, vocabulary, bias=False)

    def forward(self, ids: Tensor) -> Tensor:
        x = self.tokens(ids) + self.positions(torch.arange(ids.shape[1]))
        for block in self.blocks:
            x = block(x)
        return self.head(self.norm(x))


torch.manual_seed(0)
model = GPT()
optimizers = {"muon": torch.optim.Muon, "adamw": torch.optim.AdamW}
optimizer = paramrules_torch.build(model, RULES, optimizers, lr=3e-3, weight_decay=0.1)
scheduler = torch.optim.lr_scheduler.LinearLR(optimizer, 1.0, 0.1, total_iters=80)

for group in optimizer.param_groups:
    print(f"{group['label']:14} {len(group['params']):2} tensors  lr={group['lr']:g}")

before = model.blocks[0].fc1.weight.detach().clone()
losses = []
for step in range(80):
    start, stride = torch.randint(16, (32, 1)), torch.randint(1, 4, (32, 1))
    sequences = (start + stride * torch.arange(13)) % 16  # 3 5 7 9 ...: go on counting
    logits = model(sequences[:, :-1])
    loss = nn.functional.cross_entropy(logits.flatten(0, 1), sequences[:, 1:].flatten())
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    scheduler.step()
    losses.append(loss.item())

    if (
        step == 0
    ):  # Muon moves a matrix by its rate times an orthogonal one, and sqrt(rows / columns) if it is tall
        moved = model.blocks[0].fc1.weight.detach() - before * (1 - 0.02 * 0.1)
        singular = torch.linalg.svdvals(moved / (0.02 * 2))
        upper = singular[:16]  # what has hardly a gradient is not blown up in so few iterations
        assert 0.6 < upper.min() <= upper.max() < 1.3
        print("a step of Muon is the same in all of the gradient's main directions")

assert losses[-1] < losses[0] / 2
print("the loss has halved")
