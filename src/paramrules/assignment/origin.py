"""Where a group's setting is written."""

from paramrules.assignment import Assignment, AxisLabels, Group
from paramrules.rules.model import Setting


def setting(assignment: Assignment, group: Group, key: str) -> Setting:
    """A setting that a group has, as the first of the rules that gave it has it."""
    parameter = group.parameters[0]
    axes = zip(assignment.rules.axes, assignment.axes, strict=True)
    rules = [axis.rules[rule] for axis, labels in axes for rule in _giving(labels, labels.of[parameter])]
    first, *_ = [written for rule in rules for written in rule.settings or () if written.key == key]
    return first


def _giving(labels: AxisLabels, label: int) -> list[int]:
    """The rules that gave a label, in their order."""
    return sorted({r for r, of in zip(labels.rules, labels.of, strict=True) if of == label and r >= 0})
