"""Rules unfreeze only what rules froze, and leave alone what the user froze."""

import torch
from paramrules_torch.freezing import freeze, frozen_by_rules
from torch import nn


def test_what_rules_no_longer_freeze_trains_again() -> None:
    model = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 2))
    model[1].weight.requires_grad_(False)  # the user's
    model[0].weight.grad = torch.ones(2, 2)
    tensors = list(model.parameters())

    freeze(model, tensors, {id(model[0].weight), id(model[1].weight)})
    assert [tensor.requires_grad for tensor in tensors] == [False, True, False, True]
    assert model[0].weight.grad is None
    assert frozen_by_rules(model, tensors) == {id(model[0].weight)}

    freeze(model, tensors, {id(model[0].bias)})
    assert [tensor.requires_grad for tensor in tensors] == [True, False, False, True]

    freeze(model, tensors, ())
    assert [tensor.requires_grad for tensor in tensors] == [True, True, False, True]
    assert frozen_by_rules(model, tensors) == frozenset()


def test_nothing_to_freeze_leaves_no_note() -> None:
    model = nn.Linear(2, 2)
    before = dict(vars(model))
    freeze(model, list(model.parameters()), ())
    assert vars(model) == before
