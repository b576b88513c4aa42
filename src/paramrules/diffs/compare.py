"""Compare two assignments to a model, parameter by parameter, as locks hold them."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from paramrules.comparison.settings import BOTH, LABELS, check_compared, effective, settings_apart
from paramrules.comparison.settings import SETTINGS as SETTINGS_ALONE
from paramrules.diffs.changes import (
    CAME,
    FROZEN,
    KINDS,
    MOVED,
    SETTINGS,
    SHAPE,
    STACKED,
    TIED,
    WENT,
    Change,
    Diff,
)
from paramrules.locks import LockedModel


def compared(old: LockedModel, new: LockedModel, compare: str = BOTH) -> Diff:
    """Return what differs between two assignments to a model.

    Args:
        old: the one assignment.
        new: the other one. A parameter is compared with the one of its name, or of one of its names.
        compare: `labels` for the labels of each axis and their settings, `settings` for what the optimizer
            gets whatever the labels, or `both`.

    Raises:
        RulesError: E808 if `compare` is something else.
    """
    check_compared(compare)
    labels = [["/".join(group.labels) for group in side.groups] for side in (old, new)]
    before, now = (list(dict.fromkeys(own)) for own in labels)
    by_labels = compare != SETTINGS_ALONE
    changes = _Comparison(old, new, compare).changes()
    return Diff(
        old,
        new,
        compare,
        tuple(sorted(changes, key=lambda change: KINDS.index(change.kind))),
        tuple(label for label in now if label not in before) if by_labels else (),
        tuple(label for label in before if label not in now) if by_labels else (),
        _reordered(old, new) if by_labels else "",
        settings_apart(old.options, new.options),
    )


_Settings = Mapping[str, tuple[Any, Any]]
_Detail = tuple[str, str] | None


class _Gathered(NamedTuple):
    """The parameters to which the same has happened, and the settings of their groups that differ."""

    names: list[str]
    sizes: list[int]
    settings: _Settings


class _Comparison:
    """Gathers the changes of all parameters."""

    def __init__(self, old: LockedModel, new: LockedModel, compare: str) -> None:
        self._old, self._new, self._compare = old, new, compare
        self._found: dict[tuple[str, str | None, str | None, _Detail, str], _Gathered] = {}
        self._pairs: dict[tuple[int, int, bool, bool], tuple[str, _Settings]] = {}

    def changes(self) -> Iterator[Change]:
        """Yield the changes in the model's order."""
        old, new = self._old, self._new
        places = _places(new)
        met: set[int] = set()
        for number, name in enumerate(old.names):
            names = (name, *old.ties.get(number, ()))
            other = next((places[each] for each in names if each in places), None)
            if other is None:
                self._add(WENT, number, None)
            else:
                met.add(other)
                self._compare_parameter(number, other)
        for number in range(len(new)):
            if number not in met:
                self._add(CAME, None, number)
        for (kind, before, now, detail, _), (names_, sizes, settings) in self._found.items():
            yield Change(kind, before, now, tuple(names_), sum(sizes), settings, detail)

    def _compare_parameter(self, number: int, other: int) -> None:
        old, new = self._old, self._new
        was_frozen, is_frozen = number in old.frozen, other in new.frozen
        pair = old.group_numbers[number], new.group_numbers[other], was_frozen, is_frozen
        if pair not in self._pairs:
            self._pairs[pair] = self._groups_apart(*pair)
        kind, settings = self._pairs[pair]
        if kind:
            self._add(kind, number, other, settings=settings)
        if old.shapes[number] != new.shapes[other]:
            self._add(SHAPE, number, other, (str(old.shapes[number]), str(new.shapes[other])))
        if was_frozen != is_frozen:
            marks = ("trainable", "frozen")
            self._add(FROZEN, number, other, (marks[was_frozen], marks[is_frozen]))
        if number in old.ties or other in new.ties:
            before, now = _all_names(old, number), _all_names(new, other)
            if before != now:
                self._add(TIED, number, other, (", ".join(before), ", ".join(now)))
        if old.stacks.get(number) != new.stacks.get(other):
            self._add(STACKED, number, other, (_stack(old, number), _stack(new, other)))

    def _groups_apart(
        self, number: int, other: int, was_frozen: bool, is_frozen: bool
    ) -> tuple[str, _Settings]:
        """Return the kind of change between two groups, "" for none, and the settings that differ."""
        old, new = self._old.groups[number], self._new.groups[other]
        apart = {}
        if self._compare != SETTINGS_ALONE:
            apart = settings_apart(old.settings, new.settings)
        if self._compare != LABELS and was_frozen == is_frozen:  # else that is a change of its own
            trained = [effective(each.settings, trainable=not is_frozen) for each in (old, new)]
            apart = settings_apart(*trained) | apart
        if old.labels != new.labels and self._compare != SETTINGS_ALONE:
            return MOVED, apart
        return SETTINGS if apart else "", apart

    def _add(
        self,
        kind: str,
        number: int | None,
        other: int | None,
        detail: _Detail = None,
        settings: _Settings | None = None,
    ) -> None:
        old, new = self._old, self._new
        before = None if number is None else old.groups[old.group_numbers[number]].label
        now = None if other is None else new.groups[new.group_numbers[other]].label
        key = (kind, before, now, detail, repr(settings))
        found = self._found.setdefault(key, _Gathered([], [], settings or {}))
        side, at = (new, other) if other is not None else (old, number)
        assert at is not None
        found.names.append(side.names[at])
        found.sizes.append(side.sizes[at])


def _places(model: LockedModel) -> dict[str, int]:
    """Return the number of each parameter by all of its names."""
    places = {name: number for number, name in enumerate(model.names)}
    return {name: number for number, names in model.ties.items() for name in names} | places


def _all_names(model: LockedModel, number: int) -> tuple[str, ...]:
    return tuple(sorted((model.names[number], *model.ties.get(number, ()))))


def _stack(model: LockedModel, number: int) -> str:
    layer = model.stacks.get(number)
    return f"{layer} of {layer.array}" if layer else "an array of its own"


def _reordered(old: LockedModel, new: LockedModel) -> str:
    """Return what stands in another order, of that which is on both sides."""
    for what, before, now in (
        ("groups", [group.label for group in old.groups], [group.label for group in new.groups]),
        ("parameters", old.names, new.names),
    ):
        if before != now:
            left, right = set(before), set(now)
            if [each for each in before if each in right] != [each for each in now if each in left]:
                return what
    return ""
