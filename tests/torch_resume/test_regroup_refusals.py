"""State that matches nothing is refused by name, all of it at once; `missing` and `extra` accept it."""

from copy import deepcopy
from typing import Any

import pytest
import torch
from paramrules_torch import param_groups, regroup_state
from torch import nn

import paramrules
from paramrules import RulesError

RULES = paramrules.parse("no_decay: ndim <= 1 -> weight_decay = 0\ndecay: else\n")


def model(*sizes: int) -> nn.Sequential:
    return nn.Sequential(*(nn.Linear(n, n) for n in sizes))


def optimizer_of(net: nn.Module, cls: Any = torch.optim.AdamW, rules: Any = RULES, **how: Any) -> Any:
    return cls(param_groups(net, rules, lr=0.01), **how)


def saved(net: nn.Module, cls: Any = torch.optim.AdamW, **how: Any) -> dict[str, Any]:
    optimizer = optimizer_of(net, cls, **how)
    for tensor in net.parameters():
        tensor.grad = torch.ones_like(tensor)
    optimizer.step()
    return deepcopy(optimizer.state_dict())


def refused(state: Any, net: nn.Module, cls: Any = torch.optim.AdamW, **how: Any) -> str:
    optimizer = optimizer_of(net, cls)
    with pytest.raises(RulesError) as raised:
        regroup_state(state, net, optimizer, **how)
    assert not optimizer.state
    return str(raised.value)


WHOLE = "  = help: pass what `optimizer.state_dict()` returned, or what torch.distributed.checkpoint did"


def test_new_and_removed_parameters_and_changed_shapes_in_one_report() -> None:
    small, large = nn.ModuleDict(), nn.ModuleDict()
    small.update({"old": nn.Linear(2, 2), "kept": nn.Linear(2, 2)})
    large.update({"kept": nn.Linear(3, 2), "new": nn.Linear(2, 2)})
    assert refused(saved(small), large) == (
        "\nerror[E623]: `old.bias` and `old.weight` have saved state and no place in the optimizer\n"
        '  = help: `extra="drop"` leaves it out\n\n'
        "error[E622]: `new.bias` and `new.weight` have no saved state\n"
        '  = help: `missing="fresh"` lets them start without\n\n'
        "error[E625]: `exp_avg` of `kept.weight` has the shape (2, 2) and should have (2, 3)\n"
        '  = help: `missing="fresh"` lets it start without\n\n'
        "error[E625]: `exp_avg_sq` of `kept.weight` has the shape (2, 2) and should have (2, 3)\n"
        '  = help: `missing="fresh"` lets it start without'
    )


def test_new_parameters_may_start_fresh_and_removed_ones_be_dropped() -> None:
    net = model(2, 2, 2)
    optimizer = optimizer_of(net)
    optimizer.load_state_dict(regroup_state(saved(model(2)), net, optimizer, missing="fresh"))
    assert set(map(id, optimizer.state)) == set(map(id, net[0].parameters()))
    net = model(2)
    optimizer = optimizer_of(net)
    optimizer.load_state_dict(regroup_state(saved(model(2, 2)), net, optimizer, extra="drop"))
    assert len(optimizer.state) == 2


def test_many_names_are_cut() -> None:
    assert refused(saved(model(2)), model(*[2] * 7)) == (
        "\nerror[E622]: `{1..6}.bias` and `{1..6}.weight` have no saved state\n"
        '  = help: `missing="fresh"` lets them start without'
    )


def test_frozen_parameters_that_are_trained_now_and_the_other_way() -> None:
    frozen = paramrules.parse("off: name ~ ^0 -> freeze = true\non: else\n")
    net = model(2, 2)
    state = deepcopy(saved(net))
    part = regroup_state(state, net, optimizer_of(net, rules=frozen), extra="drop")
    assert len(part["state"]) == 2
    net = model(2, 2)
    optimizer = optimizer_of(net, rules=frozen)
    for tensor in net[1].parameters():
        tensor.grad = torch.ones_like(tensor)
    optimizer.step()
    thawed = model(2, 2)
    assert refused(optimizer.state_dict(), thawed) == (
        "\nerror[E622]: `0.bias` and `0.weight` have no saved state\n"
        '  = help: `missing="fresh"` lets them start without'
    )


