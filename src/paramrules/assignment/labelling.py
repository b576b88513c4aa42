"""The labels of one axis over one model: who takes what, filled templates, and the settings of each label.

The first rule whose predicate holds takes the parameter. Settings belong to the label: several rules may give
one label, and its first rule supplies the settings of those without any.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Any, NamedTuple

from paramrules.assignment.alike import Alike, Blocks, without
from paramrules.assignment.entry_facts import Facts, OrderKey, in_written_order, number, order_key
from paramrules.assignment.predicate_evaluator import Evaluator
from paramrules.assignment.value_evaluator import Captures, Values, captures_of
from paramrules.diagnostics import Diagnostic, Place, RulesError
from paramrules.display import rule_settings, value_text
from paramrules.inventories import ABSENT
from paramrules.rules.bound_captures import bound, words
from paramrules.rules.builtin_names import a
from paramrules.rules.keys import KEYS
from paramrules.rules.model import Axis, Rule, Setting, Template
from paramrules.rules.terms import Capture, Value
from paramrules.rules.value_expressions import type_of

Settings = Mapping[str, Any]

LARGEST_LABEL = 200
"""The most characters in a filled label."""


class Taken(NamedTuple):
    """The entries that one rule took with the same captures, one per parameter."""

    rule: int
    captures: Captures
    entries: list[int]


@dataclass(frozen=True, slots=True)
class Partition:
    """The entries that each rule of an axis took, rule by rule, and those that no rule did."""

    taken: tuple[Taken, ...]
    left: list[int]


def partition(axis: Axis, evaluator: Evaluator, alike: Alike, blocks: Blocks) -> Partition:
    """Give each parameter to the first rule of the axis that holds for it.

    Args:
        axis: the axis.
        evaluator: the evaluator.
        alike: what decides the axis's rules.
        blocks: the entries, in blocks that are alike.
    """
    facts = evaluator.facts
    taken: list[Taken] = []
    for at, rule in enumerate(axis.rules):
        if not blocks:
            break
        if rule.predicate is None:
            hits, blocks = list(chain.from_iterable(blocks)), []
        else:
            hits, blocks = alike.split(rule.predicate, blocks, evaluator)
        if not hits:
            continue
        chosen = one_name(hits, facts)
        if facts.extra:
            blocks = without(blocks, facts.with_siblings(chosen))
        premises = () if rule.predicate is None else (rule.predicate,)
        parts = evaluator.captured.apart(premises, chosen)
        taken += (Taken(at, captures, some) for captures, some in parts)
    return Partition(tuple(taken), one_name(list(chain.from_iterable(blocks)), facts))


def one_name(entries: list[int], facts: Facts) -> list[int]:
    """Return one entry per parameter: of several, the one whose name comes first in natural order."""
    if not facts.extra:
        return entries
    names: dict[int, list[int]] = defaultdict(list)
    for entry in entries:
        names[facts.parameter(entry)].append(entry)
    return [facts.first(some) if len(some) > 1 else some[0] for some in names.values()]


@dataclass(slots=True)
class Label:
    """A label and the entries it took. `settings` are its different settings in order, with their entries."""

    text: str
    rule: int
    order: OrderKey
    taken: list[Taken]
    settings: list[tuple[Settings, list[int]]] = field(default_factory=list)


def labels_of(axis: Axis, partition: Partition, values: Values) -> list[Label]:
    """Return the labels of an axis in the order of groups; `default`, for what is left, comes last.

    Raises:
        RulesError: E207 (a label with different settings), E208 (a setting that cannot be computed), E209 (a
            label that cannot be filled in).
    """
    labels: dict[str, Label] = {}
    numbered: dict[int, tuple[_Order, Filler]] = {}
    for taken in partition.taken:
        if taken.rule not in numbered:
            rule = axis.rules[taken.rule]
            numbered[taken.rule] = _Order(rule), Filler(rule.label, values)
        order_of, filler = numbered[taken.rule]
        for text, holes, part in filler.fill(taken):
            order = order_of(taken.captures, holes)
            if text not in labels:
                labels[text] = Label(text, taken.rule, order, [part])
                continue
            label = labels[text]
            label.taken.append(part)
            if label.rule == taken.rule:
                label.order = min(label.order, order)
    written = _first_rules(axis)
    known: Known = {}
    for label in labels.values():
        label.settings = settings_of(axis, label, values, written.get(label.text, label.rule), known)
    ordered = sorted(labels.values(), key=lambda label: (label.rule, label.order))
    if partition.left:
        left = Taken(-1, {}, partition.left)
        ordered.append(Label("default", len(axis.rules), (), [left], [({}, partition.left)]))
    return ordered


def captured_values(rule: Rule, captures: Captures) -> dict[str, int | str | None]:
    """Return a rule's captures in the order written, as numbers where they can be nothing else."""
    numbers = bound(rule.predicate) if rule.predicate is not None and rule.captures else {}
    return {name: _captured(captures.get(name), numbers[name]) for name in rule.captures}


