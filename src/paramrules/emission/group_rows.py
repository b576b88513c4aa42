"""Measurements of an optimizer's groups as rows of plain values, the same in every framework.

A backend measures sums of squares; what they mean, and what the columns are called, is decided here.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import nan, sqrt
from typing import Any, TypeVar

_Number = TypeVar("_Number", int, float)


@dataclass(slots=True)
class GroupStats:
    """Measurements of a group at one step, as plain numbers.

    Attributes:
        label: the group's label.
        lr, weight_decay: the learning rate and decay of the step; None if the group has none.
        tensors, parameters: how many tensors and how many elements it has.
        gradients: the sum of squares of the gradients; None if no tensor has one.
        weights: the sum of squares of the parameters before the step; None if it was not measured.
        updates: the sum of squares of what the step added to them, decay included; None likewise.
        state_bytes: the size of the optimizer's state of these tensors; None if it is not known.
    """

    label: str
    lr: float | None = None
    weight_decay: float | None = None
    tensors: int = 0
    parameters: int = 0
    gradients: float | None = None
    weights: float | None = None
    updates: float | None = None
    state_bytes: int | None = None


def group_rows(groups: Iterable[GroupStats]) -> list[dict[str, Any]]:
    """Return a row for each label, in the order in which the labels appear.

    Groups of one label share a row: norms are those of all their tensors, and a rate that differs between
    them is None.

    | key | value |
    |---|---|
    | `label` | the label |
    | `lr`, `weight_decay` | as the step used them |
    | `tensors`, `parameters` | their numbers |
    | `grad_norm` | the Euclidean norm of the gradients; None without any |
    | `weight_norm` | that of the parameters before the step |
    | `update_norm` | that of the change by the step, decay included |
    | `update_ratio` | `update_norm / weight_norm`; NaN for parameters that are all zero |
    | `state_bytes` | the size of the optimizer's state |

    >>> group_rows([GroupStats("decay", lr=1e-3, weights=4.0, updates=0.01)])[0]["update_ratio"]
    0.05
    """
    merged: dict[str, GroupStats] = {}
    for group in groups:
        first = merged.setdefault(group.label, group)
        if first is not group:
            merged[group.label] = _joined(first, group)
    return [_row(group) for group in merged.values()]


def _joined(one: GroupStats, other: GroupStats) -> GroupStats:
    return GroupStats(
        one.label,
        one.lr if one.lr == other.lr else None,
        one.weight_decay if one.weight_decay == other.weight_decay else None,
        one.tensors + other.tensors,
        one.parameters + other.parameters,
        _sum(one.gradients, other.gradients),
        _sum(one.weights, other.weights),
        _sum(one.updates, other.updates),
        _sum(one.state_bytes, other.state_bytes),
    )


def _sum(one: _Number | None, other: _Number | None) -> _Number | None:
    return one if other is None else other if one is None else one + other


def _row(group: GroupStats) -> dict[str, Any]:
    weights, updates = _root(group.weights), _root(group.updates)
    ratio = None if weights is None or updates is None else updates / weights if weights else nan
    return {
        "label": group.label,
        "lr": group.lr,
        "weight_decay": group.weight_decay,
        "tensors": group.tensors,
        "parameters": group.parameters,
        "grad_norm": _root(group.gradients),
        "weight_norm": weights,
        "update_norm": updates,
        "update_ratio": ratio,
        "state_bytes": group.state_bytes,
    }


def _root(square: float | None) -> float | None:
    return None if square is None else sqrt(square)


def row_metrics(rows: Sequence[Mapping[str, Any]]) -> dict[str, float]:
    """Return the values of rows under the names by which a logger keeps them: `grad_norm/decay`.

    What is None is left out, and so are the numbers of tensors and parameters, which do not change.

    >>> row_metrics([{"label": "decay", "lr": 1e-3, "grad_norm": None}])
    {'lr/decay': 0.001}
    """
    constant = ("label", "tensors", "parameters")
    return {
        f"{key}/{row['label']}": value
        for row in rows
        for key, value in row.items()
        if key not in constant and value is not None
    }
