"""A model's part of a lock, as a value: which parameter has which label and which settings."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from math import prod
from pathlib import PurePath
from typing import NamedTuple

from paramrules.assignment import Assignment, Group
from paramrules.assignment.grouping import Slot, group_numbers, groups_of_slots
from paramrules.assignment.value_evaluator import Scalar
from paramrules.inventories.parameter import Layer
from paramrules.locks.versions import versions_of

Shape = tuple[int, ...]


class LockedAxis(NamedTuple):
    """An axis: its name, and its labels in the order of groups, each with its settings."""

    name: str
    slots: tuple[Slot, ...]


@dataclass(frozen=True)
class LockedModel:
    """The groups that rules make of one model. Needs neither the rules nor the model.

    Attributes:
        model: the model's name.
        rules: the name of the rule file.
        framework: the framework of the model.
        versions: the versions of the packages that the model came from, for information: never compared.
        options: the value of each of the file's options.
        axes: the axes, with their labels and settings.
        names: the parameters' names in the model's order, one per parameter.
        shapes: their logical shapes.
        labels: for each parameter and axis, the number of its label in `axes`.
        frozen: the numbers of the parameters that are not trainable in the model itself.
        ties: by number, the further names of tied parameters.
        stacks: by number, the place of a layer in an array of several.
    """

    model: str
    rules: str
    framework: str
    versions: Mapping[str, str] = field(compare=False)
    options: Mapping[str, Scalar]
    axes: tuple[LockedAxis, ...]
    names: Sequence[str]
    shapes: Sequence[Shape]
    labels: Sequence[tuple[int, ...]]
    frozen: frozenset[int]
    ties: Mapping[int, tuple[str, ...]]
    stacks: Mapping[int, Layer]

    def __repr__(self) -> str:
        return f"<LockedModel {self.model!r}: {len(self)} parameters in {len(self.groups)} groups>"

    def __len__(self) -> int:
        return len(self.names)

    @cached_property
    def groups(self) -> tuple[Group, ...]:
        """The groups in their order, as `Assignment.groups` has them."""
        return groups_of_slots([axis.slots for axis in self.axes], self.labels)

    @cached_property
    def group_numbers(self) -> Sequence[int]:
        """For each parameter, the number of its group in `groups`."""
        return group_numbers(self.groups, len(self))

    @cached_property
    def sizes(self) -> Sequence[int]:
        """The number of elements of each parameter."""
        return list(map(prod, self.shapes))


def locked(assignment: Assignment, model: str) -> LockedModel:
    """Return what a lock holds of an assignment.

    Args:
        assignment: the rules, assigned to the model.
        model: the model's name in the lock.
    """
    inventory = assignment.inventory
    names = inventory.names
    axes, columns = [], []
    for axis in assignment.axes:
        column = [0] * len(inventory)
        slots = []
        for number, group in enumerate(assignment.groups_of_axis(axis.name)):
            slots.append(Slot(group.labels[0], group.label, group.settings))
            for parameter in group.parameters:
                column[parameter] = number
        axes.append(LockedAxis(axis.name, tuple(slots)))
        columns.append(column)
    trainable = inventory.column("trainable")
    return LockedModel(
        model=model,
        rules=PurePath(assignment.rules.source.name).name,
        framework=inventory.framework,
        versions=versions_of(inventory),
        options=dict(assignment.options),
        axes=tuple(axes),
        names=list(names[: len(inventory)]),
        shapes=list(map(tuple, inventory.column("shape"))),
        labels=list(zip(*columns, strict=True)),
        frozen=frozenset(number for number, trains in enumerate(trainable) if not trains),
        ties={number: tuple(names[e] for e in entries) for number, entries in inventory.aliases.items()},
        stacks={number: layer for number, layer in enumerate(inventory.column("layer")) if layer},
    )