def _captured(text: str | None, numeric: bool) -> int | str | None:
    return number(text) if text and numeric else text


class _Order:
    """The order of the labels of one rule.

    They sort by its captures, words of an alternation as they stand there, and then by the values of the
    holes.
    """

    def __init__(self, rule: Rule) -> None:
        self._captures: list[tuple[str, bool, tuple[str, ...]]] = []
        if rule.predicate is not None and rule.captures:
            numbers, written = bound(rule.predicate), words(rule.predicate)
            self._captures = [(name, numbers[name], written[name]) for name in rule.captures]

    def __call__(self, captures: Captures, holes: Iterable[int | str]) -> OrderKey:
        return order_key(
            [
                *(
                    in_written_order(written, _captured(captures.get(name), numeric))
                    for name, numeric, written in self._captures
                ),
                *holes,
            ]
        )


class Filler:
    """The labels that a template gives to the entries that a rule took.

    Args:
        template: the template.
        values: the evaluator of the values in its holes.
    """

    def __init__(self, template: Template, values: Values) -> None:
        self.template = template
        self.values = values
        self.holes = [part for part in template.parts if not isinstance(part, str)]
        self._text = "".join(part if isinstance(part, str) else "%s" for part in template.parts)
        self._by_parameter = any(map(values.by_parameter, self.holes))

    def fill(self, taken: Taken) -> list[tuple[str, tuple[int | str, ...], Taken]]:
        """Return the different labels of the taken entries: text, values of the holes, and who has it.

        Raises:
            RulesError: E209, for a label that cannot be filled in.
        """
        if not self._by_parameter:
            return [(*self._filled(taken.entries[0], taken.captures), taken)]
        apart: dict[str, tuple[str, tuple[int | str, ...], Taken]] = {}
        for entry in taken.entries:
            text, holes = self._filled(entry, taken.captures)
            if text not in apart:
                apart[text] = text, holes, taken._replace(entries=[])
            apart[text][2].entries.append(entry)
        return list(apart.values())

    def _filled(self, entry: int, captures: Captures) -> tuple[str, tuple[int | str, ...]]:
        holes = tuple([_hole(hole, entry, captures, self.values) for hole in self.holes])
        text = self._text % holes
        if len(text) <= LARGEST_LABEL:
            return text, holes
        raise RulesError(
            Diagnostic(
                "E209",
                f"the label would have {len(text)} characters for `{self.values.facts.names[entry]}`",
                self.template.span,
                help=f"labels have at most {LARGEST_LABEL}; capture less of the name",
            )
        )


def _hole(hole: Value, entry: int, captures: Captures, values: Values) -> int | str:
    plain = captures.get(hole.name) if isinstance(hole, Capture) and hole.numeric else None
    value = values.of(hole, entry, captures) if plain is None else number(plain)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return value
    if isinstance(value, str) and value.isascii() and value.replace("_", "a").isalnum():
        return value
    name = values.facts.names[entry]
    what = "has no value" if value is ABSENT else f"is {value_text(value)}"
    raise RulesError(
        Diagnostic(
            "E209",
            f"`{hole.span.text}` {what} for the parameter `{name}`",
            hole.span,
            "cannot be part of a label",
            help="labels take whole numbers from 0, letters, digits and `_`",
        )
    )


def _first_rules(axis: Axis) -> dict[str, int]:
    """Return the number of the first rule that is written with each label without holes."""
    first: dict[str, int] = {}
    for at, rule in enumerate(axis.rules):
        if rule.label.literal is not None:
            first.setdefault(rule.label.literal, at)
    return first


Known = dict[int, tuple[Sequence[str] | None, dict[tuple[str | None, ...], Settings]]]
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
            return _sorted(found)
        if taken.rule != label.rule and repr(own) != repr(first.settings):  # to `==`, 1 is true
            for settings, _ in found:
                if settings_key(settings) not in apart:
                    raise RulesError(_conflict(label, first, rule, settings, [s for s, _ in apart.values()]))
        for settings, entries in found:
            apart.setdefault(settings_key(settings), (settings, []))[1].extend(entries)
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
) -> list[tuple[Settings, list[int]]]:
    if id(settings) not in known:
        written = [setting.value for setting in settings]
        used = dict.fromkeys(name for value in written for name in sorted(captures_of(value)))
        known[id(settings)] = None if any(map(values.by_parameter, written)) else tuple(used), {}
    names, shared = known[id(settings)]
    if names is not None:
        texts = tuple([taken.captures.get(name) for name in names])
        if texts not in shared:
            shared[texts] = _evaluated(settings, taken.entries[0], taken, values)
        return [(shared[texts], taken.entries)]
    apart: dict[tuple[Any, ...], tuple[Settings, list[int]]] = {}
    for entry in taken.entries:
        found = _evaluated(settings, entry, taken, values)
        apart.setdefault(settings_key(found), (found, []))[1].append(entry)
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
