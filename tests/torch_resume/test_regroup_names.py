"""Names in a file are those of the saving run's wrappers; what they mean does not depend on them."""

from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
import torch
from paramrules_torch import param_groups, regroup_state
from torch import nn
from torch.nn.utils import parametrizations

import paramrules
from paramrules import RulesError

ONE = paramrules.parse("all: else\n")
TWO = paramrules.parse("no_decay?: ndim <= 1 -> weight_decay = 0\ndecay: else\n")


class Net(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.emb = nn.Embedding(5, 4)
        self.q_proj = parametrizations.weight_norm(nn.Linear(4, 4))
        self.head = nn.Linear(4, 5, bias=False)

    def forward(self, ids: torch.Tensor) -> torch.Tensor:
        return self.head(self.q_proj(self.emb(ids)))  # type: ignore[no-any-return]


def adamw(model: nn.Module, rules: paramrules.Rules) -> torch.optim.Optimizer:
    return torch.optim.AdamW(param_groups(model, rules, lr=0.01))


def marked(model: nn.Module, optimizer: torch.optim.Optimizer) -> dict[str, Any]:
    """The state of a run in which each parameter's moments are known by a number of their own."""
    for number, tensor in enumerate(model.parameters()):
        if tensor.requires_grad:
            tensor.grad = torch.full_like(tensor, number + 1.0)
    optimizer.step()
    return deepcopy(optimizer.state_dict())


def same_bits(one: dict[str, Any], other: dict[str, Any]) -> bool:
    """Return whether two states have the same tensors and numbers for each parameter."""
    return one["state"].keys() == other["state"].keys() and all(
        torch.equal(value, other["state"][key][name])
        for key, own in one["state"].items()
        for name, value in own.items()
    )


def test_a_lock_names_the_parameters_of_a_file_without_names(tmp_path: Path) -> None:
    model = Net()
    model.head.requires_grad_(False)
    saved = marked(model, adamw(model, TWO))
    lock = paramrules.lock({"net": paramrules.assign(TWO, model), "other": paramrules.assign(ONE, model)})
    optimizer = adamw(model, ONE)
    with_names = regroup_state(saved, model, optimizer)
    for group in saved["param_groups"]:
        del group["param_names"]
    alone = paramrules.lock(paramrules.assign(TWO, model))
    alone.save(tmp_path / "net.rules.lock")
    for old in (lock["net"], alone, tmp_path / "net.rules.lock", str(tmp_path / "net.rules.lock")):
        assert same_bits(regroup_state(saved, model, optimizer, old=old), with_names)
    with pytest.raises(RulesError) as raised:
        regroup_state(saved, model, optimizer, old=lock)
    assert str(raised.value) == (
        "\nerror[E621]: the lock has 2 sections\n"
        "  = help: pass that of the run that saved the state, `old=paramrules.read_lock(path)[name]`: "
        "`net` or `other`"
    )
    with pytest.raises(RulesError) as raised:
        regroup_state(saved, model, optimizer, old=lock["other"])
    assert raised.value.diagnostics[0].message == (
        "the saved groups have 2, 2 parameters, and with the old lock they would have 4"
    )


def wraps() -> list[Callable[[nn.Module], nn.Module]]:
    return [
        lambda model: model,
        nn.DataParallel,
        lambda model: torch.compile(model, backend="eager"),  # type: ignore[return-value, list-item]
        lambda model: nn.DataParallel(torch.compile(model, backend="eager")),  # type: ignore[arg-type]
    ]


@pytest.mark.parametrize("before", wraps())
@pytest.mark.parametrize("after", wraps())
def test_wrapped_differently_in_the_two_runs(before: Any, after: Any) -> None:
    one, other = Net(), Net()
    state = marked(before(one), adamw(before(one), ONE))
    wrapped = after(other)
    optimizer = adamw(wrapped, TWO)
    optimizer.load_state_dict(regroup_state(state, wrapped, optimizer))
    for number, tensor in enumerate(other.parameters()):
        assert torch.allclose(optimizer.state[tensor]["exp_avg"], torch.tensor(0.1 * (number + 1)))


def test_adapters_saved_with_peft_around() -> None:
    peft = pytest.importorskip("peft")

    def adapted() -> nn.Module:
        config = peft.LoraConfig(target_modules=["head", "emb"], r=2)
        return peft.get_peft_model(Net(), config)  # type: ignore[no-any-return]

    one, other = nn.DataParallel(adapted()), adapted()
    state = marked(one, adamw(one, ONE))
    assert state["param_groups"][0]["param_names"][0].startswith("module.base_model.model.emb.lora")
    optimizer = adamw(other, paramrules.parse("b: name ~ lora_B|embedding_B -> lr_scale = 16\na: else\n"))
    optimizer.load_state_dict(regroup_state(state, other, optimizer))
    for number, tensor in enumerate(other.parameters()):
        if tensor.requires_grad:
            assert torch.allclose(optimizer.state[tensor]["exp_avg"], torch.tensor(0.1 * (number + 1)))


class Tied(nn.Module):
    def __init__(self, tied: bool = True, head_first: bool = False) -> None:
        super().__init__()
        if head_first:
            self.head = nn.Linear(4, 5, bias=False)
        self.emb = nn.Embedding(5, 4)
        if not head_first:
            self.head = nn.Linear(4, 5, bias=False)
        if tied:
            self.head.weight = self.emb.weight


def refused(state: Any, model: nn.Module, **how: Any) -> str:
    with pytest.raises(RulesError) as raised:
        regroup_state(state, model, adamw(model, TWO), **how)
    return str(raised.value)


def test_a_tied_parameter_is_found_by_any_of_its_names() -> None:
    one, other = Tied(head_first=True), Tied()
    state = marked(one, adamw(one, ONE))
    assert state["param_groups"][0]["param_names"] == ["head.weight"]
    optimizer = adamw(other, TWO)
    optimizer.load_state_dict(regroup_state(state, other, optimizer))
    assert len(optimizer.state) == 1


def test_a_parameter_that_was_tied() -> None:
    one = Tied()
    assert refused(marked(one, adamw(one, ONE)), Tied(tied=False)) == (
        '\nerror[E622]: `head.weight` has no saved state\n  = help: `missing="fresh"` lets it start without'
    )


def test_parameters_that_are_tied_now() -> None:
    one = Tied(tied=False)
    state = marked(one, adamw(one, ONE))
    assert refused(state, Tied()) == (
        "\nerror[E623]: `head.weight` has saved state and no place in the optimizer\n"
        '  = help: `extra="drop"` leaves it out'
    )
    other = Tied()
    optimizer = adamw(other, TWO)
    optimizer.load_state_dict(regroup_state(state, other, optimizer, extra="drop"))
    assert torch.allclose(optimizer.state[other.emb.weight]["exp_avg"], torch.tensor(0.1))
    turned = Tied(head_first=True)
    optimizer = adamw(turned, TWO)
    optimizer.load_state_dict(regroup_state(state, turned, optimizer, extra="drop"))
    assert torch.allclose(optimizer.state[turned.emb.weight]["exp_avg"], torch.tensor(0.2))


class Namesake(nn.Module):
    """A model with a module that is called as wrappers call theirs."""

    def __init__(self, inner: bool = True) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(3))
        if inner:
            self.module = nn.Linear(1, 3, bias=False)


