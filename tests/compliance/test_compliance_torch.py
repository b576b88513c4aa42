"""Every case of the language's meaning, on the modules of torch that its rows describe."""

from collections import Counter
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import torch
from compliance.modules import Array, Module, differing, modules
from compliance.results import check, expected_of, plain, run, warned, write
from compliance.suite import cases
from paramrules_torch import param_groups
from torch import nn

import paramrules
from paramrules import Assignment, Inventory

CASES = list(cases())

REASONS = {"known": "modules know every fact about their parameters"}
"""What torch cannot show, and why. A difference that is not here fails."""


def build(module: Module, made: dict[Array, nn.Parameter]) -> nn.Module:
    """The module without memory, its class called as the rows call it, arrays that are tied the same."""
    cls = _class(module.lineage, nn.Module)
    built: nn.Module = cls.__new__(cls)
    nn.Module.__init__(built)
    for name, child in module.children.items():
        if isinstance(child, Module):
            built.add_module(name, build(child, made))
        else:
            if child not in made:
                made[child] = _parameter(child)
            built.register_parameter(name, made[child])
    if module.no_decay:
        built.no_weight_decay = lambda: module.no_decay  # type: ignore[assignment]
    return built


def _parameter(array: Array) -> nn.Parameter:
    row = array.row
    empty = torch.empty(
        row.get("stored", row.get("shape", ())),
        dtype=getattr(torch, row.get("dtype", "float32")),
        device="meta",
    )
    cls = _class(array.variable, nn.Parameter)
    parameter: nn.Parameter = cls(empty, requires_grad=row.get("trainable", True))
    for name, value in row.get("attributes", {}).items():
        if name != "no_weight_decay":
            setattr(parameter, name, value)
    return parameter


@cache
def _class(lineage: tuple[str, ...], root: type) -> Any:
    """A class with these names in its method resolution order; torch's own where torch has it."""
    if not lineage:
        return root
    module, _, short = lineage[0].rpartition(".")
    if module.startswith("torch."):
        return getattr(import_module(module), short)
    return type(root)(short, (_class(lineage[1:], root),), {"__module__": module})


@cache
def inventory_of(number: int) -> Inventory:
    """What torch knows of a case's model."""
    return paramrules.inventory(build(modules(CASES[number]), {}))


def unshown(number: int) -> list[str]:
    """The facts for which a case is not for torch."""
    return differing(CASES[number], inventory_of(number))


@pytest.mark.parametrize("number", range(len(CASES)), ids=[case.id for case in CASES])
def test_case(number: int, tmp_path: Path) -> None:
    case = CASES[number]
    if facts := unshown(number):
        pytest.skip(" and ".join(REASONS[fact] for fact in facts))
    model = build(modules(case), {})
    path = write(case, tmp_path)
    assignment, got = run(case, path, model)
    expected = expected_of(case, inventory_of(number))
    check(expected, got)
    if assignment:
        _check_groups(assignment, got["groups"], model)


def _check_groups(assignment: Assignment, groups: list[dict[str, Any]], model: nn.Module) -> None:
    """What an optimizer is handed: the groups without what is frozen, their settings with the base rates."""
    parameters = dict(model.named_parameters())
    trainable = {name for name, parameter in parameters.items() if parameter.requires_grad}
    with warned(assignment):
        emitted = param_groups(model, assignment, weight_decay=0.5, lr_scale="keep")
    wanted = []
    for group in groups:
        names = [name for name in group["parameters"] if name in trainable]
        settings = dict(group["settings"])
        if settings.pop("freeze", False):
            assert not any(parameters[name].requires_grad for name in names)
        elif names:
            base, scale = settings.get("weight_decay", 0.5), settings.pop("weight_decay_scale", 1)
            settings["weight_decay"] = base * scale
            wanted.append((group["label"], names, [id(parameters[name]) for name in names], settings))
    own = ("params", "param_names", "label")
    assert wanted == [
        (
            group["label"],
            group["param_names"],
            list(map(id, group["params"])),
            plain({key: value for key, value in group.items() if key not in own}),
        )
        for group in emitted
    ]


def test_how_many_cases_run() -> None:
    """A case that can be shown no more is noticed here; a new one for which nothing differs is welcome."""
    facts = [unshown(number) for number in range(len(CASES))]
    assert Counter(fact for some in facts for fact in some) == {"known": 3}
    assert facts.count([]) >= 376
