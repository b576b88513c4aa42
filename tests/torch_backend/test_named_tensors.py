"""Parameters without a module: mappings of names to tensors."""

from collections import OrderedDict
from typing import Any

import paramrules_torch
import pytest
import torch
from torch import nn

import paramrules
from paramrules import RulesError

RULES = paramrules.parse(
    "means: name ~ ^means$ -> lr = 1.6e-4\n"
    "sh_{part}: name ~ ^sh\\.(?<part>\\w+)$ -> lr = 2.5e-3\n"
    "rest: else -> lr_scale = 0.5\n"
)
ALL = paramrules.parse("all: else")


def tensor(*shape: int) -> nn.Parameter:
    return nn.Parameter(torch.ones(shape))


@pytest.fixture
def splats() -> dict[str, Any]:
    """The parameters of gsplat's trainer, which has no model."""
    return {
        "means": tensor(5, 3),
        "sh": {"zero": tensor(5, 1, 3), "rest": tensor(5, 15, 3)},
        "opacities": tensor(5),
        "unused": None,
    }


def test_groups_of_a_mapping_are_those_of_its_tensors(splats: dict[str, Any]) -> None:
    groups = paramrules_torch.param_groups(splats, RULES, lr=0.1)
    assert [(g["label"], g["param_names"], g["lr"]) for g in groups] == [
        ("means", ["means"], 1.6e-4),
        ("sh_rest", ["sh.rest"], 2.5e-3),
        ("sh_zero", ["sh.zero"], 2.5e-3),
        ("rest", ["opacities"], 0.05),
    ]
    assert groups[0]["params"][0] is splats["means"]
    assert groups[1]["params"][0] is splats["sh"]["rest"]


def test_an_optimizer_of_a_mapping_trains_it(splats: dict[str, Any]) -> None:
    optimizer = paramrules_torch.build(splats, RULES, torch.optim.SGD, lr=0.1)
    splats["opacities"].sum().backward()
    optimizer.step()
    assert torch.equal(splats["opacities"], torch.full((5,), 0.95))
    assert torch.equal(splats["means"], torch.ones(5, 3))


def test_an_inventory_of_a_mapping(splats: dict[str, Any]) -> None:
    splats["tied"] = splats["means"]
    splats["opacities"].lr_mult = 3.0
    inventory = paramrules.inventory(OrderedDict(splats))
    assert list(inventory.names) == ["means", "sh.zero", "sh.rest", "opacities", "tied"]
    assert (inventory.framework, len(inventory)) == ("torch", 4)
    means, opacities = inventory["tied"], inventory["opacities"]
    assert (means.names, means.shape, means.leaf) == (("means", "tied"), (5, 3), "tied")
    assert not means.owner.known
    assert (means.role, means.fan_in) == (None, None)
    assert dict(opacities.attributes) == {"lr_mult": 3.0}


def test_the_parameters_of_a_model_by_name_have_its_names() -> None:
    model = nn.Sequential(nn.Linear(3, 4), nn.LayerNorm(4))
    rules = paramrules.parse('no_decay: leaf == "bias" or ndim <= 1\ndecay: else')
    whole, alone = (
        paramrules_torch.param_groups(each, rules, weight_decay=0.1)
        for each in (model, dict(model.named_parameters()))
    )
    assert [g["param_names"] for g in alone] == [g["param_names"] for g in whole]


@pytest.mark.parametrize(("fact", "predicate"), [("type", "type(Linear)"), ("role", "role == bias")])
def test_what_a_module_would_tell_is_not_known(splats: dict[str, Any], fact: str, predicate: str) -> None:
    with pytest.raises(RulesError) as raised:
        paramrules_torch.param_groups(splats, paramrules.parse(f"a: {predicate}"))
    assert f"error[E215]: `{fact}` is not known for this model\n" in str(raised.value)
    assert (
        "= help: parameters by name do not know their modules: pass the model itself, "
        "or test `name`, `shape` or `ndim`"
    ) in str(raised.value)


