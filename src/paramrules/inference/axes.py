"""Axes: which settings follow each other, and which go their own way."""

from collections.abc import Callable, Iterator, Mapping
from typing import Final

from paramrules.inference import costs
from paramrules.inference.effective import FREE, Column, distinct
from paramrules.rules.keys import IDLE

_NAMES: Final = {
    "weight_decay": "decay",
    "weight_decay_scale": "decay",
    "lr": "lr",
    "lr_scale": "lr",
    "freeze": "train",
    "skip": "train",
    "optimizer": "optimizer",
}
_ORDER: Final = ("train", "optimizer", "lr", "decay")
_MOST_CLASSES: Final = 8
"""The most values of a setting that others may follow: more are a series, which is alone."""


def divisions(columns: Mapping[str, Column]) -> Iterator[tuple[float, dict[str, list[str]]]]:
    """Yield the ways to divide settings into axes, each with its cost.

    Decay that follows the learning rate stands beside it, or on its own.
    """
    together, apart = axes_of(columns), axes_of(columns, _parted)
    yield 0.0, together
    if apart != together:
        yield costs.APART, apart


def _parted(key: str, leader: str) -> bool:
    """Return whether one of two keys is a learning rate, and the other decay."""
    return {_NAMES.get(key), _NAMES.get(leader)} == {"lr", "decay"}


def axes_of(
    columns: Mapping[str, Column], parted: Callable[[str, str], bool] = lambda key, leader: False
) -> dict[str, list[str]]:
    """Return the keys of each axis, by the axis's name.

    A setting that is known once another one is stands in the other's axis: the momentum of what Muon takes;
    but for pairs that are to be parted.
    """
    axes: list[list[str]] = []
    by_values = sorted(columns, key=lambda key: -len(distinct(columns[key])))
    idle = [key for key in columns if key in IDLE]
    if idle:
        axes.append(idle)
    for key in by_values:
        if key in idle:
            continue
        leader = next(
            (
                axis
                for axis in axes
                if axis is not idle and not parted(key, axis[0]) and _follows(columns[key], columns[axis[0]])
            ),
            None,
        )
        if leader is not None and leader[0] not in idle:
            leader.append(key)
        else:
            axes.append([key])
    order = list(columns)
    named: dict[str, list[str]] = {}
    for axis in axes:
        axis.sort(key=lambda key: (key != "optimizer", order.index(key)))
        name = next((n for n in _ORDER if any(_NAMES.get(key) == n for key in axis)), axis[0])
        while name in named:
            name += "_"
        named[name] = axis
    return dict(sorted(named.items(), key=lambda item: _rank(item[0])))


def _rank(name: str) -> int:
    return _ORDER.index(name) if name in _ORDER else len(_ORDER)


def _follows(column: Column, leader: Column) -> bool:
    """Return whether each value of the leader goes with one value of the column."""
    if len(distinct(leader)) > _MOST_CLASSES and len(distinct(column)) < len(distinct(leader)):
        return False
    found: dict[str, object] = {}
    for value, lead in zip(column, leader, strict=True):
        if value is FREE or lead is FREE:
            continue
        if found.setdefault(repr(lead), value) != value:
            return False
    return True
