"""The settings of each label of one axis.

Settings belong to the label: several rules may give one label, and its first rule supplies the settings of
those without any.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, NamedTuple

from paramrules.assignment.entry_facts import OrderKey, order_key
from paramrules.assignment.partition import Taken
from paramrules.assignment.value_evaluator import Captures, Values, captures_of
from paramrules.diagnostics import Diagnostic, Place, RulesError
from paramrules.display import rule_settings
from paramrules.inventories import ABSENT
from paramrules.rules.builtin_names import a
from paramrules.rules.keys import KEYS
from paramrules.rules.model import Axis, Rule, Setting
from paramrules.rules.terms import Attribute
from paramrules.rules.value_expressions import type_of

Settings = Mapping[str, Any]


class Decision(NamedTuple):
    """The decision of an axis on a parameter.

    Attributes:
        label: its label.
        rule: the number of the rule that took it; -1 if none did.
        settings: the settings of the label.
    """

    label: str
    rule: int
    settings: Settings


Key = tuple[Any, ...]
Having = tuple[Key, Settings, list[int]]
"""Settings after their key (see `settings_key`), and the entries that have them."""


@dataclass(slots=True)
class Label:
    """A label and the entries it took. `settings` are its different ones in order."""

    text: str
    rule: int
    order: OrderKey
    taken: list[Taken]
    settings: list[Having]

    def decision(self, entries: Sequence[int]) -> Decision | None:
        """Return the decision on the parameter with these entries; None if it has another label."""
        for rule, _, having in self.taken:
            for entry in entries:
                if entry in having:
                    settings = next(each for _, each, some in self.settings if entry in some)
                    return Decision(self.text, rule, settings)
        return None


class AxisSettings:
    """The settings of the labels of one axis."""

    def __init__(self, axis: Axis, values: Values) -> None:
        self._rules = axis.rules
        self._evaluator = cache(lambda at: _evaluator(axis.rules[at].settings or (), values))
        self._first: dict[str, int] = {}
        for at, rule in enumerate(axis.rules):
            if rule.label.literal is not None:
                self._first.setdefault(rule.label.literal, at)

    def of(self, label: Label) -> list[Having]:
        """Return the different settings of a label in order.

        They come from the first rule that took something. If that has none, they come from the first rule
        that is written with the label, above it, even if it took nothing.
        """
        first = label.rule
        if self._rules[first].settings is None:
            first = min(first, self._first.get(label.text, first))
        apart: dict[Key, Having] = {}
        for at, captures, entries in label.taken:
            rule = self._rules[at]
            giving = first if rule.settings is None else at
            if giving != at and not _bound(self._rules[giving], rule):
                _join(apart, label, entries, rule, self._rules[first])
                continue
            found = self._evaluator(giving)(captures, entries)
            if len(label.taken) == 1:
                return _sorted(found)
            if giving not in (first, label.rule) and self._differ(giving, first):
                for key, settings, _ in found:
                    if key not in apart:
                        others = [other for _, other, _ in apart.values()]
                        raise RulesError(_conflict(label, self._rules[first], rule, settings, others))
            for key, settings, having in found:
                if key in apart:
                    apart[key][2].extend(having)
                else:
                    apart[key] = key, settings, having.copy()
        return _sorted(list(apart.values()))

    def _differ(self, one: int, other: int) -> bool:
        """Return whether two rules have different settings; to `==`, 1 is true."""
        return repr(self._rules[one].settings) != repr(self._rules[other].settings)


def _sorted(apart: list[Having]) -> list[Having]:
    return sorted(apart, key=lambda having: order_key(having[1].values())) if len(apart) > 1 else apart


def _bound(giving: Rule, rule: Rule) -> bool:
    """Return whether a rule captures all that the settings of another use."""
    return all(captures_of(setting.value) <= set(rule.captures) for setting in giving.settings or ())


def _join(
    apart: dict[Key, Having],
    label: Label,
    entries: list[int],
    rule: Rule,
    first: Rule,
) -> None:
    """Add a rule that has no settings, and lacks captures that its label's first rule uses in them."""
    if len(apart) == 1:
        next(iter(apart.values()))[2].extend(entries)
        return
    what = "several settings" if apart else "settings that use captures"
    raise RulesError(
        Diagnostic(
            "E207",
            f"the label `{label.text}` has {what}, and this rule does not say which",
            rule.span,
            also=(Place(first.span, "they come from its first rule"),),
            help="give this rule its settings with `->`",
        )
    )


def _evaluator(
    settings: tuple[Setting, ...], values: Values
) -> Callable[[Captures, list[int]], list[Having]]:
    """Return the function that evaluates settings for entries that a rule took with the same captures."""

    def evaluated(captures: Captures, entry: int) -> tuple[Key, Settings]:
        found = {setting.key: _value(setting, values, captures, entry) for setting in settings}
        return settings_key(found), found

    def of_each(captures: Captures, entries: list[int]) -> list[Having]:
        apart: dict[Key, Having] = {}
        for entry in entries:
            key, found = once(captures, entry)
            apart.setdefault(key, (key, found, []))[2].append(entry)
        return list(apart.values())

    written = [setting.value for setting in settings]
    once = values.once(written, evaluated)
    if any(map(values.by_parameter, written)):
        return of_each
    return lambda captures, entries: [(*once(captures, entries[0]), entries)]


def _value(setting: Setting, values: Values, captures: Captures, entry: int) -> Any:
    value = values.of(setting.value, entry, captures)
    name = values.facts.names[entry]
    if value is ABSENT:
        lacks = "is not set for" if isinstance(setting.value, Attribute) else "does not apply to"
        raise RulesError(
            Diagnostic(
                "E208",
                f"`{setting.value.span.text}` {lacks} the parameter `{name}`",
                setting.value.span,
                f"`{setting.key}` needs a value for it",
                help="narrow the rule, or let a rule above take this parameter",
            )
        )
    _check_type(setting, value, name)
    return value


def _check_type(setting: Setting, value: object, name: str) -> None:
    """Raise RulesError (E317) for a type that only the model or the caller shows to be wrong."""
    allowed, found = KEYS.get(setting.key, ()), type_of(value)
    if found and (not allowed or found in allowed):
        return
    wanted = " or ".join(map(a, allowed)) or "a number, a string, true, false, none or a tuple of these"
    raise RulesError(
        Diagnostic(
            "E317",
            f"`{setting.key}` is {wanted}, and for the parameter `{name}` it is `{value!r:.60}`",
            setting.value.span,
            help="narrow the rule to parameters that have such a value, or correct it in the model",
        )
    )


def settings_key(settings: Settings) -> Key:
    """Return a key that is equal for equal settings; `1` and `true` differ."""
    return tuple((key, order_key([value])) for key, value in sorted(settings.items()))


def _conflict(
    label: Label, first: Rule, rule: Rule, settings: Settings, others: list[Settings]
) -> Diagnostic:
    theirs = " or ".join(rule_settings(other) for other in others)
    return Diagnostic(
        "E207",
        f"the label `{label.text}` has two different settings",
        rule.span,
        f"here {rule_settings(settings)}",
        also=(Place(first.span, f"its first rule gives it {theirs}"),),
        help="settings belong to the label: make them equal, or give this rule a label of its own",
    )
