"""Attributes as rules see them: numbers, strings, booleans, none, and tuples and mappings of these.

A framework lets a user set anything on a parameter. A value of another kind, and a number that is not finite,
becomes `Unreadable`, so that a live inventory and a saved one answer alike and JSON stays JSON.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite
from typing import Final

ABSENT: Final = type("Absent", (), {"__repr__": lambda self: "ABSENT", "__bool__": lambda self: False})()
"""Stands in an attribute column where a parameter has no such attribute."""

MARK: Final = "paramrules_unreadable"
"""The only key of the object that stands for an unreadable value in a saved inventory."""

LARGEST_INTEGER = 2**63
_DEEPEST = 20
_NOT_FINITE = ("nan", "inf", "-inf")


@dataclass(frozen=True, slots=True, repr=False)
class Unreadable:
    """The value of an attribute that is set, and that a rule cannot read.

    Attributes:
        what: `nan`, `inf`, `-inf`, or the kind of object, such as `a torch.Tensor`.
    """

    what: str

    def __repr__(self) -> str:
        return self.what

    @property
    def is_number(self) -> bool:
        """True if it is a number that is not finite, of which a rule cannot even ask whether it is set."""
        return self.what in _NOT_FINITE


def readable(value: object, depth: int = 0) -> object:
    """Return the value as rules see it, with `Unreadable` in place of what they cannot read.

    Instances of subclasses, such as `numpy.float64`, become plain, and lists become tuples. A tuple that
    holds an unreadable value is itself unreadable. The mark of a saved inventory becomes the value that it
    stands for.

    >>> readable({"lr": float("nan"), "betas": [0.9, 0.95]})
    {'lr': nan, 'betas': (0.9, 0.95)}
    """
    if value is None or value is ABSENT or isinstance(value, bool | Unreadable):
        return value
    if isinstance(value, int):
        return int(value) if abs(value) <= LARGEST_INTEGER else Unreadable("an integer of more than 64 bits")
    if isinstance(value, float):
        return float(value) if isfinite(value) else Unreadable(str(float(value)))
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, Mapping | list | tuple):
        if depth == _DEEPEST:
            return Unreadable("nested too deeply")
        if isinstance(value, Mapping):
            if value.keys() == {MARK}:
                return Unreadable(str(value[MARK]))
            if all(isinstance(key, str) for key in value):
                return {str.__str__(key): readable(inner, depth + 1) for key, inner in value.items()}
            return _object(value)
        items = tuple(readable(item, depth + 1) for item in value)
        return next((item for item in items if isinstance(item, Unreadable)), items)
    return _object(value)


def _object(value: object) -> Unreadable:
    cls = type(value)
    return Unreadable(f"a {cls.__module__}.{cls.__qualname__}")


def without_unreadable(attributes: Mapping[str, object]) -> dict[str, object]:
    """Return the attributes that can be read."""
    return {
        name: without_unreadable(value) if isinstance(value, Mapping) else value
        for name, value in attributes.items()
        if not isinstance(value, Unreadable)
    }


def marked(value: object) -> object:
    """Return a readable value for JSON, with a mark that `readable` reads for what is unreadable."""
    if isinstance(value, Unreadable):
        return {MARK: value.what}
    if isinstance(value, Mapping):
        return {key: marked(inner) for key, inner in value.items()}
    return [marked(item) for item in value] if isinstance(value, tuple) else value
