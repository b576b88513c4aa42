"""Findings about the settings of groups, pointed at the rules that wrote them."""

from collections.abc import Sequence

from paramrules.assignment import Assignment, AxisLabels, Group
from paramrules.diagnostics import Diagnostic, Place, listed
from paramrules.emission.bound import Bound
from paramrules.rules.model import Axis, Rule, Setting


def report(
    code: str,
    message: str,
    help: str,
    *,
    assignment: Assignment,
    groups: Sequence[Group],
    key: str,
    whole: bool = False,
) -> Diagnostic:
    """Return a finding about a key that groups set, at each place in the rules that sets it for them.

    `whole` points at `key = value`, else at the key alone.
    """
    written = (_setting(assignment, group, key) for group in groups)
    spans = list(dict.fromkeys(setting.span if whole else setting.key_span for setting in written))
    return Diagnostic(code, message, spans[0], also=tuple(map(Place, spans[1:])), help=help)


def report_parameter(
    code: str, message: str, help: str, *, assignment: Assignment, parameter: int, key: str
) -> Diagnostic:
    """Return a finding about a parameter, pointed at the rule that takes it.

    Of several axes it is the one whose rule sets `key`, else the first; without a rule there is no place.

    Args:
        code, message, help: as for `Diagnostic`.
        assignment: the assignment.
        parameter: the number of the parameter in the assignment's inventory.
        key: the setting that matters.
    """
    axes = zip(assignment.rules.axes, assignment.axes, strict=True)
    taking = [axis.rules[labels.rules[parameter]] for axis, labels in axes if labels.rules[parameter] >= 0]
    taking.sort(key=lambda rule: all(written.key != key for written in rule.settings or ()))
    return Diagnostic(code, message, taking[0].label.span if taking else None, help=help)


def freezes_trained(bound: Bound, lost: Sequence[int], optimizer: object) -> Diagnostic:
    """Return a warning (W643) about parameters that the rules freeze and a living optimizer trains.

    Args:
        bound: the bound rules.
        lost: these parameters, as numbers in `bound.inventory`.
        optimizer: the optimizer that trains the first of them.
    """
    numbers = set(lost)
    names = listed([bound.inventory.names[number] for number in lost], 3)
    return report(
        "W643",
        f"this freezes {names}, which the `{type(optimizer).__name__}` of an earlier `build` still trains",
        "write `skip = true` to leave a parameter to another optimizer, or delete that optimizer first",
        assignment=bound.assignment,
        groups=[
            group
            for group in bound.assignment.groups
            if group.settings.get("freeze") and numbers.intersection(bound.numbers(group))
        ],
        key="freeze",
        whole=True,
    )


def _setting(assignment: Assignment, group: Group, key: str) -> Setting:
    """Return a group's setting as it is written in the first of the rules that gave it."""
    parameter = group.parameters[0]
    axes = zip(assignment.rules.axes, assignment.axes, strict=True)
    rules = [rule for axis, labels in axes for rule in _giving(axis, labels, labels.of[parameter])]
    first, *_ = [written for rule in rules for written in rule.settings or () if written.key == key]
    return first


def _giving(axis: Axis, labels: AxisLabels, label: int) -> list[Rule]:
    """Return the rules that gave a label, in their order, then those that have it and took nothing."""
    took = sorted({r for r, of in zip(labels.rules, labels.of, strict=True) if of == label and r >= 0})
    having = (rule for rule in axis.rules if rule.label.literal == labels.labels[label])
    return [*(axis.rules[rule] for rule in took), *having]
