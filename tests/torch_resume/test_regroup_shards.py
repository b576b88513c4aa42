"""State of shards that does not fit: told by name, with what to do about it."""

from collections.abc import Callable

import pytest
import torch
from paramrules_torch import param_groups, regroup_state
from torch import nn
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.tensor import Shard, distribute_tensor

import paramrules
from paramrules import RulesError

pytestmark = pytest.mark.usefixtures("one_process")

Make = Callable[[nn.Module], torch.optim.Optimizer]
RULES = paramrules.parse("all: else")


def layer(placement: Shard | None) -> nn.Linear:
    model = nn.Linear(3, 2, bias=False)
    if placement is not None:
        mesh = init_device_mesh("cpu", (1,))
        model.weight = nn.Parameter(distribute_tensor(model.weight.detach(), mesh, [placement]))
    return model


def sgd(model: nn.Module) -> torch.optim.Optimizer:
    return torch.optim.SGD(param_groups(model, RULES, lr=0.1), momentum=0.9)


def adafactor(model: nn.Module) -> torch.optim.Optimizer:
    return torch.optim.Adafactor(param_groups(model, RULES, lr=0.1))


def refused(saved: Shard | None, placement: Shard | None, make: Make = sgd) -> str:
    before = layer(saved)
    optimizer = make(before)
    before.weight.grad = torch.ones_like(before.weight)
    optimizer.step()
    model = layer(placement)
    with pytest.raises(RulesError) as raised:
        regroup_state(optimizer.state_dict(), model, make(model))
    return str(raised.value)


WHOLE = "\n  = help: save with `get_optimizer_state_dict` and `StateDictOptions(full_state_dict=True)`"


def test_a_shard_for_a_whole_parameter() -> None:
    assert refused(Shard(0), None) == (
        "\nerror[E625]: `momentum_buffer` of `weight` is a shard and the parameter is whole" + WHOLE
    )


def test_another_sharding() -> None:
    assert refused(Shard(0), Shard(1)) == (
        "\nerror[E625]: `momentum_buffer` of `weight` is sharded differently from the parameter" + WHOLE
    )


def test_a_whole_tensor_that_cannot_be_cut_as_the_parameter_is() -> None:
    help = "\n  = help: load it with torch.distributed.checkpoint, which knows how it was sharded"
    what = "is whole and not of the parameter's shape, so it cannot be sharded like it"
    assert refused(None, Shard(0), adafactor) == (
        f"\nerror[E625]: `row_var` of `weight` {what}{help}\n"
        f"\nerror[E625]: `col_var` of `weight` {what}{help}"
    )


def adamw(model: nn.Module) -> torch.optim.Optimizer:
    return torch.optim.AdamW(param_groups(model, RULES, lr=0.1))


@pytest.mark.parametrize("saved", [Shard(0), None])
def test_shards_and_whole_tensors_for_a_sharded_parameter(saved: Shard | None) -> None:
    before, model = layer(saved), layer(Shard(0))
    optimizer = adamw(before)
    before.weight.grad = torch.ones_like(before.weight)
    optimizer.step()
    (state,) = regroup_state(optimizer.state_dict(), model, adamw(model))["state"].values()
    assert state["exp_avg"].placements == (Shard(0),)
    assert torch.equal(state["exp_avg"].full_tensor(), torch.full((2, 3), 0.1))
    assert float(state["step"]) == 1
