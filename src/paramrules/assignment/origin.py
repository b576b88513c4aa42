"""Where a group's setting is written."""

from collections.abc import Iterator

from paramrules.assignment import Assignment, Group
from paramrules.rules.model import Setting


def setting(assignment: Assignment, group: Group, key: str) -> Setting:
    """A setting that a group has, as the first of the rules that gave it has it."""
    return next(written for written in _written(assignment, group.parameters[0]) if written.key == key)


def _written(assignment: Assignment, parameter: int) -> Iterator[Setting]:
    """All settings of the rules that gave a parameter's labels, to whichever parameter."""
    for axis, labels in zip(assignment.rules.axes, assignment.axes, strict=True):
        label = labels.of[parameter]
        gave = {rule for rule, of in zip(labels.rules, labels.of, strict=True) if of == label and rule >= 0}
        for rule in sorted(gave):
            yield from axis.rules[rule].settings or ()
