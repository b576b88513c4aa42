"""Differences of labels, and of the settings that labels give, as diagnostics (E801)."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import compress
from typing import Any, NamedTuple

from paramrules.assignment import Assignment, Clause
from paramrules.assignment.label_settings import settings_key
from paramrules.assignment.value_evaluator import captures_of
from paramrules.comparison.differences import Difference, Reason
from paramrules.diagnostics import Diagnostic, Place, Span
from paramrules.display import rule_settings, value_text
from paramrules.rules.model import Axis, Rule, Setting
from paramrules.rules.terms import Value


def differences_found(
    differences: Iterable[Difference], assignments: tuple[Assignment, Assignment]
) -> Iterator[Diagnostic]:
    """Yield E801 for each clause at which pairs differ, with the first of these pairs."""
    alike: dict[object, list[Difference]] = defaultdict(list)
    deciding: dict[object, object] = {}
    for difference in differences:
        kind = difference.kind
        if kind not in deciding:
            deciding[kind] = tuple((_span(reason), reason.held) for reason in difference.reasons)
        alike[difference.axis, deciding[kind]].append(difference)
    for some in alike.values():
        yield _parted(some, assignments)


def _parted(differences: Sequence[Difference], assignments: Iterable[Assignment]) -> Diagnostic:
    first = differences[0]
    more = f" (and {len(differences) - 1} more)" if len(differences) > 1 else ""
    if first.labels[0] != first.labels[1]:
        what = [f"in `{label}`" for label in first.labels]
    else:
        what = [f"in `{first.labels[0]}` with {rule_settings(settings)}" for settings in first.settings]
    places = places_apart(first, assignments)
    return Diagnostic(
        "E801",
        f"`{first.a}` is {what[0]}, its partner `{first.b}` {what[1]}{more}",
        places[0].span,
        places[0].label,
        also=(places[1],),
    )


def places_apart(difference: Difference, assignments: Iterable[Assignment]) -> list[Place]:
    """Return where the rules write what differs, with what they find there in each model."""
    sides = _sides(difference, assignments)
    return _both_took(*sides) if is_of_one_rule(difference) else _one_took(*sides)


def notes_apart(difference: Difference, assignments: Iterable[Assignment]) -> list[str]:
    """Return for each model what the label or the setting of one rule reads there that differs."""
    one, other = _sides(difference, assignments)
    return _notes(one, other, _written(one, other)[1])


def values_apart(difference: Difference, assignments: Iterable[Assignment]) -> Sequence[Value]:
    """Return the values in the label or the setting that differs."""
    return _written(*_sides(difference, assignments))[1]


def is_of_one_rule(difference: Difference) -> bool:
    """Return True if one rule takes both parameters, and its label or its settings differ."""
    return all(reason.held for reason in difference.reasons)


def _span(reason: Reason) -> Span:
    return reason.clause.predicate.span if reason.clause else _rule(reason).span


def _rule(reason: Reason) -> Rule:
    assert reason.rule is not None  # if no rule took either, there is no difference
    return reason.rule


class _Side(NamedTuple):
    """One side of a difference; `where` says which, `number` is the parameter's."""

    assignment: Assignment
    number: int
    where: str
    axis: str
    label: str
    settings: Mapping[str, Any]
    reason: Reason

    @property
    def rule(self) -> Rule:
        """The rule that decides."""
        return _rule(self.reason)

    @property
    def clause(self) -> Clause:
        """The clause that decides, where a rule holds on one side alone, and so is not `else`."""
        assert self.reason.clause is not None
        return self.reason.clause

    def giving(self, key: str) -> Setting | None:
        """Return the setting that gives the label a value; None if it read another parameter for that."""
        (axis,) = (axis for axis in self.assignment.rules.axes if axis.name == self.axis)
        rule = self.rule if self.rule.settings is not None else self._first(axis)
        setting = next((setting for setting in rule.settings or () if setting.key == key), None)
        own = rule is self.rule or setting is None or captures_of(setting.value) <= {*self.rule.captures}
        return setting if own else None

    def _first(self, axis: Axis) -> Rule:
        """Return the first rule that took a parameter with this label, or one with the label above it."""
        (found,) = (each for each in self.assignment.axes if each.name == self.axis)
        first = min(compress(found.rules, map(found.labels.index(self.label).__eq__, found.of)))
        above = (rule for rule in axis.rules[:first] if rule.label.literal == self.label)
        return axis.rules[first] if axis.rules[first].settings is not None else next(above, axis.rules[first])


def _sides(difference: Difference, assignments: Iterable[Assignment]) -> list[_Side]:
    a, b = difference.a, difference.b
    where = ("in the first model", "in the second") if a == b else (f"for `{a}`", f"for `{b}`")
    names_and_reasons = zip(assignments, (a, b), where, difference.reasons, strict=True)
    given = zip(difference.labels, difference.settings, strict=True)
    return [
        _Side(assignment, assignment.inventory.index(name), here, difference.axis, *labelled, reason)
        for (assignment, name, here, reason), labelled in zip(names_and_reasons, given, strict=True)
    ]


def _one_took(one: _Side, other: _Side) -> list[Place]:
    """Return the clauses that hold and fail, with what the one that fails looked at on both sides."""
    holding, failing = (one, other) if one.reason.held else (other, one)
    whole = holding.clause.predicate
    part = failing.assignment.clause(replace(failing.rule, predicate=whole), failing.number)
    assert part  # a predicate has a clause that fails
    seen = holding.assignment.note_within(whole, part.predicate, holding.number)
    notes = (failing.clause.note, "" if part.note in failing.clause.note else part.note)
    missed = "; ".join(filter(None, notes))
    places = [
        Place(_span(side.reason), f"{verb} {side.where}{f': {note}' if note else ''}")
        for side, verb, note in ((holding, "holds", seen), (failing, "fails", missed))
    ]
    return places if one is holding else places[::-1]


def _both_took(one: _Side, other: _Side) -> list[Place]:
    """Return the label or the setting that differs, with what it read on either side that does."""
    span, values = _written(one, other)
    notes = zip((one, other), _notes(one, other, values), strict=True)
    return [Place(span, f"{side.where}, {note}") for side, note in notes]


def _written(one: _Side, other: _Side) -> tuple[Span, Sequence[Value]]:
    """Return where the label or the setting that differs is written, and its values."""
    if one.label != other.label:
        label = one.rule.label
        return label.span, [part for part in label.parts if not isinstance(part, str)]
    keys = dict.fromkeys((*one.settings, *other.settings))
    key = next(key for key in keys if _value(key, one.settings) != _value(key, other.settings))
    given, beside = one.giving(key), other.giving(key)
    setting = given or beside
    if not setting:
        return _span(one.reason), []
    return setting.span, [setting.value] if given is beside else []


def _value(key: str, settings: Mapping[str, Any]) -> object:
    """Return what is equal for equal values of a setting: 1 is not true, and none is a value."""
    return settings_key({key: settings[key]}) if key in settings else None


def _notes(one: _Side, other: _Side, values: Sequence[Value]) -> list[str]:
    """Return what values read on either side that differs, or the settings where they read the same."""
    read = [side.assignment.values_read(values, side.rule, side.number) for side in (one, other)]
    apart = [text for text in read[0] if read[0][text] != read[1][text]]
    # a label may take its settings from one rule here, and from another there
    return [
        ", ".join(f"{text} is {value_text(facts[text])}" for text in apart) or rule_settings(side.settings)
        for side, facts in zip((one, other), read, strict=True)
    ]
