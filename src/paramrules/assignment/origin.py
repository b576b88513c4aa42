"""Where a group's setting is written."""

from paramrules.assignment import Assignment, Group
from paramrules.rules.model import Setting


def setting(assignment: Assignment, group: Group, key: str) -> Setting | None:
    """The setting as a rule has it, None where the rule that has it took nothing of this model itself."""
    parameter = group.parameters[0]
    for axis, labels in zip(assignment.rules.axes, assignment.axes, strict=True):
        label = labels.of[parameter]
        numbers = {
            rule for rule, of in zip(labels.rules, labels.of, strict=True) if of == label and rule >= 0
        }
        for number in sorted(numbers):
            for written in axis.rules[number].settings or ():
                if written.key == key:
                    return written
    return None
