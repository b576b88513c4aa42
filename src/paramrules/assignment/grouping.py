"""From the labels of each axis to the groups of an assignment."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from paramrules.assignment.entry_facts import Facts
from paramrules.assignment.label_settings import Label
from paramrules.diagnostics import Diagnostic, RulesError
from paramrules.display import Table, counted, short_settings
from paramrules.rules.arithmetic import NoResultError, compute
from paramrules.rules.keys import SCALES
from paramrules.rules.model import Rule

_SHOWN: Final = 8
"""The number of labels in a repr."""


@dataclass(frozen=True, slots=True, repr=False)
class AxisLabels:
    """One axis of an assignment.

    Attributes:
        name: the axis's name, "" for the axis without one.
        labels: the different labels, in the order of groups.
        of: for each parameter, the number of its label in `labels`.
        rules: for each parameter, the number of the rule that took it, or -1.
        dead: the rules that took no parameter, without `else` and those written `label?:`.
    """

    name: str
    labels: tuple[str, ...]
    of: Sequence[int]
    rules: Sequence[int]
    dead: tuple[Rule, ...] = ()

    @property
    def left(self) -> tuple[int, ...]:
        """The numbers of the parameters that no rule took."""
        return tuple(number for number, rule in enumerate(self.rules) if rule < 0)

    def __repr__(self) -> str:
        more = f", and {len(self.labels) - _SHOWN} more" if len(self.labels) > _SHOWN else ""
        return f"<AxisLabels {self.name!r}: {', '.join(self.labels[:_SHOWN])}{more}>"


@dataclass(frozen=True, slots=True, repr=False)
class Group:
    """Parameters with the same label in every axis and the same settings.

    Attributes:
        label: the group's name: its labels joined with `/`, with `#1`, `#2`, ... where settings that differ
            by parameter split a label.
        labels: the label in each axis, as rules write it, without `#`.
        settings: the union of the axes' settings; `lr_scale` and `weight_decay_scale` are multiplied.
        parameters: the parameters' numbers in the inventory, in the model's order, including frozen ones.
    """

    label: str
    labels: tuple[str, ...]
    settings: Mapping[str, Any]
    parameters: tuple[int, ...]

    def __repr__(self) -> str:
        tensors = counted(len(self.parameters), "tensor")
        return f"<Group {self.label}: {tensors}, {short_settings(self.settings)}>"

    def _repr_html_(self) -> str:
        """Return the group as a table, for notebooks."""
        row = (self.label, short_settings(self.settings), str(len(self.parameters)))
        return Table(("group", "settings", "tensors"), [row], right=("tensors",)).html()


class GroupSize(NamedTuple):
    """The part of a group that is trained.

    Attributes:
        tensors: the number of its parameters that are trained.
        parameters: the number of their elements.
        share: this number over that of all trained parameters, from 0 to 1.
    """

    tensors: int
    parameters: int
    share: float


class Slot(NamedTuple):
    """A label of one axis with one of its settings.

    Attributes:
        label: the label as rules write it.
        name: the label, with `#1`, `#2`, ... if it has several settings.
        settings: its settings.
    """

    label: str
    name: str
    settings: Mapping[str, Any]


def groups_of(axes: Sequence[Sequence[Label]], facts: Facts) -> tuple[Group, ...]:
    """Return the groups of an assignment in their order; none is empty."""
    if len(axes) == 1:
        return tuple(
            [
                Group(name, (label,), settings, tuple(sorted(parameters)))
                for label, name, settings, parameters in _slots(axes[0], facts)
            ]
        )
    columns, slots = [], []
    for labels in axes:
        column: list[int] = [0] * facts.count
        own: list[Slot] = []
        for label, name, settings, parameters in _slots(labels, facts):
            for parameter in parameters:
                column[parameter] = len(own)
            own.append(Slot(label, name, settings))
        columns.append(column)
        slots.append(own)
    return groups_of_slots(slots, zip(*columns, strict=True))


def group_numbers(groups: Sequence[Group], count: int) -> Sequence[int]:
    """Return for each of `count` parameters the number of its group."""
    numbers = [0] * count
    for number, group in enumerate(groups):
        for parameter in group.parameters:
            numbers[parameter] = number
    return tuple(numbers)


def groups_of_slots(axes: Sequence[Sequence[Slot]], keys: Iterable[tuple[int, ...]]) -> tuple[Group, ...]:
    """Return the groups in their order.

    Args:
        axes: for each axis, its labels in the order of groups.
        keys: for each parameter, the number of its label in each axis.
    """
    members: dict[tuple[int, ...], list[int]] = defaultdict(list)
    for parameter, key in enumerate(keys):
        members[key].append(parameter)
    return tuple(
        _joined([axis[number] for axis, number in zip(axes, key, strict=True)], members[key])
        for key in sorted(members)
    )


def _slots(labels: Sequence[Label], facts: Facts) -> Iterable[tuple[str, str, Mapping[str, Any], list[int]]]:
    """Yield the fields of each slot of an axis, and its parameters."""
    for label in labels:
        for number, (_, settings, entries) in enumerate(label.settings, 1):
            name = f"{label.text}#{number}" if len(label.settings) > 1 else label.text
            parameters = [facts.parameter(entry) for entry in entries] if facts.extra else entries
            yield label.text, name, settings, parameters


def _joined(slots: Sequence[Slot], parameters: list[int]) -> Group:
    """Return the group of one slot of each axis. Raise RulesError (E208) for a product that is not finite."""
    settings: dict[str, Any] = {}
    label = "/".join(slot.name for slot in slots)
    for slot in slots:
        for key, value in slot.settings.items():
            if key not in settings or key not in SCALES:
                settings[key] = value
                continue
            try:
                settings[key] = compute("*", [settings[key], value])
            except NoResultError as fault:
                raise RulesError(
                    Diagnostic(
                        "E208",
                        f"`{key}` of the group `{label}` is {settings[key]!r} times {value!r}, and {fault}",
                        help=f"`{key}` of several axes is multiplied: set it in one of them, or to less",
                    )
                ) from None
    return Group(
        label,
        tuple(slot.label for slot in slots),
        settings,
        tuple(parameters),
    )
