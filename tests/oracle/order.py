"""When two values are the same, and which comes first."""

from collections.abc import Mapping, Sequence
from typing import Any

from oracle.arithmetic import Wrong, is_number
from oracle.looking import equal


def sortable(value: object) -> tuple[Any, ...]:
    """None, false, true, numbers, texts, tuples."""
    if value is None:
        return (0,)
    if isinstance(value, bool):
        return (1, value)
    if is_number(value):
        return (2, value)
    if isinstance(value, str):
        return (3, value)
    if isinstance(value, tuple):
        return (4, tuple(sortable(item) for item in value))
    raise Wrong("E208")


def same(left: object, right: object) -> bool:
    if isinstance(left, tuple) and isinstance(right, tuple):
        return len(left) == len(right) and all(same(a, b) for a, b in zip(left, right, strict=True))
    return equal(left, right)


def same_settings(left: Mapping[str, object], right: Mapping[str, object]) -> bool:
    return left.keys() == right.keys() and all(same(left[key], right[key]) for key in left)


def rank(ranks: Sequence[dict[str, object]], settings: dict[str, object]) -> int:
    return next(n for n, other in enumerate(ranks) if same_settings(settings, other))
