"""The trained part of two models that has each label."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence

from paramrules.assignment import Assignment
from paramrules.comparison.differences import Count

Sides = tuple[Assignment, Assignment]


Numbers = tuple[set[int], set[int]]
"""The numbers of parameters of each model."""


def counts(assignments: Sides, apart: Callable[[str | None], Numbers]) -> Iterator[Count]:
    """Yield the tensors and parameters of each label, first of all axes joined, then axis by axis.

    `apart` returns the parameters that the comparison reports on an axis, or on any axis for None.
    """
    axes = assignments[0].rules.axes
    joined = [
        ["/".join(assignment.groups[number].labels) for number in assignment.group_numbers]
        for assignment in assignments
    ]
    order = ["/".join(group.labels) for assignment in assignments for group in assignment.groups]
    yield from _counted(None, order, assignments, joined, apart(None))
    if len(axes) > 1:
        for number, axis in enumerate(axes):
            labels = []
            for assignment in assignments:
                found = assignment.axes[number]
                labels.append([found.labels[label] for label in found.of])
            order = [label for assignment in assignments for label in assignment.axes[number].labels]
            yield from _counted(axis.name, order, assignments, labels, apart(axis.name))


def _counted(
    axis: str | None,
    order: Sequence[str],
    assignments: Sides,
    labels: Sequence[Sequence[str]],
    apart: Numbers,
) -> Iterator[Count]:
    tensors: list[Counter[str]] = [Counter(), Counter()]
    parameters: list[Counter[str]] = [Counter(), Counter()]
    differing: set[str] = set()
    for side, assignment in enumerate(assignments):
        trained, elements = assignment.trained, assignment.inventory.column("elements")
        for number, label in enumerate(labels[side]):
            if number in apart[side]:
                differing.add(label)
            if trained[number]:
                tensors[side][label] += 1
                parameters[side][label] += elements[number]
    for label in dict.fromkeys(order):
        yield Count(
            axis,
            label,
            (tensors[0][label], tensors[1][label]),
            (parameters[0][label], parameters[1][label]),
            label in differing,
        )
