"""Rates and decays over the depth of a model: which place has parameters at which rate."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from paramrules.assignment import Assignment
from paramrules.html_report.rates import Rate

_FEW: Final = 8
"""The most stages of a model of stages, whose blocks are its places."""
_MANY: Final = 200
"""The most places where stages are divided into blocks; more are experts."""


@dataclass(slots=True)
class Point:
    """Parameters of one place that have one rate.

    Attributes:
        place: the number of the place.
        rate: the rate.
        tensors: the number of parameters.
        parameters: the number of their elements.
        groups: for each group the number of its elements here.
    """

    place: int
    rate: Rate
    tensors: int = 0
    parameters: int = 0
    groups: dict[int, int] = field(default_factory=dict)

    @property
    def group(self) -> int:
        """The number of the group that most of it is in."""
        return max(self.groups, key=self.groups.__getitem__)


def places(names: Sequence[str]) -> list[str]:
    """Return for each parameter its place in the depth of the model.

    The place of `blocks.3.attn.qkv.weight` is `blocks.3`; in a model of a few stages that have blocks,
    that of `stages.0.blocks.1.norm.weight` is `stages.0.blocks.1`. What is in no series is its own module.

    >>> places(["patch_embed.proj.weight", "blocks.3.norm.bias"])
    ['patch_embed.proj', 'blocks.3']
    """
    by_first = [_until_number(name, 1) for name in names]
    by_second = [_until_number(name, 2) for name in names]
    numbered = {place for place in by_first if _ends_in_number(place)}
    if len(numbered) <= _FEW and len(set(by_second)) <= _MANY:
        return by_second
    return by_first


def points(assignment: Assignment, of: Callable[[Mapping[str, Any]], Rate]) -> tuple[list[str], list[Point]]:
    """Return the places in the model's order, and the points of all trained parameters.

    Args:
        assignment: the assignment.
        of: the rate of a group's settings.
    """
    inventory = assignment.inventory
    trained = [number for number in range(len(inventory)) if assignment.trained[number]]
    where = places([inventory.names[number] for number in trained])
    order = {place: at for at, place in enumerate(dict.fromkeys(where))}
    rates = [of(group.settings) for group in assignment.groups]
    elements = inventory.column("elements")
    found: dict[tuple[int, Rate], Point] = {}
    for number, place in zip(trained, where, strict=True):
        group = assignment.group_numbers[number]
        key = order[place], rates[group]
        point = found.setdefault(key, Point(*key))
        point.tensors += 1
        point.parameters += elements[number]
        point.groups[group] = point.groups.get(group, 0) + elements[number]
    return list(order), sorted(found.values(), key=lambda point: point.place)


def _until_number(name: str, count: int) -> str:
    """Return a name up to its `count`-th part that is a number; its module if it has fewer."""
    parts = name.split(".")
    numbers = [at for at, part in enumerate(parts) if part.isdecimal()]
    if not numbers:
        return ".".join(parts[:-1]) or name
    return ".".join(parts[: numbers[min(count, len(numbers)) - 1] + 1])


def _ends_in_number(place: str) -> bool:
    return place.rpartition(".")[2].isdecimal()
