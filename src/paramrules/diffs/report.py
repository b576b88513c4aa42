"""A diff as tables and lines for reading."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from paramrules.comparison.settings import SETTINGS as SETTINGS_ALONE
from paramrules.diffs.changes import (
    CAME,
    FROZEN,
    MOVED,
    SETTINGS,
    SHAPE,
    STACKED,
    TIED,
    WENT,
    Change,
    Diff,
)
from paramrules.display import Block, Table, counted, large, short_value, value_text
from paramrules.folded_names import fold
from paramrules.locks.words import NUMBER
from paramrules.rules.keys import SCALES

_HEADS: Final = {
    MOVED: ("moved from", "to"),
    SETTINGS: ("settings changed in",),
    CAME: ("came to",),
    WENT: ("went from",),
    SHAPE: ("shape changed in", "from", "to"),
    FROZEN: ("mark changed in", "from", "to"),
    TIED: ("tie changed in", "from", "to"),
    STACKED: ("stack changed in", "from", "to"),
}
_WORDS: Final = {
    MOVED: "moved",
    SETTINGS: "with other settings",
    CAME: "came",
    WENT: "went",
    SHAPE: "with another shape",
    FROZEN: "frozen or thawed",
    TIED: "tied otherwise",
    STACKED: "stacked otherwise",
}
_FEW: Final = 4
"""The most folded names in a row."""


def blocks(diff: Diff, with_names: bool) -> list[Block]:
    """Return tables and lines about every difference, empty if there is none."""
    found: list[Block] = []
    for table in tables(diff, with_names):
        found += ["", table] if found else [table]
    lines = list(notes(diff))
    return [*found, *([""] if found and lines else []), *lines]


def tables(diff: Diff, with_names: bool = False) -> Iterator[Table]:
    """Yield a table for each kind of change."""
    for kind, heads in _HEADS.items():
        if changes := diff.of(kind):
            yield _table(kind, heads, changes, with_names)


def _table(kind: str, heads: tuple[str, ...], changes: Sequence[Change], with_names: bool) -> Table:
    shows_settings = kind in (MOVED, SETTINGS)
    rows = []
    for alike in [[change] for change in changes] if with_names else _alike(changes):
        settings = (settings_text([change.settings for change in alike]),) if shows_settings else ()
        groups = [some(each) for each in zip(*map(_groups, alike), strict=True)]
        groups = groups if kind == MOVED else [" -> ".join(dict.fromkeys(groups))]
        before = (*groups, *(alike[0].detail or ()), *settings)
        names = [name for change in alike for name in change.names]
        if with_names:
            rows += [(*before, name) for name in names]
        else:
            size = sum(change.parameters for change in alike)
            rows.append((*before, str(len(names)), large(size), some(names)))
    heads = (*heads, "settings") if shows_settings else heads
    if with_names:
        return Table((*heads, "parameter"), rows)
    return Table((*heads, "tensors", "parameters", "names"), rows, right=("tensors", "parameters"))


def _alike(changes: Iterable[Change]) -> Iterable[list[Change]]:
    """Return the changes with those together whose groups differ in the numbers of layers alone."""
    found: dict[object, list[Change]] = {}
    for change in changes:
        labels = tuple(NUMBER.sub("#", label) for label in _groups(change))
        found.setdefault((labels, tuple(change.settings), change.detail), []).append(change)
    return found.values()


def _groups(change: Change) -> tuple[str, ...]:
    """Return the labels of the groups that are shown: both where it matters, else one."""
    labels = [label for label in (change.old, change.new) if label is not None]
    return tuple(labels if change.kind in (MOVED, SETTINGS) else labels[:1])


def settings_text(several: Sequence[Mapping[str, tuple[Any, Any]]]) -> str:
    """Return settings that differ: `lr_scale 0.5 -> 0.25, eps - -> 1e-06`; `the same` for none.

    Of several groups with the same keys, the first and the last value where they have different ones.
    """
    found = []
    for key in several[0]:
        sides = zip(*(_both(key, *settings[key]) for settings in several), strict=True)
        found.append(f"{key} {' -> '.join(map(_range, sides))}")
    return ", ".join(found) or "the same"


def _range(values: Sequence[str]) -> str:
    return values[0] if len(set(values)) == 1 else f"{values[0]}..{values[-1]}"


def _both(key: str, old: object, new: object) -> tuple[str, str]:
    """Return both values as texts, with more digits if six do not tell them apart; a scale is 1 by itself."""
    if key in SCALES and None in (old, new) and 1 not in (old, new):
        old, new = (1 if value is None else value for value in (old, new))
    one, other = ("-" if value is None else short_value(value) for value in (old, new))
    return (value_text(old), value_text(new)) if one == other else (one, other)


def some(names: Iterable[str]) -> str:
    """Return the first of some names, the numbers in them folded, and how many more there are."""
    folded = fold(names)
    shown = ", ".join(each.name for each in folded[:_FEW])
    rest = sum(len(each.names) for each in folded[_FEW:])
    return shown + (f", and {rest} more" if rest else "")


def notes(diff: Diff) -> Iterator[str]:
    """Yield lines about groups, their order, options, versions of packages, and the vocabulary."""
    for which, labels in (("new", diff.groups_came), ("gone", diff.groups_went)):
        if labels:
            yield f"{which}: {counted(len(labels), 'group')} ({some(labels)})"
    if diff.reordered:
        yield f"the {diff.reordered} are in another order, which a state saved by position does not survive"
    for name, values in diff.options.items():
        yield f"option {name}: {' -> '.join(_both(name, *values))}"
    if diff.versions and not diff.same:
        yield f"versions: {', '.join(f'{name} {old} -> {new}' for name, (old, new) in diff.versions.items())}"
    yield from diff.reasons


def summary(diff: Diff) -> str:
    """Return one line about a diff."""
    if diff.same:
        return "the same settings" if diff.compare == SETTINGS_ALONE else "the same groups"
    found: list[str] = []
    for kind, word in _WORDS.items():
        if tensors := sum(change.tensors for change in diff.of(kind)):
            found.append(f"{tensors if found else counted(tensors, 'tensor')} {word}")
    return ", ".join(found) or "the same groups in another order"
