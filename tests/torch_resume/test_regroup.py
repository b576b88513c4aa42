"""State that was saved under other groups follows its parameters by name, to the bit."""

from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
import torch
from paramrules_torch import build, param_groups, regroup_state
from paramrules_torch.resume.saved_state import read
from support import calls
from torch import nn
from torch.distributed.checkpoint.state_dict import StateDictOptions, get_optimizer_state_dict

import paramrules

OLD = paramrules.parse("no_decay: ndim <= 1 -> weight_decay = 0\ndecay: else\n")
MOVED = paramrules.parse('no_decay: ndim <= 1 or leaf == "pos_embed" -> weight_decay = 0\ndecay: else\n')
SPLIT = paramrules.parse(
    """
head: name ~ ^head -> lr_scale = 2
blocks_{i}: name ~ ^blocks\\.(?<i>\\d+)\\. -> lr_scale = 0.5 ** (i + 1)
rest: else
"""
)
ONE = paramrules.parse("all: else\n")


class Net(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.pos_embed = nn.Parameter(torch.randn(1, 3, 4))
        self.blocks = nn.ModuleList(nn.Sequential(nn.LayerNorm(4), nn.Linear(4, 4)) for _ in range(3))
        self.head = nn.Linear(4, 2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = x + self.pos_embed
        for block in self.blocks:
            x = x + block(x)
        return self.head(x)  # type: ignore[no-any-return]


def net() -> Net:
    torch.manual_seed(0)
    return Net()


def train(model: nn.Module, optimizer: torch.optim.Optimizer, seeds: range) -> None:
    for seed in seeds:
        x = torch.randn(5, 3, 4, generator=torch.Generator().manual_seed(seed))
        optimizer.zero_grad()
        model(x).square().mean().backward()
        optimizer.step()


def adamw(model: nn.Module, rules: paramrules.Rules, **how: Any) -> torch.optim.Optimizer:
    return torch.optim.AdamW(param_groups(model, rules, lr=0.01, weight_decay=0.1, **how))


Make = Callable[[nn.Module, paramrules.Rules], torch.optim.Optimizer]


def saved_run(make: Make = adamw, rules: paramrules.Rules = OLD) -> tuple[Net, dict[str, Any]]:
    """A model that was trained for five steps, and its optimizer's state."""
    model = net()
    optimizer = make(model, rules)
    train(model, optimizer, range(5))
    return model, deepcopy(optimizer.state_dict())


def by_name(model: nn.Module, optimizer: torch.optim.Optimizer) -> dict[str, Any]:
    return {n: optimizer.state[p] for n, p in model.named_parameters() if p in optimizer.state}


def assert_same_state(one: dict[str, Any], other: dict[str, Any]) -> None:
    assert one.keys() == other.keys()
    for name, state in one.items():
        assert state.keys() == other[name].keys()
        for key, value in state.items():
            assert torch.equal(torch.as_tensor(value), torch.as_tensor(other[name][key])), (name, key)


def by_hand(
    model: nn.Module, rules: paramrules.Rules, run: dict[str, Any], make: Make
) -> torch.optim.Optimizer:
    """The optimizer of the new rules with the old run's state, put in tensor by tensor."""
    optimizer = make(model, rules)
    named = dict(model.named_parameters())
    for group in run["param_groups"]:
        for key, name in zip(group["params"], group["param_names"], strict=True):
            if key in run["state"]:
                optimizer.state[named[name]] = deepcopy(run["state"][key])
    return optimizer


def adam_with_amsgrad(model: nn.Module, rules: paramrules.Rules) -> torch.optim.Optimizer:
    return torch.optim.Adam(param_groups(model, rules, lr=0.01), amsgrad=True)


def sgd(model: nn.Module, rules: paramrules.Rules) -> torch.optim.Optimizer:
    return torch.optim.SGD(param_groups(model, rules, lr=0.01), momentum=0.9)


def optimizer_of(cls: type) -> Make:
    return lambda model, rules: cls(param_groups(model, rules, lr=0.01))


class Early(torch.optim.Optimizer):
    """Makes its state in the constructor, like Adagrad of torch 2.9, and cannot step without it."""

    def __init__(self, params: Any, lr: float = 0.01) -> None:
        super().__init__(params, {"lr": lr})
        for group in self.param_groups:
            for parameter in group["params"]:
                self.state[parameter] = {"step": torch.tensor(0.0), "sum": torch.zeros_like(parameter)}

    @torch.no_grad()
    def step(self, closure: Any = None) -> None:
        assert closure is None
        for group in self.param_groups:
            for parameter in group["params"]:
                state = self.state[parameter]
                state["step"] += 1
                state["sum"] += parameter.grad
                parameter -= group["lr"] * state["sum"] / state["step"]


EVERY = [
    cls
    for name, cls in vars(torch.optim).items()
    if isinstance(cls, type)
    and issubclass(cls, torch.optim.Optimizer)
    and name not in ("Optimizer", "LBFGS", "SparseAdam", "Muon")
]


@pytest.mark.parametrize("rules", [MOVED, SPLIT, ONE, OLD])
@pytest.mark.parametrize("make", [adamw, adam_with_amsgrad, sgd, *map(optimizer_of, [*EVERY, Early])])
def test_the_run_goes_on_as_if_it_had_had_the_new_groups(make: Make, rules: paramrules.Rules) -> None:
    weights, saved = saved_run(make)
    before = deepcopy(saved)
    model, twin = net(), net()
    model.load_state_dict(weights.state_dict())
    twin.load_state_dict(weights.state_dict())
    optimizer, expected = make(model, rules), by_hand(twin, rules, saved, make)
    optimizer.load_state_dict(regroup_state(saved, model, optimizer))
    assert str(before) == str(saved)
    assert_same_state(by_name(model, optimizer), by_name(twin, expected))
    train(model, optimizer, range(5, 10))
    train(twin, expected, range(5, 10))
    assert all(torch.equal(a, b) for a, b in zip(model.parameters(), twin.parameters(), strict=True))


def test_torch_itself_loads_another_parameters_moments_or_nothing() -> None:
    """Why there is a function for this."""
    _, saved = saved_run()
    model = net()
    with pytest.raises(ValueError, match="doesn't match the size"):
        adamw(model, MOVED).load_state_dict(saved)


def test_settings_are_those_of_the_new_rules() -> None:
    _, saved = saved_run()
    model = net()
    optimizer = adamw(model, SPLIT)
    groups = deepcopy([{k: v for k, v in g.items() if k != "params"} for g in optimizer.param_groups])
    optimizer.load_state_dict(regroup_state(saved, model, optimizer))
    assert [{k: v for k, v in g.items() if k != "params"} for g in optimizer.param_groups] == groups


def test_nothing_is_changed_by_asking() -> None:
    _, saved = saved_run()
    model = net()
    optimizer = adamw(model, SPLIT)
    optimizer.register_step_pre_hook(lambda *_: pytest.fail("stepped"))
    weights = deepcopy(model.state_dict())
    regroup_state(saved, model, optimizer)
    assert not optimizer.state
    assert all(torch.equal(weights[name], value) for name, value in model.state_dict().items())


@pytest.mark.parametrize("by", ["rules", "assignment", "path", "names"])
def test_a_file_without_names_takes_them_from_the_old_rules(by: str, tmp_path: Path) -> None:
    weights, named = saved_run()
    saved = deepcopy(named)
    for group in saved["param_groups"]:
        del group["param_names"]
    (tmp_path / "old.rules").write_text(OLD.source.text)
    paramrules.inventory(weights).save(tmp_path / "net.json")
    old: Any = {
        "rules": OLD,
        "assignment": paramrules.assign(OLD, paramrules.Inventory.load(tmp_path / "net.json")),
        "path": tmp_path / "old.rules",
        "names": [group["param_names"] for group in named["param_groups"]],
    }[by]
    model = net()
    optimizer = adamw(model, MOVED)
    optimizer.load_state_dict(regroup_state(saved, model, optimizer, old=old))
    assert_same_state(by_name(model, optimizer), by_name(weights, by_hand(weights, MOVED, named, adamw)))


def test_old_rules_when_the_new_ones_have_frozen_parameters() -> None:
    _, saved = saved_run()
    for group in saved["param_groups"]:
        del group["param_names"]
    model = net()
    optimizer = adamw(model, paramrules.parse("off: name ~ ^blocks -> freeze = true\non: else\n"))
    optimizer.load_state_dict(regroup_state(saved, model, optimizer, old=OLD, extra="drop"))
    assert len(optimizer.state) == 3


def test_several_optimizers_as_one() -> None:
    rules = paramrules.parse(
        'muon: ndim == 2 and name ~ ^blocks -> optimizer = "muon", lr = 0.02\n'
        'adamw: else -> optimizer = "adamw"\n'
    )
    finer = paramrules.parse(
        """
head: name ~ ^head -> optimizer = "adamw", lr_scale = 2
muon_{i}: ndim == 2 and name ~ ^blocks\\.(?<i>\\d+) -> optimizer = "muon", lr = 0.02
adamw: else -> optimizer = "adamw"
"""
    )
    made = {"muon": torch.optim.Muon, "adamw": torch.optim.AdamW}

    def both(model: nn.Module, rules: paramrules.Rules) -> torch.optim.Optimizer:
        return build(model, rules, made, lr=0.01)

    weights, saved = saved_run(both, rules)
    model, twin = net(), net()
    model.load_state_dict(weights.state_dict())
    twin.load_state_dict(weights.state_dict())
    optimizer, expected = both(model, finer), by_hand(twin, finer, saved, both)
    optimizer.load_state_dict(regroup_state(saved, model, optimizer))
    train(model, optimizer, range(5, 8))
    train(twin, expected, range(5, 8))
    assert all(torch.equal(a, b) for a, b in zip(model.parameters(), twin.parameters(), strict=True))


def test_a_hook_regroups_for_trainers_that_load_by_themselves() -> None:
    weights, saved = saved_run()
    model = net()
    optimizer = adamw(model, SPLIT)
    optimizer.register_load_state_dict_pre_hook(lambda own, state: regroup_state(state, model, own))
    optimizer.load_state_dict(saved)
    assert_same_state(by_name(model, optimizer), by_name(weights, by_hand(weights, SPLIT, saved, adamw)))


@pytest.mark.timm
def test_each_group_counts_the_steps_of_lamb_on_its_own() -> None:
    from timm.optim import Lamb

    def step(optimizer: torch.optim.Optimizer) -> None:
        optimizer.zero_grad()
        net(torch.ones(2, 3, 4)).sum().backward()
        optimizer.step()

    net = Net()
    one = build(net, ONE, Lamb, lr=1e-3)
    for _ in range(3):
        step(one)
    several = build(net, SPLIT, Lamb, lr=1e-3)
    several.load_state_dict(regroup_state(one.state_dict(), net, several))
    step(several)
    assert [float(group["step"]) for group in several.param_groups] == [4] * len(several.param_groups)


@pytest.mark.parametrize("flat", [False, True])
def test_what_torchs_checkpoints_save_has_the_names_themselves(flat: bool) -> None:
    model, other = net(), net()
    before = adamw(model, OLD)
    train(model, before, range(2))
    options = StateDictOptions(flatten_optimizer_state_dict=flat)
    saved = get_optimizer_state_dict(model, before, options=options)
    assert ("state" in saved) is not flat
    optimizer = adamw(other, SPLIT)
    optimizer.load_state_dict(regroup_state(saved, other, optimizer))
    kept = {name: before.state[tensor] for name, tensor in model.named_parameters()}
    for name, tensor in other.named_parameters():
        for key, value in kept[name].items():
            assert torch.equal(optimizer.state[tensor][key], value)


class Nested(torch.optim.SGD):
    """It keeps a dict in the state of a parameter, as some of Shampoo's kind do."""

    def step(self, closure: Any = None) -> None:  # type: ignore[override]
        for group in self.param_groups:
            for tensor in group["params"]:
                self.state[tensor]["factors"] = {"left": torch.ones_like(tensor)}


def test_flat_state_may_be_nested() -> None:
    model = nn.Linear(2, 2, bias=False)
    optimizer = Nested(param_groups(model, ONE, lr=0.1))
    saved = {"param_groups.weight.lr": 0.5, "state.weight.factors.left": torch.full((2, 2), 7.0)}
    state = regroup_state(saved, model, optimizer)
    assert torch.equal(state["state"][0]["factors"]["left"], torch.full((2, 2), 7.0))
    assert state["param_groups"][0]["lr"] == 0.1


class Key(int):
    """A key whose hashing is a call, which `calls` counts."""

    def __hash__(self) -> int:
        return int.__hash__(self)


def test_a_state_of_many_parameters_is_read_in_proportion() -> None:
    def steps(count: int) -> int:
        keys = list(map(Key, range(count)))
        groups = [{"params": keys, "param_names": [f"p{key}" for key in keys]}]
        state = {key: {"step": 1} for key in keys}
        return calls(lambda: read({"state": state, "param_groups": groups}))

    assert steps(200) < 2.5 * steps(100)
