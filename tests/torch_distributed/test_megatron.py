"""Parameters as Megatron leaves them on a rank of its tensor parallelism.

The stub has the functions of Megatron's `core/parallel_state.py` that are called, and the layers set what its
`core/tensor_parallel/layers.py` sets. `test_megatron_core.py` has the real ones.
"""

import sys
from types import ModuleType

import paramrules_torch
import pytest
from torch import nn

import paramrules
from paramrules import RulesError


def cut(layer: nn.Linear | nn.Embedding, axis: int, parts: int, expert: bool = False) -> nn.Module:
    """A layer of which one part is kept, with Megatron's notes: a row-parallel layer's bias stays whole."""
    weight = layer.weight.detach().chunk(parts, axis)[0].clone()
    layer.weight = nn.Parameter(weight)
    tensors = [layer.weight]
    bias = getattr(layer, "bias", None)
    if bias is not None and axis == 0:
        layer.bias = nn.Parameter(bias.detach().chunk(parts)[0].clone())
        tensors.append(layer.bias)
    for tensor in tensors:
        vars(tensor).update(tensor_model_parallel=True, partition_dim=axis, partition_stride=1)
    for tensor in layer.parameters():
        vars(tensor).update(allreduce=not expert)
    return layer


def make(parts: int, expert_parts: int) -> nn.Module:
    layers = {
        "embedding": cut(nn.Embedding(32, 8), 0, parts),
        "up": cut(nn.Linear(8, 24), 0, parts),
        "down": cut(nn.Linear(24, 8), 1, parts),
        "expert": cut(nn.Linear(8, 24), 0, expert_parts, expert=True),
        "norm": nn.LayerNorm(8),
    }
    return nn.ModuleDict(layers)


def start(monkeypatch: pytest.MonkeyPatch, initialized: bool) -> None:
    state = ModuleType("megatron.core.parallel_state")
    vars(state).update(
        model_parallel_is_initialized=lambda: initialized,
        get_tensor_model_parallel_world_size=lambda: 4,
        get_expert_tensor_parallel_world_size=lambda: 2,
    )
    monkeypatch.setitem(sys.modules, "megatron", ModuleType("megatron"))
    monkeypatch.setitem(sys.modules, "megatron.core.parallel_state", state)


def test_shapes_and_fans_are_those_of_the_whole_model(monkeypatch: pytest.MonkeyPatch) -> None:
    inventory = paramrules.inventory(make(1, 1))
    facts = ("shape", "stored", "ndim", "size", "fan_in", "fan_out", "role")
    whole = {fact: list(inventory.column(fact)) for fact in facts}
    start(monkeypatch, initialized=True)
    model = make(4, 2)
    assert model["up"].weight.shape == (6, 8)
    assert model["expert"].weight.shape == (12, 8)
    part = paramrules.inventory(model)
    assert {fact: list(part.column(fact)) for fact in facts} == whole


def test_rules_about_shapes_group_as_on_the_whole_model(monkeypatch: pytest.MonkeyPatch) -> None:
    rules = paramrules.parse("wide: fan_in == 24\nlarge: size >= 192 and fan_out == 24\nrest: else")
    expected = paramrules_torch.param_groups(make(1, 1), rules)
    start(monkeypatch, initialized=True)
    found = paramrules_torch.param_groups(make(4, 2), rules)
    names = [(group["label"], group["param_names"]) for group in expected]
    assert names[0] == ("wide", ["down.weight"])
    assert [(group["label"], group["param_names"]) for group in found] == names


HELP = (
    "\n  = help: call `megatron.core.parallel_state.initialize_model_parallel` first, "
    "or write rules with `ndim`, `type`, `role` and `name`"
)


@pytest.mark.parametrize("why", ["not initialized", "not imported"])
def test_what_is_not_known_is_not_a_guess(monkeypatch: pytest.MonkeyPatch, why: str) -> None:
    start(monkeypatch, initialized=False)
    if why == "not imported":
        monkeypatch.delitem(sys.modules, "megatron.core.parallel_state")
    model = make(4, 2)
    with pytest.raises(RulesError) as raised:
        paramrules_torch.param_groups(model, paramrules.parse("wide: fan_in == 24\nrest: else"))
    assert str(raised.value) == (
        "\nerror[E503]: `embedding.weight`, `up.weight`, `up.bias`, 3 more have the shape of the part that "
        "Megatron has left here, and the whole's is not known" + HELP
    )
    by_rank = paramrules.parse("flat: ndim <= 1 or type(Embedding) -> weight_decay = 0\nrest: else")
    assert [len(g["params"]) for g in paramrules_torch.param_groups(model, by_rank)] == [6, 3]


def test_parts_of_which_the_axis_is_not_known_or_that_are_padded(monkeypatch: pytest.MonkeyPatch) -> None:
    start(monkeypatch, initialized=True)
    for note in ({"tensor_model_parallel": True, "partition_dim": -1}, {"is_gtp_weight_remat": True}):
        layer = nn.Linear(2, 2, bias=False)
        vars(layer.weight).update(note)
        with pytest.raises(RulesError) as raised:
            paramrules.inventory(layer).column("shape")
        assert str(raised.value) == (
            "\nerror[E503]: `weight` has the shape of the part that Megatron has left here, "
            "and the whole's is not known" + HELP
        )
