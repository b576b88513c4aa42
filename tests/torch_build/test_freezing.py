"""`freeze = true` takes parameters out of training, and rules without it take them back in."""

import copy
from typing import Any

import pytest
import torch
from paramrules_torch import build, param_groups
from torch import nn
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.fsdp import fully_shard
from torch_build.small_gpt import gpt, train

import paramrules
from paramrules import RulesError

GRADUALLY = paramrules.parse(
    """
option frozen = 2
frozen?: name ~ ^attn_layers\\.layers\\.(?<i>\\d)\\. and i < frozen -> freeze = true
rest: else
"""
)


class Net(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.table = nn.Embedding(5, 3)
        self.body = nn.Linear(3, 3)
        self.head = nn.Linear(3, 5, bias=False)


def trainable(model: nn.Module) -> list[str]:
    return [name for name, parameter in model.named_parameters() if parameter.requires_grad]


def grouped(model: nn.Module, text: str) -> list[dict[str, Any]]:
    return param_groups(model, paramrules.parse(text))


def test_what_is_frozen_has_no_gradient_and_no_state_and_does_not_move() -> None:
    model = gpt()
    train(model, torch.optim.SGD(model.parameters(), lr=0.1), 1)
    before = copy.deepcopy(model)
    assert all(p.grad is not None for p in model.parameters())
    optimizer = build(model, GRADUALLY, lr=0.1)
    frozen = {name for name, p in model.named_parameters() if not p.requires_grad}
    assert {name.split(".")[2] for name in frozen} == {"0", "1"}
    train(model, optimizer, 3)
    for (name, old), new in zip(before.named_parameters(), model.parameters(), strict=True):
        assert torch.equal(old, new) == (name in frozen)
        assert (new.grad is None) == (new not in optimizer.state) == (name in frozen)


def test_gradual_unfreezing() -> None:
    model = gpt()
    everything = trainable(model)
    counts = []
    for frozen in (4, 2, 1, 0):
        optimizer = build(model, GRADUALLY, lr=0.01, options={"frozen": frozen})
        counts.append(len(trainable(model)))
        assert counts[-1] == sum(len(group["params"]) for group in optimizer.param_groups)
        train(model, optimizer, 1)
    assert counts == sorted(set(counts))
    assert trainable(model) == everything


def test_what_the_user_froze_stays_frozen() -> None:
    model = Net()
    model.table.requires_grad_(False)
    grouped(model, 'off: type(Embedding) or leaf == "bias" -> freeze = true\nrest: else')
    assert trainable(model) == ["body.weight", "head.weight"]
    (group,) = grouped(model, "all: else")
    assert trainable(model) == ["body.weight", "body.bias", "head.weight"] == group["param_names"]


def test_what_the_user_unfroze_trains() -> None:
    model = Net()
    off = 'off: leaf == "bias" -> freeze = true\nrest: else'
    grouped(model, off)
    model.body.bias.requires_grad_(True)
    grouped(model, "all: else")
    assert "body.bias" in trainable(model)
    grouped(model, off)
    assert "body.bias" not in trainable(model)


def test_the_note_outlives_copies_wrappers_and_new_tensors() -> None:
    model = Net()
    grouped(model, "off: type(Embedding) -> freeze = true\nrest: else")
    copied = nn.DataParallel(copy.deepcopy(model))
    copied.module.table.weight = nn.Parameter(torch.zeros(5, 3), requires_grad=False)
    (group,) = grouped(copied, "all: else")
    assert "module.table.weight" in group["param_names"]
    assert copied.module.table.weight.requires_grad
    assert not model.table.weight.requires_grad
    assert list(copied.state_dict()) == [f"module.{name}" for name in model.state_dict()]


@pytest.mark.usefixtures("one_process")
def test_the_note_outlives_sharding() -> None:
    model = Net()
    grouped(model, "off: type(Embedding) -> freeze = true\nrest: else")
    fully_shard(model, mesh=init_device_mesh("cpu", (1,)))
    assert type(model.table.weight).__name__ == "DTensor"
    assert not model.table.weight.requires_grad
    (group,) = grouped(model, "all: else")
    assert model.table.weight.requires_grad
    assert group["param_names"][0] == "table.weight"


def test_tied_parameters_are_frozen_and_unfrozen_under_every_name() -> None:
    model = Net()
    model.head.weight = model.table.weight
    for _ in range(2):
        grouped(model, "off: tied -> freeze = true\nrest: else")
        assert trainable(model) == ["body.weight", "body.bias"]
        model = copy.deepcopy(model)
    grouped(model, "all: else")
    assert trainable(model) == ["table.weight", "body.weight", "body.bias"]


def test_rules_see_what_rules_have_frozen_as_trainable() -> None:
    model = Net()
    text = "off: type(Embedding) and trainable -> freeze = true\nrest: else"
    grouped(model, text)
    grouped(model, text)  # no dead rule now
    assert not model.table.weight.requires_grad
    inventory = paramrules.inventory(model)
    assert inventory["table.weight"].trainable
    model.body.bias.requires_grad_(False)
    assert not paramrules.inventory(model)["body.bias"].trainable


@pytest.mark.parametrize("optimizer", [torch.optim.AdamW, {"default": torch.optim.AdamW}])
def test_nothing_is_frozen_or_unfrozen_where_something_is_wrong(optimizer: Any) -> None:
    model = Net()
    grouped(model, "off: type(Embedding) -> freeze = true\nrest: else")
    for text in (
        'off: leaf == "bias" -> freeze = true\nrest: else -> momentum = 0.9',
        'off: leaf == "bias" -> freeze = true\nrest: else -> optimizer = "lion"',
    ):
        with pytest.raises(RulesError):
            build(model, paramrules.parse(text), optimizer)
    with pytest.raises(ValueError, match="Invalid beta") as raised:
        build(model, paramrules.parse("all: else"), optimizer, betas=(2, 2))
    assert raised.value.__notes__[0].endswith("for the groups `all`")
    assert trainable(model) == ["body.weight", "body.bias", "head.weight"]


def test_nothing_left_to_train() -> None:
    model = Net()
    model.table.requires_grad_(False)
    rules = paramrules.parse("all: else -> freeze = true")
    with pytest.raises(RulesError) as raised:
        build(model, rules)
    assert str(raised.value) == (
        "\nerror[E614]: nothing is left to train: every parameter of the model is frozen\n"
        "  = help: `freeze = true` in the rules and `requires_grad_(False)` freeze; "
        "train at least one parameter"
    )
    assert model.body.weight.requires_grad
