"""AdamW for x-transformers models, whatever norms they have, by x_transformers.rules."""

from pathlib import Path

import paramrules_torch
import torch
from torch import nn
from x_transformers import Decoder, TransformerWrapper

RULES = Path(__file__).with_name("x_transformers.rules")
LR, DECAY = 3e-3, 0.1
NORMS = {"LayerNorm": {}, "ScaleNorm": {"use_scalenorm": True}, "RMSNorm": {"use_rmsnorm": True}}

numbers = torch.arange(64)[:, None]
sequences = (numbers + (1 + numbers % 3) * torch.arange(17)) % 16  # 3 5 7 9 ...: go on counting


def make(norm: str) -> tuple[TransformerWrapper, torch.optim.Optimizer]:
    torch.manual_seed(0)
    layers = Decoder(dim=32, depth=2, heads=2, attn_num_mem_kv=2, **NORMS[norm])
    model = TransformerWrapper(num_tokens=16, max_seq_len=16, num_memory_tokens=2, attn_layers=layers)
    optimizer = paramrules_torch.build(
        model, RULES, torch.optim.AdamW, lr=LR, weight_decay=DECAY, betas=(0.9, 0.99), fused=True
    )
    return model, optimizer


def decay_alone(norm: str) -> None:
    """A first step without gradients is nothing but decay."""
    model, optimizer = make(norm)
    before = {name: tensor.detach().clone() for name, tensor in model.named_parameters()}
    for tensor in model.parameters():
        tensor.grad = torch.zeros_like(tensor)
    optimizer.step()
    for name, tensor in model.named_parameters():
        spared = tensor.ndim <= 1 or any(part in name for part in ("emb.", "mem_", "memory_tokens", ".g"))
        assert torch.allclose(tensor, before[name] * (1 if spared else 1 - LR * DECAY), rtol=1e-6, atol=0)
        assert not spared or torch.equal(tensor, before[name])


for norm in NORMS:
    decay_alone(norm)
    model, optimizer = make(norm)
    losses = []
    for _ in range(40):
        logits = model(sequences[:, :-1])
        loss = nn.functional.cross_entropy(logits.flatten(0, 1), sequences[:, 1:].flatten())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < losses[0] / 2
    sizes = {group["label"]: len(group["params"]) for group in optimizer.param_groups}
    print(f"{norm:9} {sizes}: the loss has halved, and only `decay` decays")
