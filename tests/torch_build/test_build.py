"""`build`: one call from rules to an optimizer, the same as one of groups made by hand."""

from typing import Any

import pytest
import torch
from paramrules_torch import build, param_groups
from torch import nn

import paramrules
from paramrules import RulesError

DECAY = """
no_decay: type(LayerNorm|Embedding) or ndim <= 1 -> weight_decay = 0
deep: name ~ ^blocks -> lr_scale = 0.5
decay: else
"""


class Net(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.emb = nn.Embedding(7, 4)
        self.blocks = nn.ModuleList(nn.Sequential(nn.LayerNorm(4), nn.Linear(4, 4)) for _ in range(2))
        self.head = nn.Linear(4, 7, bias=False)

    def forward(self, ids: torch.Tensor) -> torch.Tensor:
        hidden = self.emb(ids)
        for block in self.blocks:
            hidden = hidden + block(hidden)
        return self.head(hidden)  # type: ignore[no-any-return]


def built(text: str, *args: Any, model: nn.Module | None = None, **how: Any) -> torch.optim.Optimizer:
    return build(Net() if model is None else model, paramrules.parse(text), *args, **how)


def said(text: str, *args: Any, **how: Any) -> str:
    with pytest.raises(RulesError) as raised:
        built(text, *args, **how)
    return str(raised.value)


def test_groups_are_those_of_param_groups_and_the_defaults() -> None:
    model = Net()
    optimizer = built(DECAY, model=model, lr=0.1, weight_decay=0.3, betas=(0.8, 0.9))
    assert type(optimizer) is torch.optim.AdamW
    groups = param_groups(model, paramrules.parse(DECAY), lr=0.1, weight_decay=0.3)
    expected = torch.optim.AdamW(groups, lr=0.1, weight_decay=0.3, betas=(0.8, 0.9))
    assert [group.pop("lr_ratio") for group in optimizer.param_groups] == [1.0, 0.5, 1.0]
    assert [list(group) for group in optimizer.param_groups] != []
    assert optimizer.defaults == expected.defaults
    for ours, theirs in zip(optimizer.param_groups, expected.param_groups, strict=True):
        assert list(map(id, ours.pop("params"))) == list(map(id, theirs.pop("params")))
        assert ours == theirs
