"""The pairs of parameters that two assignments put into different groups, or give different settings."""

from collections.abc import Iterable, Iterator, Mapping
from itertools import product
from typing import Any, NamedTuple

from paramrules.assignment import Assignment
from paramrules.assignment.label_settings import settings_key
from paramrules.comparison.differences import Difference, Pair, Parting, SettingsDifference
from paramrules.comparison.settings import effective, settings_apart


def settings_differences(
    assignments: tuple[Assignment, Assignment], pairs: Iterable[Pair]
) -> Iterator[SettingsDifference]:
    """Yield the pairs that have other effective settings."""
    indices = [assignment.inventory.index for assignment in assignments]
    for pair in pairs:
        for x, y in product(pair.a, pair.b):
            numbers = indices[0](x), indices[1](y)
            groups = [
                assignment.groups[assignment.group_numbers[number]]
                for assignment, number in zip(assignments, numbers, strict=True)
            ]
            settings = [
                effective(group.settings, trainable=assignment.inventory.column("trainable")[number])
                for assignment, group, number in zip(assignments, groups, numbers, strict=True)
            ]
            if found := settings_apart(*settings):
                yield SettingsDifference(x, y, (groups[0].label, groups[1].label), found)


def label_differences(
    assignments: tuple[Assignment, Assignment], pairs: Iterable[Pair]
) -> Iterator[Difference]:
    """Yield the pairs with another label, or other settings of one label, axis by axis."""
    first, second = assignments
    indices = first.inventory.index, second.inventory.index
    groups_of = first.group_numbers, second.group_numbers
    axes = list(zip(first.rules.axes, first.axes, second.axes, strict=True))
    apart: dict[tuple[int, int], list[_Apart]] = {}
    partings: dict[tuple[int, tuple[int, int]], Parting] = {}
    for pair in pairs:
        for x, y in product(pair.a, pair.b):
            numbers = indices[0](x), indices[1](y)
            groups = groups_of[0][numbers[0]], groups_of[1][numbers[1]]
            if groups not in apart:
                a, b = first.groups[groups[0]], second.groups[groups[1]]
                is_same = a.labels == b.labels and settings_key(a.settings) == settings_key(b.settings)
                apart[groups] = [] if is_same else list(_apart(assignments, numbers))
            for at, labels, settings in apart[groups]:
                axis, one, other = axes[at]
                rules = one.rules[numbers[0]], other.rules[numbers[1]]
                if (at, rules) not in partings:
                    partings[at, rules] = Parting(assignments, at, rules)
                yield Difference(x, y, axis.name, labels, settings, partings[at, rules])


class _Apart(NamedTuple):
    """The number of an axis at which two groups differ, with the labels and their settings."""

    axis: int
    labels: tuple[str, str]
    settings: tuple[Mapping[str, Any], Mapping[str, Any]]


def _apart(assignments: tuple[Assignment, Assignment], numbers: tuple[int, int]) -> Iterator[_Apart]:
    """Yield where the groups of two parameters differ; all parameters of a group have the same labels."""
    decisions = (each.decisions(number) for each, number in zip(assignments, numbers, strict=True))
    for at, (one, other) in enumerate(zip(*decisions, strict=True)):
        if one.label != other.label or settings_key(one.settings) != settings_key(other.settings):
            yield _Apart(at, (one.label, other.label), (one.settings, other.settings))