def test_a_parameter_that_never_had_a_gradient_has_no_state_and_needs_none() -> None:
    net = model(2, 2)
    optimizer = optimizer_of(net)
    net[0](torch.ones(2)).sum().backward()
    optimizer.step()
    again = model(2, 2)
    resumed = optimizer_of(again)
    resumed.load_state_dict(regroup_state(optimizer.state_dict(), again, resumed))
    assert set(map(id, resumed.state)) == set(map(id, again[0].parameters()))


def test_another_optimizer() -> None:
    net = model(2)
    adam = optimizer_of(net, torch.optim.Adam)
    assert len(regroup_state(saved(model(2)), net, adam)["state"]) == 2
    assert refused(saved(model(2), torch.optim.SGD, momentum=0.9), net) == (
        "\nerror[E624]: the saved state keeps `momentum_buffer` for `0.bias` and `0.weight`, and this "
        "optimizer `exp_avg`, `exp_avg_sq` and `step`\n"
        '  = help: `missing="fresh"` lets them start without'
    )
    assert refused(saved(model(2)), net, torch.optim.SGD) == (
        "\nerror[E624]: the saved state keeps `exp_avg`, `exp_avg_sq` and `step` for `0.bias` and "
        "`0.weight`, and this optimizer nothing\n"
        '  = help: `missing="fresh"` lets them start without'
    )


@pytest.mark.parametrize("cls", [torch.optim.AdamW, torch.optim.SGD])
def test_saved_groups_without_state_are_those_of_a_fresh_optimizer(cls: type[torch.optim.Optimizer]) -> None:
    net = model(2)
    fresh = optimizer_of(model(2, 2), cls).state_dict()
    assert not fresh["state"]
    optimizer = optimizer_of(net)
    for group in fresh["param_groups"]:
        del group["param_names"]
    own = optimizer.state_dict()
    assert regroup_state(fresh, net, optimizer) == own
    stepped = optimizer_of(net)
    stepped.load_state_dict(saved(net))
    stepped.load_state_dict(regroup_state(fresh, net, stepped))
    assert not stepped.state


def test_an_optimizer_that_keeps_nothing_by_parameter() -> None:
    net = model(2)
    with pytest.raises(RulesError) as raised:
        regroup_state(saved(net), net, torch.optim.LBFGS(net.parameters()))
    assert str(raised.value) == (
        "\nerror[E624]: `LBFGS` keeps one state for all its parameters, which belongs to no name\n"
        "  = help: load its state into a model with the same parameters in the same order"
    )


class Stubborn(torch.optim.SGD):
    def step(self, closure: Any = None) -> Any:
        raise RuntimeError("no gradients today")


def test_an_optimizer_that_takes_no_step() -> None:
    net = model(2)
    assert refused(saved(model(2)), net, Stubborn) == (
        "\nerror[E624]: it is not clear what `Stubborn` keeps for a parameter: "
        "a step on zeros fails with RuntimeError: no gradients today\n"
        "  = help: pass the optimizer itself, without a wrapper around it"
    )


def test_factored_state_and_counts_that_are_not_tensors() -> None:
    state = saved(model(40), torch.optim.Adafactor)
    net = model(40)
    optimizer = optimizer_of(net, torch.optim.Adafactor)
    assert {"row_var", "col_var"} <= state["state"][1].keys()
    optimizer.load_state_dict(regroup_state(state, net, optimizer))
    assert torch.equal(optimizer.state[net[0].weight]["row_var"], state["state"][1]["row_var"])
    old = saved(model(2))
    for entry in old["state"].values():
        entry["step"] = 7  # as torch before 1.12 has it
    net = model(2)
    assert regroup_state(old, net, optimizer_of(net))["state"][0]["step"] == 7


class Counting(torch.optim.SGD):
    """Counts in its groups, as LAMB of timm does."""

    def step(self, closure: Any = None) -> Any:
        for group in self.param_groups:
            group["step"] = group.get("step", 0) + 1
            for tensor in group["params"]:
                self.state[tensor]["seen"] = torch.ones_like(tensor)


