"""Fans of torch's layers, held against `torch.nn.init` and against what the layers compute."""

import pytest
import torch
from torch import nn

import paramrules


def found(module):
    return {p.name: (p.fan_in, p.fan_out) for p in paramrules.inventory(module) if p.role == "weight"}


def initialised(module):
    """Return the fans of `torch.nn.init`, which takes every tensor for (out, in, ...)."""
    names = found(module)
    return {
        name: nn.init._calculate_fan_in_and_fan_out(tensor)
        for name, tensor in module.named_parameters()
        if name in names
    }


@pytest.mark.parametrize(
    "module",
    [
        nn.Linear(3, 5),
        nn.Conv1d(4, 6, 3),
        nn.Conv2d(4, 6, (3, 5), groups=2),
        nn.Conv2d(4, 8, 3, groups=4),
        nn.Conv3d(2, 4, 3),
        nn.MultiheadAttention(8, 2),
        nn.MultiheadAttention(8, 2, kdim=3, vdim=5),
        nn.LSTM(3, 5, proj_size=2, num_layers=2),
        nn.GRU(3, 5, bidirectional=True),
        nn.GRUCell(3, 5),
        nn.TransformerDecoderLayer(8, 2, 16),
    ],
    ids=lambda module: type(module).__name__,
)
def test_layers_that_keep_out_before_in(module):
    assert found(module) == initialised(module) != {}


def counted(module, x, groups=1):
    """Count the weight's entries behind one output, and the outputs that one input reaches."""
    y = module(x)
    centre = tuple(extent // 2 for extent in y.shape)
    [of_weight] = torch.autograd.grad(y[centre], [module.weight])
    one = torch.zeros_like(x)
    one[tuple(extent // 2 for extent in x.shape)] = 1.0
    with torch.no_grad():
        reached = module(one) - module(torch.zeros_like(x))
    return int(of_weight.count_nonzero()), int(reached.count_nonzero()) * groups


@pytest.mark.parametrize(
    ("module", "shape"),
    [
        (nn.Linear(3, 5), (3,)),
        (nn.Conv2d(4, 6, (3, 5)), (1, 4, 9, 9)),
        (nn.Conv2d(4, 6, (3, 5), groups=2), (1, 4, 9, 9)),
        (nn.ConvTranspose1d(4, 6, 3), (1, 4, 9)),
        (nn.ConvTranspose2d(4, 6, (3, 5)), (1, 4, 9, 9)),
        (nn.ConvTranspose2d(4, 6, (3, 5), groups=2), (1, 4, 9, 9)),
        (nn.ConvTranspose2d(4, 4, 3, groups=4), (1, 4, 9, 9)),
        (nn.ConvTranspose3d(2, 6, 3, groups=2), (1, 2, 5, 5, 5)),
    ],
    ids=str,
)
def test_layers_at_work(module, shape):
    expected = counted(module, torch.randn(shape), getattr(module, "groups", 1))
    assert found(module) == {"weight": expected}


def test_groups_of_a_convolution_under_weight_norm():
    module = nn.utils.parametrizations.weight_norm(nn.ConvTranspose2d(4, 6, 3, groups=2))
    inventory = paramrules.inventory(nn.Sequential(module, nn.ConvTranspose2d(4, 6, 3)))
    assert {p.name: (p.fan_in, p.fan_out) for p in inventory} == {
        "0.bias": (None, None),
        "0.weight.original0": (None, None),
        "0.weight.original1": (18, 54),
        "1.bias": (None, None),
        "1.weight": (36, 54),
    }


def test_an_embedding_contracts_its_entries():
    for module in (nn.Embedding(10, 4), nn.EmbeddingBag(10, 4)):
        [table] = paramrules.inventory(module)
        assert (table.fan_in, table.fan_out) == (10, 4)
