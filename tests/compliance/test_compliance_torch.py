"""Every case of the language's meaning, on the modules of torch that its rows describe."""

from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from compliance.torch_modules import build
from compliance.warned import warned
from paramrules_torch import param_groups
from torch import nn

import paramrules
from paramrules import Assignment, Inventory
from paramrules.testing.models import differing, model_of
from paramrules.testing.outcome import difference, expected_of, plain, run, write
from paramrules.testing.suite import cases

CASES = list(cases())

REASONS = {"known": "modules know every fact about their parameters"}
"""The facts that torch cannot show, each with the reason. A difference that is not listed fails."""


@cache
def inventory_of(number: int) -> Inventory:
    """Return the inventory of a case's model as torch sees it."""
    return paramrules.inventory(build(model_of(CASES[number]), {}))


def unshown(number: int) -> list[str]:
    """The facts for which a case is not for torch."""
    return differing(CASES[number], inventory_of(number))


@pytest.mark.parametrize("number", range(len(CASES)), ids=[case.id for case in CASES])
def test_case(number: int, tmp_path: Path) -> None:
    case = CASES[number]
    if facts := unshown(number):
        pytest.skip(" and ".join(REASONS[fact] for fact in facts))
    model = build(model_of(case), {})
    path = write(case, tmp_path)
    assignment, got = run(case, path, model)
    expected = expected_of(case, inventory_of(number))
    assert not difference(expected, got)
    if assignment:
        _check_groups(assignment, got["groups"], model)


def _check_groups(assignment: Assignment, groups: list[dict[str, Any]], model: nn.Module) -> None:
    """Return the groups that an optimizer gets: without frozen parameters, with the base rates."""
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
    own = ("params", "param_names", "label", "name")
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
    assert Counter(fact for some in facts for fact in some) == {"known": 4}
    assert facts.count([]) >= 376
