"""Weights in four bits count as the matrices that they are."""

from types import SimpleNamespace
from typing import Any

import pytest
import torch
from torch import nn

import paramrules
from paramrules import Inventory, RulesError


class Params4bit(nn.Parameter):
    """A weight as bitsandbytes packs it: half as many bytes, and attributes."""

    quant_state: Any
    bnb_quantized: bool


def packed(rows: int, columns: int, state: object, storage: torch.dtype = torch.uint8) -> nn.Parameter:
    count = rows * columns // (2 * storage.itemsize)
    parameter = Params4bit(torch.zeros(count, 1, dtype=storage), requires_grad=False)
    parameter.quant_state, parameter.bnb_quantized = state, True
    return parameter


def quantized(state: object, storage: torch.dtype = torch.uint8) -> nn.Linear:
    linear = nn.Linear(64, 32)
    linear.weight = packed(32, 64, state, storage)
    return linear


SHAPE = SimpleNamespace(shape=torch.Size([32, 64]))


class HQQLinear(nn.Module):
    """The module with which HQQ replaces a Linear."""

    def __init__(self, meta: object) -> None:
        super().__init__()
        self.W_q = nn.Parameter(torch.zeros(16, 64, dtype=torch.uint8), requires_grad=False)
        self.meta = meta


HQQLinear.__module__ = "hqq.core.quantize"


@pytest.mark.parametrize("storage", [torch.uint8, torch.bfloat16])
@pytest.mark.parametrize("state", [SHAPE, None])
def test_bitsandbytes(state: object, storage: torch.dtype) -> None:
    inventory = paramrules.inventory(nn.Sequential(quantized(state, storage)))
    weight = inventory["0.weight"]
    assert (weight.shape, weight.fan_in, weight.fan_out) == ((32, 64), 64, 32)
    assert weight.stored == (1024 // storage.itemsize, 1)
    assert inventory.column("ndim")[0] == 2
    assert inventory["0.bias"].shape == (32,)
    assert sum(inventory.column("elements")) == 32 * 64 + 32
    saved = Inventory.from_json(inventory.to_json())
    assert (saved["0.weight"].shape, saved["0.weight"].stored) == (weight.shape, weight.stored)


def test_the_number_of_axes_is_that_of_the_matrix() -> None:
    linear = nn.Linear(64, 32, bias=False)
    linear.weight = nn.Parameter(torch.zeros(1024, dtype=torch.uint8), requires_grad=False)
    assert paramrules.inventory(nn.Sequential(linear)).column("ndim") == [2]


def test_an_embedding() -> None:
    table = nn.Embedding(32, 64)
    table.weight = packed(32, 64, None)
    row = paramrules.inventory(nn.Sequential(table))["0.weight"]
    assert (row.shape, row.role, row.fan_in) == ((32, 64), "embedding", 32)


def test_hqq() -> None:
    rules = paramrules.parse("a: type(Linear) and role == weight and fan_in == 64 and shape == (32, 64)\n")
    model = nn.Sequential(HQQLinear({"shape": torch.Size([32, 64]), "nbits": 4}))
    assert paramrules.assign(rules, model).group_of("0.W_q").label == "a"


def test_what_is_not_packed_keeps_its_shape() -> None:
    linear = nn.Linear(4, 2)
    linear.weight = nn.Parameter(torch.zeros(2, 4, dtype=torch.int8), requires_grad=False)  # eight bits
    model = nn.ModuleDict({"a": linear, "b": HQQLinear(None)})
    model.register_parameter("ids", nn.Parameter(torch.zeros(3, 5, dtype=torch.int64), requires_grad=False))
    model.register_parameter("none", None)
    own = Params4bit(torch.zeros(3, 5))
    model.register_parameter("own", own)  # not quantized yet
    shapes = {row.name: row.shape for row in paramrules.inventory(model)}
    assert shapes == {"ids": (3, 5), "own": (3, 5), "a.weight": (2, 4), "a.bias": (2,), "b.W_q": (16, 64)}


def test_a_shape_that_nobody_knows() -> None:
    class Mine(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.weight = packed(32, 64, None)

    with pytest.raises(RulesError) as e:
        paramrules.inventory(nn.Sequential(Mine()))
    assert str(e.value) == (
        "\nerror[E503]: `0.weight` has the shape of its packed 4-bit values\n"
        "  = help: keep `quant_state`, which has the shape of the matrix, or assign and group before "
        "quantizing"
    )