def test_what_is_counted_in_groups_goes_with_the_parameters() -> None:
    state = saved(model(2), Counting)
    for group in state["param_groups"]:
        group["step"] = 5
    net = model(2)
    one = Counting(param_groups(net, paramrules.parse("all: else"), lr=0.1))
    one.load_state_dict(regroup_state(state, net, one))
    assert one.param_groups[0]["step"] == 5
    state["param_groups"][1]["step"] = torch.tensor(6)
    with pytest.raises(RulesError) as raised:
        regroup_state(state, net, one)
    assert str(raised.value) == (
        "\nerror[E628]: `0.weight` and `0.bias` share a `step` now, and it was 6 for the first and 5 for "
        "the second\n"
        "  = help: keep them in different groups"
    )


def test_a_state_without_names() -> None:
    state = saved(model(2))
    for group in state["param_groups"]:
        del group["param_names"]
    assert refused(state, model(2)) == (
        "\nerror[E621]: the saved state does not name its parameters\n"
        "  = help: pass `old=`: the rules it was saved with, or the names of each group's parameters"
    )
    assert refused(state, model(2), old=paramrules.parse("all: else")) == (
        "\nerror[E621]: the saved groups have 1, 1 parameters, and with the old rules they would have 2\n"
        "  = help: pass as `old=` the names of each group's parameters in the run that saved them"
    )
    assert "with the old names they would have 1" in refused(state, model(2), old=[["0.weight"]])


def test_an_optimizer_of_another_model() -> None:
    with pytest.raises(RulesError) as raised:
        regroup_state(saved(model(2)), model(2), optimizer_of(model(2)))
    assert str(raised.value) == (
        "\nerror[E627]: 2 of the optimizer's 2 tensors are not parameters of this model\n"
        "  = help: pass the model that the optimizer was made for"
    )


@pytest.mark.parametrize(
    ("state", "text"),
    [
        (None, "a `NoneType` is not the saved state of an optimizer\n" + WHOLE),
        ({}, "this dict does not have `state` and `param_groups`\n" + WHOLE),
        ({"state": {}, "param_groups": {}}, "`param_groups` should be a list, and `state` a dict\n" + WHOLE),
        (
            {"state": {}, "param_groups": [{}]},
            "group 0 of the saved state does not have a list of `params`\n" + WHOLE,
        ),
        (
            {"state": {}, "param_groups": [{"params": [0, 1, 0]}]},
            "the saved groups list the parameter `0` twice\n" + WHOLE,
        ),
        ({"state": {0: 3}, "param_groups": [{"params": [0]}]}, "the state of `0` is not a dict\n" + WHOLE),
        (
            {"state": {3: {}}, "param_groups": [{"params": [0]}]},
            "`3` has state in the file and is in none of its groups\n"
            "  = help: pass the state and the groups of the same optimizer",
        ),
        (
            {"state": {}, "param_groups": [{"params": [0, 1], "param_names": ["a"]}]},
            "group 0 of the saved state has 2 parameters and 1 names\n" + WHOLE,
        ),
        (
            {"state": {}, "param_groups": [{"params": [torch.ones(1)]}]},
            "these are groups of tensors, as an optimizer takes them, and not a saved state\n" + WHOLE,
        ),
        (
            {"epoch": 3, "optimizer": {"state": {}, "param_groups": []}},
            "this dict does not have `state` and `param_groups`\n"
            "  = help: it holds one: pass its `['optimizer']`",
        ),
        (
            {"optimizer_states": [{"state": {}, "param_groups": []}]},
            "this dict does not have `state` and `param_groups`\n"
            "  = help: it holds one: pass its `['optimizer_states'][0]`",
        ),
        (
            {"epochs": [3, {"loss": 0.5}]},
            "this dict does not have `state` and `param_groups`\n" + WHOLE,
        ),
        (
            {"0.weight": torch.ones(2)},
            "this dict does not have `state` and `param_groups`\n"
            "  = help: these look like the weights of a model; the optimizer's state is saved beside them",
        ),
        ({"state.a.step": 1}, "`state.a.step` belongs to a parameter that is in no group\n" + WHOLE),
    ],
)
def test_what_is_not_a_saved_state(state: Any, text: str) -> None:
    assert refused(state, model(2)) == "\nerror[E620]: " + text


def test_switches() -> None:
    net = model(2)
    with pytest.raises(ValueError, match=r"^`missing` is 'drop' and should be 'refuse' or 'fresh'$"):
        regroup_state({}, net, optimizer_of(net), missing="drop")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"^`extra` is 'fresh' and should be 'refuse' or 'drop'$"):
        regroup_state({}, net, optimizer_of(net), extra="fresh")  # type: ignore[arg-type]