def test_rules_freeze_tensors_in_a_mapping_and_let_them_train_again(splats: dict[str, Any]) -> None:
    opacities, means = splats["opacities"], splats["means"]
    means.requires_grad_(False)
    freezing = paramrules.parse('frozen: name == "opacities" -> freeze = true\nrest: else')
    paramrules_torch.build(splats, freezing, lr=0.1)
    assert not opacities.requires_grad
    assert dict(paramrules.inventory(splats)["opacities"].attributes) == {}
    paramrules_torch.build(splats, ALL, lr=0.1)
    assert opacities.requires_grad
    assert not means.requires_grad  # the user froze it


def test_state_moves_between_groups_of_a_mapping(splats: dict[str, Any]) -> None:
    one = paramrules_torch.build(splats, ALL, lr=0.1)
    sum(p.sum() for group in one.param_groups for p in group["params"]).backward()
    one.step()
    other = paramrules_torch.build(splats, RULES, lr=0.1)
    other.load_state_dict(paramrules_torch.regroup_state(one.state_dict(), splats, other))
    assert torch.equal(other.state[splats["means"]]["exp_avg"], one.state[splats["means"]]["exp_avg"])


def refusal(parameters: Any) -> str:
    with pytest.raises(RulesError) as raised:
        paramrules_torch.build(parameters, ALL, lr=0.1)
    return str(raised.value)


def test_two_keys_that_come_to_one_name() -> None:
    assert refusal({"a.b": tensor(2), "a": {"b": tensor(2)}}) == (
        "\nerror[E502]: two parameters are called `a.b`\n  = help: rename one of the keys"
    )


@pytest.mark.parametrize(
    ("value", "called", "help"),
    [
        (3, "an `int`", "pass parameters alone, by name: `dict(model.named_parameters())`"),
        (
            nn.ReLU(),
            "a `torch.nn.modules.activation.ReLU`",
            "put modules and parameters into one module, such as `nn.ModuleDict` or a class of your own",
        ),
    ],
)
def test_a_mapping_of_something_else(value: object, called: str, help: str) -> None:
    assert refusal({"a": tensor(2), "b": {"c": value}}) == (
        f"\nerror[E546]: `b.c` is {called}, not a tensor\n  = help: {help}"
    )
    with pytest.raises(RulesError, match="E546"):
        paramrules.inventory({"a": tensor(2), "c": value})


def test_a_state_dict_holds_copies() -> None:
    state = nn.Linear(3, 2).state_dict()
    message = (
        "\nerror[E547]: none of these 2 tensors requires a gradient\n"
        "  = help: a `state_dict()` holds detached tensors: pass the model, or "
        "`dict(model.named_parameters())`; call `requires_grad_()` on tensors of your own"
    )
    assert refusal(state) == message
    with pytest.raises(RulesError, match="E547"):
        paramrules_torch.param_groups(state, ALL, lr=0.1)
    assert len(paramrules.inventory(state)) == 2
    groups = paramrules_torch.param_groups(state, ALL, lr=0.1, frozen=True)
    assert [group["param_names"] for group in groups] == [["weight", "bias"]]


def test_tensors_computed_from_others() -> None:
    moved = {name: tensor(2) * 1.0 for name in "ab"}
    help = (
        "\n  = help: make the parameter last: `nn.Parameter(tensor.to(device))`, "
        "not `nn.Parameter(tensor).to(device)`"
    )
    assert refusal(moved) == (
        "\nerror[E548]: `a` and `b` are computed from other tensors, which no optimizer trains" + help
    )
    assert refusal({"a": moved["a"], "c": tensor(2)}) == (
        "\nerror[E548]: `a` is computed from other tensors, which no optimizer trains" + help
    )


def test_nothing_to_train() -> None:
    assert refusal({}) == (
        "\nerror[E519]: a `dict` is not a `torch.nn.Module`\n"
        "  = help: pass the model itself, or its parameters by name: `dict(model.named_parameters())`"
    )
    with pytest.raises(RulesError, match="E504"):
        paramrules.inventory({})
    assert "error[E614]: there is nothing to train" in refusal({"unused": None})
