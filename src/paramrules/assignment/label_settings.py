"""The settings of each label of one axis.

Settings belong to the label: several rules may give one label, and its first rule supplies the settings of
those without any.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from paramrules.assignment.entry_facts import OrderKey, order_key
from paramrules.assignment.partition import Taken
from paramrules.assignment.value_evaluator import Values, captures_of
from paramrules.diagnostics import Diagnostic, Place, RulesError
from paramrules.display import rule_settings
from paramrules.inventories import ABSENT
from paramrules.rules.builtin_names import a
from paramrules.rules.keys import KEYS
from paramrules.rules.model import Axis, Rule, Setting
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


@dataclass(slots=True)
class Label:
    """A label and the entries it took. `settings` are its different settings in order, with their entries."""

    text: str
    rule: int
    order: OrderKey
    taken: list[Taken]
    settings: list[tuple[Settings, list[int]]] = field(default_factory=list)

    def decision(self, entries: Sequence[int]) -> Decision | None:
        """Return the decision on the parameter with these entries; None if it has another label."""
        for taken in self.taken:
            for entry in entries:
                if entry in taken.entries:
                    settings = next(each for each, having in self.settings if entry in having)
                    return Decision(self.text, taken.rule, settings)
        return None


_Keyed = tuple[tuple[Any, ...], Settings]
"""Settings after their key, see `settings_key`."""

Known = dict[int, tuple[Sequence[str] | None, dict[tuple[str | None, ...], _Keyed]]]
"""By the identity of written settings: the captures that they use, and what they are for each text of these.

None instead of captures if they differ by parameter.
"""


def settings_of(
    axis: Axis, label: Label, values: Values, written: int, known: Known
) -> list[tuple[Settings, list[int]]]:
    """Return the different settings of a label in order, each with its entries.

    They come from the first rule that took something. If that has none, they come from the first rule that is
    `written` with the label, above it, even if it took nothing.
    """
    first = axis.rules[label.rule]
    if first.settings is None and written < label.rule:
        first = axis.rules[written]
    apart: dict[tuple[Any, ...], tuple[Settings, list[int]]] = {}
    for taken in label.taken:
        rule = axis.rules[taken.rule]
        own = first.settings if rule.settings is None else rule.settings
        if rule.settings is None and not _bound(own or (), rule):
            _join(apart, label, taken, rule, first)
            continue
        found = _settings(own or (), taken, values, known)
        if len(label.taken) == 1:
            return _sorted([(settings, entries) for (_, settings), entries in found])
        if taken.rule != label.rule and repr(own) != repr(first.settings):  # to `==`, 1 is true
            for (key, settings), _ in found:
                if key not in apart:
                    raise RulesError(_conflict(label, first, rule, settings, [s for s, _ in apart.values()]))
        for (key, settings), entries in found:
            if key in apart:
                apart[key][1].extend(entries)
            else:
                apart[key] = settings, entries.copy()
    return _sorted(list(apart.values()))


def _sorted(apart: list[tuple[Settings, list[int]]]) -> list[tuple[Settings, list[int]]]:
    return sorted(apart, key=lambda pair: order_key(pair[0].values())) if len(apart) > 1 else apart


def _bound(settings: tuple[Setting, ...], rule: Rule) -> bool:
    return all(captures_of(setting.value) <= set(rule.captures) for setting in settings)


def _join(
    apart: dict[tuple[Any, ...], tuple[Settings, list[int]]],
    label: Label,
    taken: Taken,
    rule: Rule,
    first: Rule,
) -> None:
    """Add a rule that has no settings, and lacks captures that its label's first rule uses in them."""
    if len(apart) == 1:
        next(iter(apart.values()))[1].extend(taken.entries)
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


def _settings(
    settings: tuple[Setting, ...], taken: Taken, values: Values, known: Known
) -> list[tuple[_Keyed, list[int]]]:
    if id(settings) not in known:
        written = [setting.value for setting in settings]
        used = dict.fromkeys(name for value in written for name in sorted(captures_of(value)))
        known[id(settings)] = None if any(map(values.by_parameter, written)) else tuple(used), {}
    names, shared = known[id(settings)]
    if names is not None:
        texts = tuple([taken.captures.get(name) for name in names])
        if texts not in shared:
            found = _evaluated(settings, taken.entries[0], taken, values)
            shared[texts] = settings_key(found), found
        return [(shared[texts], taken.entries)]
    apart: dict[tuple[Any, ...], tuple[_Keyed, list[int]]] = {}
    for entry in taken.entries:
        found = _evaluated(settings, entry, taken, values)
        key = settings_key(found)
        apart.setdefault(key, ((key, found), []))[1].append(entry)
    return list(apart.values())


def _evaluated(settings: tuple[Setting, ...], entry: int, taken: Taken, values: Values) -> dict[str, Any]:
    found = {}
    for setting in settings:
        value = values.of(setting.value, entry, taken.captures)
        if value is ABSENT:
            name = values.facts.names[entry]
            raise RulesError(
                Diagnostic(
                    "E208",
                    f"`{setting.value.span.text}` does not apply to the parameter `{name}`",
                    setting.value.span,
                    f"`{setting.key}` needs a value for it",
                    help="narrow the rule, or let a rule above take this parameter",
                )
            )
        _check_type(setting, value, values.facts.names[entry])
        found[setting.key] = value
    return found


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


def settings_key(settings: Settings) -> tuple[Any, ...]:
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
