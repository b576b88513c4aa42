"""Drafts: tests before the kinds for which they hold are known."""

from collections.abc import Callable, Container, Sequence
from typing import Any, NamedTuple

Holds = Callable[[int], bool]
"""A test of an entry."""


class Draft(NamedTuple):
    """A test, its cost and its wording.

    Attributes:
        text: as a rule writes it.
        negation: its negation.
        cost: see `costs`.
        words: what it is about, for comments and labels.
        holds: the test itself.
        join: what tests that can be written as one share, "" if it is written alone.
        item: its part in that one.
    """

    text: str
    negation: str
    cost: float
    words: str
    holds: Holds
    join: str = ""
    item: str = ""


def equals(column: Sequence[Any], value: object) -> Holds:
    """Return a test for the value of a column."""
    return lambda entry: bool(column[entry] == value)


def at_most(column: Sequence[int], bound: int) -> Holds:
    """Return a test for a bound of a column."""
    return lambda entry: column[entry] <= bound


def among(column: Sequence[Any], values: Container[Any]) -> Holds:
    """Return a test for several values of a column."""
    return lambda entry: column[entry] in values
