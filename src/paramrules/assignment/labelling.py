"""The labels of one axis over one model: filled templates, their order, and who has which label."""

from collections.abc import Callable, Iterable
from functools import cache, partial
from typing import Any, Final

from paramrules.assignment.entry_facts import OrderKey, in_written_order, number, order_key
from paramrules.assignment.label_settings import Known, Label, settings_of
from paramrules.assignment.partition import Partition, Taken
from paramrules.assignment.value_evaluator import Captures, Values
from paramrules.diagnostics import Diagnostic, RulesError
from paramrules.display import value_text
from paramrules.inventories import ABSENT
from paramrules.rules.bound_captures import bound, words
from paramrules.rules.model import Axis, Rule, Template
from paramrules.rules.terms import Capture, Value

LARGEST_LABEL: Final = 200
"""The most characters in a filled label."""


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
        self._keys: list[tuple[str, Callable[[str | None], OrderKey]]] = []
        if rule.predicate is not None and rule.captures:
            numbers, written = bound(rule.predicate), words(rule.predicate)
            self._keys = [
                (name, cache(partial(_capture_key, numbers[name], written[name]))) for name in rule.captures
            ]

    def __call__(self, captures: Captures, holes: Iterable[int | str]) -> OrderKey:
        found: OrderKey = ()
        for name, key in self._keys:
            found += key(captures.get(name))
        return found + order_key(holes)


def _capture_key(numeric: bool, written: tuple[str, ...], text: str | None) -> OrderKey:
    return order_key([in_written_order(written, _captured(text, numeric))])


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

        The values are left out where captures decide them.

        Raises:
            RulesError: E209, for a label that cannot be filled in.
        """
        if not self._by_parameter:
            return [(self._filled(taken.entries[0], taken.captures)[0], (), taken)]
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
    if isinstance(hole, Capture) and hole.numeric and (digits := captures.get(hole.name)) is not None:
        value: Any = number(digits)
        if isinstance(value, int):
            return value
    else:
        value = values.of(hole, entry, captures)
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
