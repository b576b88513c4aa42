"""The one table of wrappers: an entry in it is enough for the walk, for saved states and for the hint."""

import pytest
import torch
from paramrules_torch import backend, param_groups, regroup_state, wrappers
from paramrules_torch.inventory import inventory_and_tensors
from paramrules_torch.wrappers import WRAPPERS
from torch import nn

import paramrules


class Casing(nn.Module):
    """A wrapper that no table has."""

    def __init__(self, inner: nn.Module) -> None:
        super().__init__()
        self.in_the_casing = inner


RULES = paramrules.parse("a: name ~ in_the_casing\nb: else\n")


def net() -> nn.Sequential:
    return nn.Sequential(nn.Linear(2, 2), nn.LayerNorm(2))


def test_an_entry_is_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    wrapped = nn.ModuleDict({"encoder": Casing(net())})
    assert paramrules.inventory(wrapped).names[0] == "encoder.in_the_casing.0.weight"
    monkeypatch.setitem(WRAPPERS, f"{__name__}.Casing", "in_the_casing")
    monkeypatch.setattr(wrappers, "_kept", wrappers._kept.__wrapped__)  # what is known is of the old table

    inventory, _, raw = inventory_and_tensors(wrapped)
    assert inventory.names == [f"encoder.{name}" for name, _ in net().named_parameters()]
    assert raw == [name for name, _ in wrapped.named_parameters()]

    (finding,) = paramrules.assign(RULES, inventory).findings
    assert finding.help == "names do not contain what wrappers add: leave out `in_the_casing`"

    saved = torch.optim.AdamW(param_groups(wrapped, paramrules.parse("all: else\n"), lr=0.5))
    for tensor in wrapped.parameters():
        tensor.grad = torch.ones_like(tensor)
    saved.step()
    bare = nn.ModuleDict({"encoder": net()})
    new = torch.optim.AdamW(param_groups(bare, paramrules.parse("all: else\n"), lr=0.5))
    new.load_state_dict(regroup_state(saved.state_dict(), bare, new))
    assert len(new.state) == 4


def test_the_backend_declares_the_table() -> None:
    assert backend.wrappers is WRAPPERS
