"""The state of torch's optimizers without training, against what they keep after a step."""

from typing import Any

import pytest
import torch
from paramrules_torch import GroupMonitor, build
from paramrules_torch.state_bytes import optimizers
from torch import nn

import paramrules
from paramrules import RulesError

WITHOUT = {"lbfgs", "sparseadam"}  # the one evaluates the loss itself, the other takes no dense gradients


class Net(nn.Module):
    def __init__(self, dtype: torch.dtype = torch.float32) -> None:
        super().__init__()
        self.layers = nn.ModuleList(nn.Linear(6, 6, bias=False, dtype=dtype) for _ in range(3))


def measured(net: nn.Module, rules: paramrules.Rules, optimizer: Any) -> list[int]:
    made = build(net, rules, optimizer, lr=1e-3)
    monitor = GroupMonitor(made)
    for tensor in net.parameters():
        tensor.grad = torch.ones_like(tensor)
    made.step()
    return [row["state_bytes"] for row in monitor.rows()]


RULES = paramrules.parse("first: name ~ 0\nrest: else -> lr_scale = 0.5")


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("name", sorted(optimizers().keys() - WITHOUT))
def test_every_optimizer(name: str, dtype: torch.dtype) -> None:
    net = Net(dtype)
    found = paramrules.state_bytes(paramrules.assign(RULES, net), name)
    assert found == measured(net, RULES, optimizers()[name])
    assert found[1] == 2 * found[0]


def test_settings_of_rules_and_several_optimizers() -> None:
    rules = paramrules.parse("""
frozen: name ~ 0 -> freeze = true
muon: name ~ 1 -> optimizer = "muon"
rest: else -> amsgrad = true
""")
    net = Net()
    assignment = paramrules.assign(rules, net)
    both = {"muon": torch.optim.Muon, "default": torch.optim.AdamW}
    frozen, *trained = paramrules.state_bytes(assignment, "adamw")
    assert frozen == 0
    assert trained == measured(net, rules, both) == [4 * 36, 3 * 4 * 36 + 4]
    assert paramrules.state_bytes(assignment, {"default": "sgd", "muon": "adam"}) == [0, 2 * 4 * 36 + 4, 0]


@pytest.mark.parametrize("name", sorted(WITHOUT))
def test_what_cannot_be_known(name: str) -> None:
    with pytest.raises(RulesError, match=rf"error\[E672\]: the state of `{name}` is not known: \w+Error: "):
        paramrules.state_bytes(paramrules.assign(RULES, Net()), name)
