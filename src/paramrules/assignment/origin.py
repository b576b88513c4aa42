"""Where a group's setting is written."""

from paramrules.assignment import Assignment, Group
from paramrules.rules.model import Setting


def setting(assignment: Assignment, group: Group, key: str) -> Setting:
    """A setting that a group has, as the first of the rules that gave it has it."""
    parameter = group.parameters[0]
    for axis, labels in zip(assignment.rules.axes, assignment.axes, strict=True):
        label = labels.of[parameter]
        gave = {rule for rule, of in zip(labels.rules, labels.of, strict=True) if of == label and rule >= 0}
        for rule in sorted(gave):
            for written in axis.rules[rule].settings or ():
                if written.key == key:
                    return written
    raise KeyError(key)
