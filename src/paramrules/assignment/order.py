"""The orders in which names, captures and settings are sorted: the same on every machine and rank."""

import re
from collections.abc import Iterable
from typing import Any

OrderKey = tuple[tuple[int, Any], ...]
NaturalKey = tuple[tuple[int, int, str], ...]

_DIGITS = re.compile(r"([0-9]+)")


def natural(name: str) -> NaturalKey:
    """A sort key in which `layers.2` comes before `layers.10`."""
    parts = (part for part in _DIGITS.split(name) if part)
    return tuple((0, len(p.lstrip("0")), p.lstrip("0")) if p[0] in "0123456789" else (1, 0, p) for p in parts)


def order_key(values: Iterable[Any]) -> OrderKey:
    """A sort key: none first, then booleans, numbers as numbers, texts, tuples item by item."""
    return tuple(map(_rank, values))


def _rank(value: Any) -> tuple[int, Any]:
    if value is None:
        return (0, 0)
    if isinstance(value, bool):
        return (1, value)
    if isinstance(value, int | float):
        return (2, value)
    if isinstance(value, str):
        return (3, value)
    return (4, order_key(value))
