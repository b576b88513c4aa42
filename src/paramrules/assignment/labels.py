"""The labels of one axis: templates filled in, the settings that belong to each, their order."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from paramrules.assignment.facts import number
from paramrules.assignment.order import OrderKey, order_key
from paramrules.assignment.partition import Partition, Taken
from paramrules.assignment.values import Captures, Values, captures_of
from paramrules.diagnostics import Diagnostic, Place, RulesError
from paramrules.inventories import ABSENT
from paramrules.rules.arithmetic import shown
from paramrules.rules.bound_captures import bound
from paramrules.rules.model import Axis, Rule, Setting, Template
from paramrules.rules.terms import Value

Settings = Mapping[str, Any]

LARGEST_LABEL = 200
"""Characters in a filled label."""


@dataclass(slots=True)
class Label:
    """A label and what it took: `settings` are its different settings in order, each with its entries."""

    text: str
    rule: int
    order: OrderKey
    taken: list[Taken]
    settings: list[tuple[Settings, list[int]]] = field(default_factory=list)


def labels_of(axis: Axis, partition: Partition, values: Values) -> list[Label]:
    """The labels of an axis in the order of groups, `default` for what is left last.

    Raises RulesError: E207, E208, E209.
    """
    labels: dict[str, Label] = {}
    for taken in partition.taken:
        rule = axis.rules[taken.rule]
        captured = captured_values(rule, taken.captures)
        for text, holes, entries in fill(rule.label, taken, values):
            part = Taken(taken.rule, taken.captures, entries)
            order = order_key([*captured.values(), *holes])
            label = labels.setdefault(text, Label(text, taken.rule, order, []))
            label.taken.append(part)
            if label.rule == taken.rule:
                label.order = min(label.order, order)
    for label in labels.values():
        label.settings = settings_of(axis, label, values)
    ordered = sorted(labels.values(), key=lambda label: (label.rule, label.order))
    if partition.left:
        left = Taken(-1, {}, partition.left)
        ordered.append(Label("default", len(axis.rules), (), [left], [({}, partition.left)]))
    return ordered


def captured_values(rule: Rule, captures: Captures) -> dict[str, int | str | None]:
    """What a rule captured, in the order written, as numbers where it can be nothing else."""
    numbers = bound(rule.predicate) if rule.predicate is not None and rule.captures else {}
    texts = {name: captures.get(name) for name in rule.captures}
    return {name: number(text) if text and numbers[name] else text for name, text in texts.items()}


def fill(template: Template, taken: Taken, values: Values) -> list[tuple[str, list[Any], list[int]]]:
    """The label of each entry: its text, the values of its holes, and the entries that have it."""
    holes = [part for part in template.parts if not isinstance(part, str)]
    entries = taken.entries if any(map(values.by_parameter, holes)) else taken.entries[:1]
    filled: dict[str, tuple[str, list[Any], list[int]]] = {}
    for entry in entries:
        found = [_hole(hole, entry, taken.captures, values) for hole in holes]
        fillings = iter(found)
        text = "".join(part if isinstance(part, str) else str(next(fillings)) for part in template.parts)
        if len(text) > LARGEST_LABEL:
            raise RulesError(
                Diagnostic(
                    "E209",
                    f"the label would have {len(text)} characters for `{values.facts.names[entry]}`",
                    template.span,
                    help=f"labels have at most {LARGEST_LABEL}; capture less of the name",
                )
            )
        filled.setdefault(text, (text, found, []))[2].append(entry)
    if len(entries) != len(taken.entries):
        return [(text, found, taken.entries) for text, found, _ in filled.values()]
    return list(filled.values())


def _hole(hole: Value, entry: int, captures: Captures, values: Values) -> int | str:
    value = values.of(hole, entry, captures)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return value
    if isinstance(value, str) and value.isascii() and value.replace("_", "a").isalnum():
        return value
    name = values.facts.names[entry]
    what = "has no value" if value is ABSENT else f"is {shown(value)}"
    raise RulesError(
        Diagnostic(
            "E209",
            f"`{hole.span.text}` {what} for the parameter `{name}`",
            hole.span,
            "no label can be made of it",
            help="labels take whole numbers from 0, letters, digits and `_`",
        )
    )


def settings_of(axis: Axis, label: Label, values: Values) -> list[tuple[Settings, list[int]]]:
    """The different settings of a label in order, each with the entries that have it."""
    first = axis.rules[label.rule]
    apart: dict[tuple[Any, ...], tuple[Settings, list[int]]] = {}
    for taken in label.taken:
        rule = axis.rules[taken.rule]
        own = first.settings if rule.settings is None else rule.settings
        if rule.settings is None and not _bound(own or (), rule):
            _join(apart, label, taken, axis)
            continue
        found = list(_settings(own or (), taken, values))
        if taken.rule != label.rule and repr(own) != repr(first.settings):  # to `==`, 1 is true
            for settings, _ in found:
                if _key(settings) not in apart:
                    raise RulesError(_conflict(label, first, rule, settings, [s for s, _ in apart.values()]))
        for settings, entries in found:
            apart.setdefault(_key(settings), (settings, []))[1].extend(entries)
    return sorted(apart.values(), key=lambda pair: order_key(pair[0].values()))


def _bound(settings: tuple[Setting, ...], rule: Rule) -> bool:
    return all(captures_of(setting.value) <= set(rule.captures) for setting in settings)


def _join(
    apart: dict[tuple[Any, ...], tuple[Settings, list[int]]], label: Label, taken: Taken, axis: Axis
) -> None:
    """A rule without settings and without the captures that those of its label's first rule use."""
    if len(apart) == 1:
        next(iter(apart.values()))[1].extend(taken.entries)
        return
    rule, first = axis.rules[taken.rule], axis.rules[label.rule]
    raise RulesError(
        Diagnostic(
            "E207",
            f"the label `{label.text}` has several settings, and this rule does not say which",
            rule.span,
            also=(Place(first.span, "they come from its first rule"),),
            help="give this rule its settings with `->`",
        )
    )


def _settings(
    settings: tuple[Setting, ...], taken: Taken, values: Values
) -> list[tuple[dict[str, Any], list[int]]]:
    if not any(values.by_parameter(setting.value) for setting in settings):
        return [(_evaluated(settings, taken.entries[0], taken, values), taken.entries)]
    apart: dict[tuple[Any, ...], tuple[dict[str, Any], list[int]]] = {}
    for entry in taken.entries:
        found = _evaluated(settings, entry, taken, values)
        apart.setdefault(_key(found), (found, []))[1].append(entry)
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
        found[setting.key] = value
    return found


def _key(settings: Settings) -> tuple[Any, ...]:
    """Equal for equal settings; `1` and `true` are not equal."""
    return tuple((key, order_key([value])) for key, value in sorted(settings.items()))


def _conflict(
    label: Label, first: Rule, rule: Rule, settings: Settings, others: list[Settings]
) -> Diagnostic:
    theirs = " or ".join(written(other) for other in others)
    return Diagnostic(
        "E207",
        f"the label `{label.text}` has two different settings",
        rule.span,
        f"here {written(settings)}",
        also=(Place(first.span, f"its first rule gives it {theirs}"),),
        help="settings belong to the label: make them equal, or give this rule a label of its own",
    )


def written(settings: Settings) -> str:
    """Settings as a rule writes them."""
    return ", ".join(f"{key} = {shown(value)}" for key, value in settings.items()) or "no settings"
