"""Effective settings: what a parameter is trained with, however its settings spell it."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import isclose
from typing import Any, Final, TypeGuard

from paramrules.assignment import examine
from paramrules.diagnostics import Diagnostic, RulesError
from paramrules.inference import costs
from paramrules.inference.grouping import Grouping, SettingValue
from paramrules.inference.quoting import is_key, shown_setting, written
from paramrules.inference.space import Space
from paramrules.rules import Rules, parse
from paramrules.rules.keys import IDLE, SCALES
from paramrules.syntax.language import INTEGER

UNSET: Final = type("Unset", (), {"__repr__": lambda self: "UNSET"})()
"""Stands where a parameter's settings lack a key."""

FREE: Final = type("Free", (), {"__repr__": lambda self: "FREE"})()
"""Stands where any value will do."""

MOST_CONSTANTS: Final = 64
"""The most different values of a setting that are written one by one."""

Column = list[Any]
"""A value, UNSET or FREE for each entry."""


def close(one: Any, two: Any) -> bool:
    """Return whether two values are the same up to the rounding of a formula (nine digits)."""
    if isinstance(one, tuple) and isinstance(two, tuple):
        return len(one) == len(two) and all(map(close, one, two))
    if is_number(one) and is_number(two):
        return one == two or isclose(one, two, rel_tol=1e-9)
    return type(one) is type(two) and bool(one == two)


def is_number(value: object) -> TypeGuard[int | float]:
    """Return whether a value is a number; a boolean is not."""
    return isinstance(value, int | float) and not isinstance(value, bool)


@lru_cache(maxsize=100_000)
def digits(number: float) -> int:
    """Return how many digits a number needs: 1 for 0.1 and 1000, 2 for 16."""
    mantissa = repr(float(number)).partition("e")[0]
    return len(mantissa.replace(".", "").replace("-", "").strip("0")) or 1


def plain(settings: Mapping[str, SettingValue]) -> Mapping[str, SettingValue]:
    """Return settings without what has no effect: others beside `freeze` and `skip`, and these if false."""
    for key in IDLE:
        if settings.get(key) is True:
            return {key: True}
    return {key: value for key, value in settings.items() if key not in IDLE}


def effective(
    settings: Mapping[str, SettingValue], base: Mapping[str, SettingValue]
) -> Mapping[str, SettingValue]:
    """Return settings with those of the optimizer, scales multiplied in.

    >>> effective({"lr_scale": 0.5, "weight_decay": 0}, {"lr": 1e-3, "weight_decay": 0.05})
    {'lr': 0.0005, 'weight_decay': 0}
    """
    own = plain(settings)
    if not own.keys().isdisjoint(IDLE):
        return own
    found = {**base, **own}
    for scale, key in SCALES.items():
        factor, value = found.pop(scale, 1), found.get(key)
        if is_number(factor) and is_number(value):
            found[key] = value * factor
        elif factor == 0 and key == "weight_decay":
            found[key] = 0
        elif factor != 1:
            found[scale] = factor
    return found


def same(one: Mapping[str, SettingValue], two: Mapping[str, SettingValue]) -> bool:
    """Return whether two effective settings are the same."""
    return one.keys() == two.keys() and all(close(one[key], two[key]) for key in one)


def differences(
    rules: Rules, grouping: Grouping, base: Mapping[str, SettingValue] | None = None
) -> tuple[str, ...]:
    """Return the names of the parameters to which the rules give other settings than the grouping.

    Settings are compared as the optimizer sees them: with `base`, which it has from its caller, and with
    scales multiplied in. Numbers are the same if they agree to nine digits.

    Raises:
        RulesError: the rules cannot be assigned to the model.
    """
    base = base or {}
    assignment = examine(rules, grouping.inventory)
    names = grouping.inventory.names
    of_group = [effective(group.settings, base) for group in assignment.groups]
    different = []
    for number, group in enumerate(assignment.group_numbers):
        wanted = grouping.settings[number]
        if wanted is not None and not same(of_group[group], effective(wanted, base)):
            different.append(names[number])
    return tuple(different)


@dataclass(frozen=True, slots=True)
class Columns:
    """The settings of all entries by key, and those that all share.

    Attributes:
        by_key: the keys whose values differ, each with its column.
        base: the settings that the optimizer has from its caller.
        cost: what this way to write them costs.
    """

    by_key: Mapping[str, Column]
    base: Mapping[str, SettingValue]
    cost: float = 0.0


