"""Values that a state holds for many parameters at once: counts, estimates, the position of a schedule."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import jax.numpy as jnp

from paramrules.backends import Diagnostic, counted_differently, some_names
from paramrules_optax.resume.parameter_paths import Path
from paramrules_optax.resume.state_kinds import is_number, shared_misfit
from paramrules_optax.resume.state_tree import StateTree

_COUNT = "count"


class Move(NamedTuple):
    """A move of a parameter's values from one record to another.

    Attributes:
        name: the parameter.
        new: the number of the record that it goes into.
        old: the number of the one that it comes from.
    """

    name: str
    new: int
    old: int


class SharedValues(NamedTuple):
    """The values that are kept, by the numbers of the new arrays, with errors and warnings about them."""

    values: dict[int, Any]
    findings: list[Diagnostic]
    warnings: list[Diagnostic]


def shared_values(before: StateTree, now: StateTree, moves: Sequence[Move]) -> SharedValues:
    """Return the values that records hold for all of their parameters.

    Those beside moments follow the parameters whose moments are kept. A record without parameters, such as a
    schedule's, follows the parameters of its part; if none of them is kept, a step count goes on all the
    same, since a schedule is about the run.

    Args:
        before: the old state.
        now: the new state, as an optimizer starts.
        moves: what is kept for parameters.

    The findings are E628 for records that are merged and do not agree, and E680 for values of another shape
    or kind; the warnings W665 for parameters that
    start at a count of others.
    """
    found = SharedValues({}, [], [])
    sources = _Sources(before, now, moves)
    for new in range(len(now.records)):
        own = sources.of(new)
        for field, numbers in now.shared[new].items():
            olds = [(name, before.shared[old].get(field, ())) for old, name in own.items()]
            for at, number in enumerate(numbers):
                leaf = now.leaves[number]
                values = [(name, before.leaves[old[at]].value) for name, old in olds if at < len(old)]
                if leaf.is_setting or not values:
                    continue
                found.values[number] = values[0][1]
                called = now.called(number)
                wrong = (shared_misfit(called, value, leaf.value) for _, value in values)
                if finding := next(filter(None, wrong), None):
                    found.findings.append(finding)
                elif other := next((one for one in values if not _equal(one[1], values[0][1])), None):
                    found.findings.append(_counted(field, values[0], other))
                elif (
                    field == _COUNT
                    and (late := sources.starting(new))
                    and not _equal(values[0][1], leaf.value)
                ):
                    found.warnings.append(_uncorrected(late, values[0]))
    return found


class _Sources:
    """Where the records of a new state come from."""

    def __init__(self, before: StateTree, now: StateTree, moves: Sequence[Move]) -> None:
        self._before, self._now = before, now
        self._moved: dict[int, dict[str, int]] = {}
        self._parts: dict[Path | None, dict[Path | None, str]] = {}
        for name, new, old in moves:
            self._moved.setdefault(new, {})[name] = old
            if not now.records[new].wraps:
                part = self._parts.setdefault(now.records[new].part, {})
                part.setdefault(before.records[old].part, name)
        self._members: dict[int, list[str]] = {}
        for name, records in now.of.items():
            for new in records:
                self._members.setdefault(new, []).append(name)
        held = {old for records in before.of.values() for old in records}
        self._alone = [old for old in range(len(before.records)) if old not in held]

    def of(self, new: int) -> dict[int, str]:
        """Return the old records that a new one continues, each with a parameter that shows it."""
        if new in self._members:
            return {old: name for name, old in reversed(self._moved.get(new, {}).items())}
        record = self._now.records[new]
        alike = [old for old in self._alone if record.kind.is_like(self._before.records[old].kind)]
        parts = self._parts.get(record.part, {})
        place = sum(
            other.part == record.part and other.kind == record.kind and number not in self._members
            for number, other in enumerate(self._now.records[:new])
        )
        found = {}
        for part, name in (parts or {None: ""}).items():
            there = [old for old in alike if self._before.records[old].part == part]
            if there:
                found[there[min(place, len(there) - 1)]] = name
        if found or record.kind.fields != {_COUNT}:
            return found
        return dict.fromkeys([max(alike, key=self._count)], "") if alike else {}

    def starting(self, new: int) -> list[str]:
        """Return the parameters of a record that start without state in it."""
        return [name for name in self._members.get(new, ()) if name not in self._moved.get(new, {})]

    def _count(self, old: int) -> int:
        value = self._before.leaves[self._before.shared[old][_COUNT][0]].value
        return int(value) if is_number(value) else 0


def _equal(one: Any, other: Any) -> bool:
    return bool(jnp.array_equal(one, other))


def _counted(field: str, one: tuple[str, Any], other: tuple[str, Any]) -> Diagnostic:
    pair = ((name, jnp.asarray(value).tolist()) for name, value in (one, other))
    return counted_differently(field, *pair, apart="with different optimizers")


def _uncorrected(names: Sequence[str], other: tuple[str, Any]) -> Diagnostic:
    name, count = other
    return Diagnostic(
        "W665",
        f"{some_names(names)} {'starts' if len(names) == 1 else 'start'} without state beside `{name}`, and "
        f"the `count` that they share is {int(count)}: moments are not corrected for their start",
        help='give what starts an optimizer of its own, such as `optimizer = "new"` with '
        '`"new": optax.adamw`, and it counts from 0',
    )
