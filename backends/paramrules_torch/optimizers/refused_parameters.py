"""Errors of optimizers' constructors, with the parameter and the rule that they are about."""

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from paramrules.backends import Bound, Diagnostic, RoutedGroup, RulesError, report_parameter
from paramrules_torch.optimizers.factories import Factory


def check_lr(factory: Factory, groups: Sequence[Mapping[str, Any]], arguments: Mapping[str, Any]) -> None:
    """Raise TypeError if an optimizer has no default learning rate and gets none."""
    given = factory.needs_lr == "groups" and all("lr" in group for group in groups)
    if factory.needs_lr and "lr" not in arguments and not given:
        raise TypeError(f"`{factory.spec.called}` has no default learning rate: pass `lr=1e-3`, or another")


def check_matrices(
    bound: Bound, factory: Factory, routed: Sequence[RoutedGroup], tensors: Sequence[Tensor]
) -> None:
    """Raise RulesError (E633) for the first tensor of each group that is not a matrix, if this is Muon."""
    if factory.cls is None or not issubclass(factory.cls, torch.optim.Muon):
        return
    firsts = [(one, next((n for n in one.numbers if tensors[n].ndim != 2), None)) for one in routed]
    wrong = [
        _report(
            "E633",
            bound,
            one,
            number,
            f"`{factory.spec.called}` trains matrices, and `{bound.inventory.names[number]}` has the shape "
            f"{tuple(tensors[number].shape)}",
            f"add `ndim == 2` to the rule that gives it to `{factory.spec.called}`",
        )
        for one, number in firsts
        if number is not None
    ]
    if wrong:
        raise RulesError(wrong)


def refusal(
    bound: Bound,
    factory: Factory,
    routed: Sequence[RoutedGroup],
    groups: Sequence[Mapping[str, Any]],
    arguments: Mapping[str, Any],
    error: Exception,
) -> Diagnostic | None:
    """Return a finding (E662) about the parameter that a constructor refuses, or about the group.

    They are found by calling the constructor for each alone. None if it refuses a plain matrix too, so that
    the arguments are at fault, or if it refuses nothing alone.
    """

    def refuses(group: Mapping[str, Any]) -> bool:
        try:
            factory.make([{**group}], **arguments)
        except Exception:  # whatever a constructor raises
            return True
        return False

    if refuses({"params": [torch.nn.Parameter(torch.zeros(2, 2))]}):
        return None
    called = factory.spec.called
    why = ": ".join([type(error).__name__, *str(error).splitlines()[:1]])
    for one, group in zip(routed, groups, strict=True):
        if not refuses(group):
            continue
        for number, tensor in zip(one.numbers, group["params"], strict=True):
            if refuses({"params": [tensor]}):
                what = f"`{bound.inventory.names[number]}` in the group `{one.group.label}`"
                help = f"let a rule give it to another optimizer than `{called}`, freeze it or skip it"
                return _report("E662", bound, one, number, f"`{called}` refuses {what}: {why}", help)
        message = f"`{called}` refuses the group `{one.group.label}`: {why}"
        return _report("E662", bound, one, one.numbers[0], message, "correct the settings of its rules")
    return None


def _report(code: str, bound: Bound, one: RoutedGroup, number: int, message: str, help: str) -> Diagnostic:
    """Return a finding about a parameter, by its number in this model."""
    part = bound.part
    parameter = number if part is None else next(n for n in one.group.parameters if part.get(n) == number)
    return report_parameter(
        code, message, help, assignment=bound.assignment, parameter=parameter, key="optimizer"
    )
