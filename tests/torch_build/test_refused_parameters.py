"""A tensor that a constructor refuses is named with its group and rule; so is a missing learning rate."""

from functools import partial
from typing import Any

import pytest
import torch
from paramrules_torch import build
from torch import nn
from torch.optim import Adam, AdamW, Muon
from torch.optim.optimizer import required

import paramrules
from paramrules import RulesError


class Experts(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.gate_up_proj = nn.Parameter(torch.zeros(4, 8, 8))


def model() -> nn.Module:
    return nn.ModuleDict({"up": nn.Linear(8, 8), "experts": Experts()})


def refused(text: str, optimizers: Any, **how: Any) -> str:
    with pytest.raises(RulesError) as raised:
        build(model(), paramrules.parse(text), optimizers, **{"lr": 1e-3, **how})
    return str(raised.value)


def test_experts_in_one_tensor_are_nothing_for_muon() -> None:
    text = '[size]\nbig: ndim >= 2\nsmall: else\n[opt]\nm: ndim >= 2 -> optimizer = "muon"\nrest: else\n'
    assert refused(text, {"muon": Muon, "default": AdamW}) == (
        "\nerror[E633]: `muon` trains matrices, and `experts.gate_up_proj` has the shape (4, 8, 8)\n"
        "  --> <rules>:5:1\n"
        "   |\n"
        ' 5 | m: ndim >= 2 -> optimizer = "muon"\n'
        "   | ^\n"
        "   = help: add `ndim == 2` to the rule that gives it to `muon`"
    )
    assert refused("m: ndim == 2\nbias?: ndim == 1 -> weight_decay = 0", partial(Muon, momentum=0.9)) == (
        "\nerror[E633]: `Muon` trains matrices, and `up.bias` has the shape (8,)\n"
        "  --> <rules>:2:1\n"
        "   |\n"
        " 2 | bias?: ndim == 1 -> weight_decay = 0\n"
        "   | ^^^^\n"
        "   = help: add `ndim == 2` to the rule that gives it to `Muon`\n"
        "\n"
        "error[E633]: `Muon` trains matrices, and `experts.gate_up_proj` has the shape (4, 8, 8)\n"
        "  = help: add `ndim == 2` to the rule that gives it to `Muon`"
    )


def test_of_a_part_the_rule_is_that_of_the_whole() -> None:
    rules = paramrules.parse('m: ndim >= 2 -> optimizer = "muon"\nrest: else\n')
    whole = model()
    assignment = paramrules.assign(rules, paramrules.inventory(whole))
    stage = nn.ModuleDict({"experts": whole["experts"]})  # type: ignore[index]
    with pytest.raises(
        RulesError, match=r"`experts.gate_up_proj` has the shape \(4, 8, 8\)\n  --> <rules>:1:1\n"
    ):
        build(stage, assignment, {"muon": Muon, "default": AdamW}, lr=1e-3, part=True)


class Matrices(AdamW):
    """Refuses what is no matrix, as a Muon of somebody else does, and groups with a rate above one."""

    def __init__(self, params: Any, lr: float = 1e-3, weight_decay: float = 0.0) -> None:
        super().__init__(params, lr=lr, weight_decay=weight_decay)
        for group in self.param_groups:
            for tensor in group["params"]:
                assert tensor.ndim == 2, "matrices only"
            if group["lr"] > 1:
                raise ValueError(f"lr is {group['lr']}")


def test_any_constructor_that_refuses_a_tensor() -> None:
    text = 'a: name ~ up -> optimizer = "own"\nb: else -> optimizer = "own", lr_scale = 2'
    message = refused(text, {"own": Matrices})
    assert message == (
        "\nerror[E662]: `own` refuses `up.bias` in the group `a`: AssertionError: matrices only\n"
        "  --> <rules>:1:1\n"
        "   |\n"
        ' 1 | a: name ~ up -> optimizer = "own"\n'
        "   | ^\n"
        "   = help: let a rule give it to another optimizer than `own`, freeze it or skip it"
    )


def test_a_constructor_that_refuses_the_settings_of_a_group() -> None:
    text = 'a: ndim == 2\nb: else -> optimizer = "adam"\n'
    both = {"default": Matrices, "adam": AdamW}
    assert refused("a: ndim == 2 -> lr_scale = 2000\n" + text.split("\n")[1], both) == (
        "\nerror[E662]: `default` refuses the group `a`: ValueError: lr is 2.0\n"
        "  --> <rules>:1:1\n"
        "   |\n"
        " 1 | a: ndim == 2 -> lr_scale = 2000\n"
        "   | ^\n"
        "   = help: correct the settings of its rules"
    )


def test_an_error_about_no_single_group_stays_as_it_is() -> None:
    class Pairs(AdamW):
        def __init__(self, params: Any, lr: float) -> None:
            if len(params) > 1:
                raise ValueError("one group")
            super().__init__(params, lr=lr)

    with pytest.raises(ValueError, match="one group") as raised:
        build(model(), paramrules.parse("a: ndim == 2\nb: else -> lr_scale = 2"), Pairs, lr=0.1)
    assert raised.value.__notes__ == ["raised by `Pairs` for the groups `a` and `b`"]


class Positional(Adam):
    def __init__(self, params: Any, lr: float, weight_decay: float = 0.0) -> None:
        super().__init__(params, lr=lr, weight_decay=weight_decay)


class Required(Adam):
    def __init__(self, params: Any, lr: Any = required) -> None:
        torch.optim.Optimizer.__init__(self, params, {"lr": lr, "betas": (0.9, 0.99), "eps": 1e-8})


def without_default(groups: Any, lr: float) -> Adam:
    return Adam(groups, lr=lr)


@pytest.mark.parametrize("optimizer", [Positional, Required, without_default, partial(Positional)])
def test_an_optimizer_without_a_default_rate_and_no_rate(optimizer: Any) -> None:
    rules = paramrules.parse("a: ndim == 2 -> lr = 0.5\nb: else\n")
    name = getattr(optimizer, "__name__", "Positional")
    with pytest.raises(TypeError) as raised:
        build(nn.Linear(2, 2), rules, optimizer)
    assert str(raised.value) == f"`{name}` has no default learning rate: pass `lr=1e-3`, or another"
    with pytest.raises(TypeError, match=r"^`own` has no default learning rate: pass `lr=1e-3`, or another$"):
        build(nn.Linear(2, 2), paramrules.parse('a: else -> optimizer = "own"'), {"own": optimizer})
    assert [g["lr"] for g in build(nn.Linear(2, 2), rules, optimizer, lr=0.1).param_groups] == [0.5, 0.1]
    bound = partial(optimizer, lr=0.2)
    assert [g["lr"] for g in build(nn.Linear(2, 2), rules, bound).param_groups] == [0.5, 0.2]


def test_rates_of_all_groups_are_enough_where_torch_says_that_one_is_required() -> None:
    rules = paramrules.parse("a: ndim == 2 -> lr = 0.5\nb: else -> lr = 0.25\n")
    assert [g["lr"] for g in build(nn.Linear(2, 2), rules, Required).param_groups] == [0.5, 0.25]
