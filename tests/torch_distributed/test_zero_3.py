"""Parameters as DeepSpeed's ZeRO-3 leaves them: an empty tensor each, and beside it what the whole one was.

What is set on the parameters is what `_convert_to_deepspeed_param` and `free_param` of DeepSpeed's
runtime/zero/partition_parameters.py set. `test_deepspeed.py` trains under the real one.
"""

import sys
from enum import Enum
from types import ModuleType

import paramrules_torch
import pytest
import torch
from torch import nn

import paramrules


class ZeroParamStatus(Enum):
    NOT_AVAILABLE = 2


def make() -> nn.Module:
    return nn.Sequential(nn.Embedding(12, 8), nn.Linear(8, 24), nn.LayerNorm(24), nn.Conv1d(24, 4, 3))


def partition(model: nn.Module, monkeypatch: pytest.MonkeyPatch, *also: str) -> nn.Module:
    for name in ("deepspeed", *also):
        monkeypatch.setitem(sys.modules, name, ModuleType(name))
    for number, tensor in enumerate(model.parameters()):
        vars(tensor).update(ds_shape=tensor.shape, ds_numel=tensor.numel(), ds_id=number)
        tensor.data = torch.empty(0, dtype=tensor.dtype)
        vars(tensor).update(ds_status=ZeroParamStatus.NOT_AVAILABLE)
    return model


FACTS = ("shape", "stored", "ndim", "squeezed_ndim", "size", "fan_in", "fan_out", "role", "dtype")


def test_facts_are_those_of_whole_parameters(monkeypatch: pytest.MonkeyPatch) -> None:
    inventory = paramrules.inventory(make())
    expected = {fact: list(inventory.column(fact)) for fact in FACTS}
    model = partition(make(), monkeypatch)
    assert {tuple(tensor.shape) for tensor in model.parameters()} == {(0,)}
    emptied = paramrules.inventory(model)
    assert {fact: list(emptied.column(fact)) for fact in FACTS} == expected


def test_groups_are_those_of_whole_parameters(monkeypatch: pytest.MonkeyPatch) -> None:
    rules = paramrules.parse("flat: ndim <= 1\nsmall: size < 100 or fan_in == 72\nwide: shape == (24, 8)\n")
    expected = [(g["label"], g["param_names"]) for g in paramrules_torch.param_groups(make(), rules)]
    assert [label for label, _ in expected] == ["flat", "small", "wide"]
    model = partition(make(), monkeypatch)
    found = paramrules_torch.param_groups(model, rules)
    assert [(g["label"], g["param_names"]) for g in found] == expected
    assert {id(p) for g in found for p in g["params"]} == set(map(id, model.parameters()))


def test_parts_of_megatron_that_zero_3_has_emptied(monkeypatch: pytest.MonkeyPatch) -> None:
    layer = nn.Linear(8, 6)
    for tensor in layer.parameters():
        vars(tensor).update(tensor_model_parallel=True, partition_dim=0, partition_stride=1)
    partition(layer, monkeypatch, "megatron", "megatron.core.parallel_state")
    inventory = paramrules.inventory(layer)
    vars(sys.modules["megatron.core.parallel_state"]).update(
        model_parallel_is_initialized=lambda: True,
        get_tensor_model_parallel_world_size=lambda: 4,
        get_expert_tensor_parallel_world_size=lambda: 4,
    )
    assert list(inventory.column("ndim")) == [2, 1]
    assert list(inventory.column("shape")) == [(24, 8), (24,)]
