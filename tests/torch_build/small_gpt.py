"""A small GPT from x-transformers, rules for it, the same groups made by hand, and steps of training."""

import warnings
from collections.abc import Callable
from typing import Any

import torch
from torch import nn

import paramrules

with warnings.catch_warnings():
    # It scripts some of its functions when it is imported, which torch no longer likes.
    warnings.filterwarnings("ignore", "`torch.jit.script` is deprecated", DeprecationWarning)
    from x_transformers import Decoder, TransformerWrapper

RULES = paramrules.parse(
    """
[decay]
no_decay: type(LayerNorm|Embedding) or ndim <= 1 -> weight_decay = 0
decay: else
[lr]
early: name ~ ^attn_layers\\.layers\\.[01]\\. -> lr_scale = 0.3
late: else
"""
)


def gpt() -> nn.Module:
    torch.manual_seed(0)
    return TransformerWrapper(
        num_tokens=17, max_seq_len=8, attn_layers=Decoder(dim=16, depth=2, heads=2, attn_dim_head=8)
    )


def by_hand(model: nn.Module, lr: float, decay: float) -> list[dict[str, Any]]:
    """The groups of `RULES`, written as people write them without it."""
    plain = {
        f"{prefix}.{name}" if prefix else name
        for prefix, module in model.named_modules()
        if isinstance(module, nn.LayerNorm | nn.Embedding) or type(module).__name__ == "LayerNorm"
        for name, _ in module.named_parameters(recurse=False)
    }
    groups: dict[tuple[bool, bool], list[nn.Parameter]] = {}
    for name, parameter in model.named_parameters():
        decays = name not in plain and parameter.ndim > 1
        late = not name.startswith(("attn_layers.layers.0.", "attn_layers.layers.1."))
        groups.setdefault((decays, late), []).append(parameter)
    return [
        {
            "params": groups[decays, late],
            "weight_decay": decay if decays else 0,
            "lr": lr if late else lr * 0.3,
        }
        for decays, late in sorted(groups)
    ]


def loss(model: nn.Module, step: int = 0) -> torch.Tensor:
    """The loss of a batch, the same one for the same step."""
    ids = torch.randint(17, (4, 9), generator=torch.Generator().manual_seed(step)) // 2
    return nn.functional.cross_entropy(model(ids[:, :-1]).flatten(0, 1), ids[:, 1:].flatten())


def train(
    model: nn.Module,
    optimizer: torch.optim.Optimizer,
    steps: int = 5,
    after: Callable[[], None] = lambda: None,
) -> list[float]:
    """Some steps; gives the losses."""
    losses = []
    for step in range(steps):
        optimizer.zero_grad()
        value = loss(model, step)
        value.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        after()
        losses.append(value.item())
    return losses


def equal(one: nn.Module, other: nn.Module) -> bool:
    """Return whether all parameters are equal bit for bit."""
    return all(torch.equal(a, b) for a, b in zip(one.parameters(), other.parameters(), strict=True))