def test_a_models_own_module_may_be_called_as_a_wrappers() -> None:
    for before in (lambda model: model, nn.DataParallel):
        one, other = Namesake(), Namesake()
        wrapped = before(one)
        state = marked(wrapped, adamw(wrapped, ONE))
        again = before(other)
        optimizer = adamw(again, TWO)
        optimizer.load_state_dict(regroup_state(state, again, optimizer))
        assert torch.allclose(optimizer.state[other.weight]["exp_avg"], torch.tensor(0.1))
        assert torch.allclose(optimizer.state[other.module.weight]["exp_avg"], torch.tensor(0.2))


def test_names_of_which_it_is_not_clear_what_they_mean() -> None:
    wrapped = nn.DataParallel(Namesake())
    state = marked(wrapped, adamw(wrapped, ONE))
    assert refused(state, Namesake()) == (
        "\nerror[E626]: `module.weight` and `module.module.weight` of the saved state may be any of "
        "`weight` and `module.weight` of the model\n"
        "  = help: wrap the model as it was when the state was saved, "
        "or correct `param_names` in the state"
    )
    one = nn.DataParallel(Namesake(inner=False))
    state = marked(one, adamw(one, ONE))
    assert "`module.weight` of the saved state may be any of" in refused(state, nn.DataParallel(Namesake()))
