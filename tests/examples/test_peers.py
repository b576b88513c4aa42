"""The shipped policies give what the peers' own code gave for real models, group by group."""

from collections.abc import Mapping, Sequence
from typing import Any

import paramrules_torch
import pytest
from golden import golden_model
from support import golden_rows, inventory_of

import paramrules

Groups = list[tuple[dict[str, Any], tuple[str, ...]]]

RULES = {
    "timm.param_groups_weight_decay": "<timm/weight_decay@1>",
    "transformers.Trainer.create_optimizer": "<transformers/trainer@1>",
    "nanoGPT": "<nanogpt@1>",
    "timm.param_groups_layer_decay": "<timm/layer_decay@1>",
    "x-transformers createOptimizer": "<x_transformers/create_optimizer@1>",
}
RUNS = [(file, policy) for file in golden_model.FILES for policy in golden_model.read(file)["groups"]]


def rules_for(policy: str) -> str:
    return RULES[policy.partition("(")[0]]


def base_weight_decay(policy: str) -> float:
    """The weight decay that the peer was called with, as its name in the golden file says."""
    return float(policy.partition("decay=")[2].partition(",")[0].rstrip(")"))


def peers(groups: Sequence[Mapping[str, Any]]) -> Groups:
    return [
        ({key: value for key, value in group.items() if key != "params"}, tuple(group["params"]))
        for group in groups
    ]


def by_settings(groups: Groups) -> dict[tuple[tuple[str, Any], ...], tuple[str, ...]]:
    keyed = {tuple(sorted(settings.items())): names for settings, names in groups}
    assert len(keyed) == len(groups)
    return keyed


def from_rows(file: str, policy: str) -> Groups:
    """Assign the rules to the golden file's rows, without a framework."""
    inventory = inventory_of(golden_rows(golden_model.read(file)))
    assignment = paramrules.assign(paramrules.load(rules_for(policy)), inventory)
    assert assignment.findings == ()
    base = {"weight_decay": base_weight_decay(policy)}
    return [
        (base | dict(group.settings), tuple(inventory.names[number] for number in group.parameters))
        for group in assignment.groups
    ]


def from_torch(file: str, policy: str) -> Groups:
    """Return the param groups for the model rebuilt in torch."""
    model, _ = golden_model.load(file)
    groups = paramrules_torch.param_groups(
        model, rules_for(policy), weight_decay=base_weight_decay(policy), lr_scale="keep"
    )
    keys = ("lr_scale", "weight_decay") if "layer_decay" in policy else ("weight_decay",)
    named = {name: id(parameter) for name, parameter in model.named_parameters()}
    for group in groups:
        assert [named[name] for name in group["param_names"]] == [id(p) for p in group["params"]]
    return [({key: group[key] for key in keys}, tuple(group["param_names"])) for group in groups]


def compare(ours: Groups, theirs: Groups, policy: str) -> None:
    if "layer_decay" in policy:
        # timm orders its groups by the first parameter of each that it sees: a layer's decaying group comes
        # first where a weight is registered first, the other where a token or a gamma is. Groups follow the
        # rules here, whatever the order of registration; the layers' order is the same.
        assert by_settings(ours) == by_settings(theirs)
        assert [s["lr_scale"] for s, _ in ours] == [s["lr_scale"] for s, _ in theirs]
    else:
        assert ours == theirs


@pytest.mark.parametrize(("file", "policy"), RUNS)
def test_the_core_gives_the_groups_of_the_peer(file: str, policy: str) -> None:
    theirs = peers(golden_model.read(file)["groups"][policy])
    compare(from_rows(file, policy), theirs, policy)


@pytest.mark.parametrize(
    ("file", "policy", "missed"),
    [
        ("x-transformers-layernorm.json", "x-transformers createOptimizer(decay=0.1)", 5),
        ("x-transformers-rmsnorm.json", "transformers.Trainer.create_optimizer(weight_decay=0.05)", 4),
    ],
)
def test_one_line_takes_the_norms_that_the_peers_let_decay(file: str, policy: str, missed: int) -> None:
    data = golden_model.read(file)
    norms = {row["name"] for row in data["parameters"] if "Norm" in row["owner"][0]}
    decaying = {name for group in data["groups"][policy] if group["weight_decay"] for name in group["params"]}
    assert len(norms & decaying) == missed
    assignment = paramrules.assign(paramrules.load("<x_transformers/decay@1>"), golden_model.load(file)[0])
    assert {assignment.group_of(name).label for name in norms} == {"no_decay"}


@pytest.mark.parametrize(("file", "policy"), RUNS)
def test_param_groups_are_those_of_the_peer(file: str, policy: str) -> None:
    theirs = peers(golden_model.read(file)["groups"][policy])
    compare(from_torch(file, policy), theirs, policy)
