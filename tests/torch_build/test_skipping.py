"""`skip = true` leaves parameters to another optimizer; a warning where `freeze` was meant so."""

import gc
import warnings

import pytest
import torch
from paramrules_torch import build, param_groups, regroup_state
from torch import nn

import paramrules
from paramrules import RulesWarning

GENERATOR = paramrules.parse("others: name ~ ^critic -> skip = true\nown: else")
CRITIC = paramrules.parse("others: name ~ ^generator -> skip = true\nown: else", "critic.rules")
FREEZING = paramrules.parse("others: name ~ ^generator -> freeze = true\nown: else", "critic.rules")


class Gan(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.generator, self.critic = nn.Linear(2, 2), nn.Linear(2, 1)

    def loss(self) -> torch.Tensor:
        return self.critic(self.generator(torch.ones(3, 2))).square().sum()  # type: ignore[no-any-return]


def test_two_optimizers_train_their_own_parts() -> None:
    model = Gan()
    first, second = build(model, GENERATOR, lr=0.1), build(model, CRITIC, lr=0.1)
    assert all(parameter.requires_grad for parameter in model.parameters())
    for optimizer, own in ((first, "generator"), (second, "critic")):
        before = {name: parameter.clone() for name, parameter in model.named_parameters()}
        model.loss().backward()
        optimizer.step()
        moved = {n.split(".")[0] for n, p in model.named_parameters() if not torch.equal(p, before[n])}
        assert moved == {own}
        assert sum(len(group["params"]) for group in optimizer.param_groups) == 2
    assert [group["param_names"] for group in param_groups(model, CRITIC)] == [
        ["critic.weight", "critic.bias"]
    ]


def test_what_other_rules_froze_stays_frozen_where_it_is_skipped() -> None:
    model = Gan()
    build(model, FREEZING, lr=0.1)
    build(model, CRITIC, lr=0.1)
    assert not model.generator.weight.requires_grad
    build(model, paramrules.parse("all: else"), lr=0.1)
    assert model.generator.weight.requires_grad


@pytest.mark.parametrize("by_build", [True, False])
def test_freezing_what_a_living_optimizer_trains(by_build: bool) -> None:
    model = Gan()
    first = build(model, GENERATOR, lr=0.1)
    with pytest.warns(RulesWarning) as caught:
        second = build(model, FREEZING, lr=0.1) if by_build else param_groups(model, FREEZING)
    assert [str(warning.message) for warning in caught] == [
        """W643: this freezes `generator.weight` and `generator.bias`, \
which the `AdamW` of an earlier `build` still trains
  --> critic.rules:1:30
   |
 1 | others: name ~ ^generator -> freeze = true
   |                              ^^^^^^^^^^^^^
   = help: write `skip = true` to leave a parameter to another optimizer, or delete that optimizer first"""
    ]
    assert caught[0].filename == __file__
    assert first is not second
    again = build(model, FREEZING, lr=0.1)  # frozen already: said once
    assert again.param_groups


def test_a_collected_optimizer_trains_nothing() -> None:
    model = Gan()
    optimizer = build(model, GENERATOR, lr=0.1)
    scheduler = torch.optim.lr_scheduler.ConstantLR(optimizer)
    optimizer.back = scheduler  # type: ignore[attr-defined]  # a cycle, as some schedulers and hooks make
    del optimizer, scheduler
    build(model, FREEZING, lr=0.1)
    gc.collect()
    other = Gan()
    alive = build(other, GENERATOR, lr=0.1)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        build(Gan(), FREEZING, lr=0.1)
    assert alive.param_groups


def test_state_of_old_groups_without_names_that_skipped() -> None:
    model = Gan()
    old = build(model, GENERATOR, lr=0.1)
    model.loss().backward()
    old.step()
    saved = old.state_dict()
    for group in saved["param_groups"]:
        del group["param_names"]
    state = regroup_state(saved, model, build(model, GENERATOR, lr=0.1), old=GENERATOR)
    assert len(state["state"]) == 2