def columns_of(space: Space) -> Iterator[Columns]:
    """Yield the ways in which the groupings' settings can be written in columns.

    The commonest learning rate, or the largest, is the optimizer's; others are written as they are, or as
    scales of it, or of the one that makes the ratios round. Where groups go to several optimizers, each has
    its own.
    """
    rows: list[Mapping[str, SettingValue] | None] = space.by_parameter(
        [None if row is None else plain(row) for row in grouping.settings] for grouping in space.groupings
    )
    keys = list(dict.fromkeys(key for row in rows for key in row or ()))
    columns: dict[str, Column] = {}
    base: dict[str, SettingValue] = {}
    for key in keys:
        column = [_cell(row, key) for row in rows]
        values = distinct(column)
        if key in IDLE or len(values) > 1:
            columns[key] = column
        elif key not in SCALES:
            base[key] = values[0]
        elif values[0] != 1:
            columns[key] = column
    rates = distinct(columns.get("lr", ()))
    if not rates or not all(is_number(rate) and rate > 0 for rate in rates) or _chooses(columns):
        yield Columns(columns, base)
        return
    usual = rates[0]
    for own in dict.fromkeys((usual, max(rates))):
        column = [UNSET if rate is not FREE and close(rate, own) else rate for rate in columns["lr"]]
        cost = costs.ABSOLUTE + costs.UNUSUAL * (own != usual)
        yield Columns({**columns, "lr": column}, {**base, "lr": own}, cost)
    common = rates[:MOST_CONSTANTS]
    round_one = min(common, key=lambda one: sum(digits(_ratio(rate, one)) for rate in common))
    for reference in dict.fromkeys((usual, max(rates), round_one)):
        yield _scaled(columns, base, reference, costs.UNUSUAL if reference != usual else 0.0)


def _chooses(columns: Mapping[str, Column]) -> bool:
    """Return whether a setting that names an optimizer, or acts like one, goes with the learning rate."""
    for key, column in columns.items():
        values = distinct(column)
        if key not in IDLE and all(isinstance(value, str | bool) or value is UNSET for value in values):
            pairs = {(repr(rate), repr(value)) for rate, value in zip(columns["lr"], column, strict=True)}
            if key == "optimizer" or len({rate for rate, _ in pairs}) == len(pairs):
                return True
    return False


def _cell(row: Mapping[str, SettingValue] | None, key: str) -> Any:
    if row is None or (key not in IDLE and not row.keys().isdisjoint(IDLE)):
        return FREE
    return row.get(key, 1 if key in SCALES else UNSET)


def distinct(column: Sequence[Any]) -> list[Any]:
    """Return the distinct values of a column, the commonest first, those that are free left out."""
    counts = Counter((type(value), value) for value in column if value is not FREE)
    meant: dict[tuple[type, Any], tuple[type, Any]] = {}  # the first of the values that are close
    order = {key: at for at, key in enumerate(counts)}
    last: list[tuple[type, Any]] = []
    for key in sorted((key for key in counts if is_number(key[1])), key=lambda key: (key[1], order[key])):
        last = [*last, key] if last and close(last[-1][1], key[1]) else [key]
        meant |= dict.fromkeys(last, min(last, key=order.__getitem__))
    for key in counts:
        if key not in meant:
            near = (other for other in meant if isinstance(other[1], tuple) and close(other[1], key[1]))
            meant[key] = next(near, key)
    totals: Counter[tuple[type, Any]] = Counter()
    for key, count in counts.items():
        totals[meant[key]] += count
    return [key[1] for key in sorted(totals, key=lambda key: (-totals[key], order[key]))]


def _scaled(
    columns: Mapping[str, Column], base: Mapping[str, SettingValue], reference: float, cost: float
) -> Columns:
    """Return the columns with the learning rates as scales of one of them."""
    scales = columns.get("lr_scale", [1] * len(columns["lr"]))
    scaled: dict[str, Column] = {}
    for key, column in columns.items():
        if key == "lr":
            scaled["lr_scale"] = [
                FREE if FREE in (rate, scale) else _ratio(rate, reference) * scale
                for rate, scale in zip(column, scales, strict=True)
            ]
        elif key != "lr_scale":
            scaled[key] = column
    return Columns(scaled, {**base, "lr": reference}, cost)


def _ratio(value: float, reference: float) -> float:
    """Return a ratio without the noise of its last digits."""
    exact = value / reference
    rounded = float(f"{exact:.11e}")
    return rounded if digits(rounded) < 8 else exact


def refuse_unwritable(groupings: Sequence[Grouping]) -> None:
    """Refuse settings that a rule file cannot hold.

    Raises:
        RulesError: E963.
    """
    known: dict[tuple[str, object], str | None] = {}
    for grouping in groupings:
        for number, settings in enumerate(grouping.settings):
            for key, value in (settings or {}).items():
                kind = (
                    shown_setting(value)
                    if isinstance(value, str | tuple) or not _is_writable(value)
                    else type(value)
                )
                if (key, kind) not in known:
                    known[key, kind] = _refusal(key, value)
                if (reason := known[key, kind]) is not None:
                    raise RulesError(
                        Diagnostic(
                            "E963",
                            f"`{key}` of `{grouping.inventory.names[number]}` in `{grouping.model}` is "
                            f"{shown_setting(value)}, which a rule cannot set{reason and f': {reason}'}",
                            help="values are finite numbers, strings on one line, booleans, none and tuples",
                        )
                    )


def _refusal(key: str, value: SettingValue) -> str | None:
    """Return why a rule cannot have a setting, "" if the value says so itself; None if it can."""
    if not is_key(key) or not _is_writable(value):
        return ""
    try:
        parse(f"all: else -> {key} = {written(value)}")
    except RulesError as error:
        return error.diagnostics[0].message
    return None


def _is_writable(value: object) -> bool:
    if isinstance(value, tuple):
        return bool(value) and all(_is_writable(part) and not isinstance(part, tuple) for part in value)
    if isinstance(value, str):
        return value.isprintable() and not ('"' in value and "'" in value)
    return value is None or (isinstance(value, int | float) and abs(value) < INTEGER)
