"""The settings that a rule file gives a model, against those that a peer's function gave it.

This reads assignments by itself, so that `infer` is not measured with its own ruler.
"""

from collections.abc import Mapping
from math import isclose
from typing import Any, NamedTuple

import paramrules
from paramrules.inference.grouping import Grouping

_SCALES = {"lr": "lr_scale", "weight_decay": "weight_decay_scale"}


class Difference(NamedTuple):
    """A parameter that a file treats in another way than the peer does."""

    name: str
    peer: Mapping[str, Any]
    file: Mapping[str, Any]


def differences(
    rules: paramrules.Rules,
    grouping: Grouping,
    base: Mapping[str, Any] | None = None,
    options: Mapping[str, Any] | None = None,
) -> list[Difference]:
    """Return the parameters whose settings differ.

    Args:
        rules: the file.
        grouping: what the peer gave.
        base: what the caller of the file passes (`lr`, `weight_decay`, ...); by default the peer's value
            where the file leaves a setting open, which has to be the same everywhere.
        options: values for the file's options.
    """
    assignment = paramrules.assign(rules, grouping.inventory, options=options or {})
    given: dict[int, Mapping[str, Any]] = {
        number: group.settings for group in assignment.groups for number in group.parameters
    }
    found: dict[str, Any] = dict(base or {})
    different = []
    for number, peer in enumerate(grouping.settings):
        if peer is None:
            continue
        file = given.get(number, {})
        if not _equal(peer, file, found, learn=base is None):
            different.append(Difference(grouping.inventory.names[number], peer, file))
    return different


def _equal(peer: Mapping[str, Any], file: Mapping[str, Any], base: dict[str, Any], learn: bool) -> bool:
    if "freeze" in peer or "skip" in peer:
        return all(file.get(key) is True for key in peer)  # what else a frozen one is given does not matter
    left = dict(file)
    for key, value in peer.items():
        ours = left.pop(key, None)
        scale = left.pop(_SCALES[key], 1) if key in _SCALES and _SCALES[key] not in peer else 1
        if ours is None and key in _SCALES.values():
            ours = 1.0
        if ours is None and scale == 0:
            ours = 0.0
        if ours is None and learn:
            base.setdefault(key, value if scale == 1 else value / scale)
        if ours is None:
            ours = base.get(key)
        if ours is None or not same(ours * scale if scale != 1 else ours, value):
            return False
    return all(value is False or (key in _SCALES.values() and value == 1) for key, value in left.items())


def same(one: Any, other: Any) -> bool:
    """Return whether two values of a setting are equal, numbers within the precision of a formula."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, int | float) and isinstance(other, int | float):
        return isclose(one, other, rel_tol=1e-9, abs_tol=1e-12)
    if isinstance(one, tuple | list) and isinstance(other, tuple | list):
        return len(one) == len(other) and all(map(same, one, other))
    return bool(one == other)
