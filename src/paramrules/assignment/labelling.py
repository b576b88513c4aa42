"""The labels of one axis over one model: filled templates, their order, and who has which label."""

from collections.abc import Callable, Iterable, Iterator
from functools import cache, partial
from operator import attrgetter
from typing import Any, Final

from paramrules.assignment.entry_facts import OrderKey, in_written_order, number, order_key
from paramrules.assignment.label_settings import AxisSettings, Label
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
    for at, some in partition.by_rule():
        order_of = _order(at, axis.rules[at])
        for text, own_order, taken in filled(axis.rules[at].label, some, values):
            order = order_of(taken[1]) + own_order
            label = labels.get(text)
            if label is None:
                labels[text] = Label(text, at, order, [taken], [])
                continue
            label.taken.append(taken)
            if label.rule == at:
                label.order = min(label.order, order)
    settings = AxisSettings(axis, values)
    for label in labels.values():
        label.settings = settings.of(label)
    ordered = sorted(labels.values(), key=attrgetter("order"))
    if partition.left:
        left: Taken = (-1, {}, partition.left)
        ordered.append(Label("default", len(axis.rules), (), [left], [((), {}, partition.left)]))
    return ordered


def captured_values(rule: Rule, captures: Captures) -> dict[str, int | str | None]:
    """Return a rule's captures in the order written, as numbers where they can be nothing else."""
    numbers = bound(rule.predicate) if rule.predicate is not None and rule.captures else {}
    return {name: _captured(captures.get(name), numbers[name]) for name in rule.captures}


def _captured(text: str | None, numeric: bool) -> int | str | None:
    return number(text) if text and numeric else text


def _order(at: int, rule: Rule) -> Callable[[Captures], OrderKey]:
    """Return what sorts the labels of an axis: the number of the rule, then its captures.

    Words of an alternation sort as they stand there.
    """
    keys: list[tuple[str, Callable[[str | None], OrderKey]]] = []
    if rule.predicate is not None and rule.captures:
        numbers, written = bound(rule.predicate), words(rule.predicate)
        keys = [(name, cache(partial(_capture_key, numbers[name], written[name]))) for name in rule.captures]
    return lambda captures: (at, *[key(captures.get(name)) for name, key in keys])


def _capture_key(numeric: bool, written: tuple[str, ...], text: str | None) -> OrderKey:
    return order_key([in_written_order(written, _captured(text, numeric))])


def filled(
    template: Template, taken: Iterable[Taken], values: Values
) -> Iterator[tuple[str, OrderKey, Taken]]:
    """Yield the labels that a template gives to what a rule took, each with who has it.

    Between them stands what sorts labels with the same captures: the values of the holes.

    Raises:
        RulesError: E209, for a label that cannot be filled in.
    """
    holes = [part for part in template.parts if not isinstance(part, str)]
    text = "".join(part if isinstance(part, str) else "%s" for part in template.parts)

    def checked(label: str, entry: int) -> str:
        if len(label) <= LARGEST_LABEL:
            return label
        raise RulesError(
            Diagnostic(
                "E209",
                f"the label would have {len(label)} characters for `{values.facts.names[entry]}`",
                template.span,
                help=f"labels have at most {LARGEST_LABEL}; capture less of the name",
            )
        )

    if any(map(values.by_parameter, holes)):

        def label_and_order(captures: Captures, entry: int) -> tuple[str, OrderKey]:
            found = tuple([_hole(hole, values, captures, entry) for hole in holes])
            return checked(text % found, entry), order_key(found)

        labelled = values.once(holes, label_and_order)
        for rule, captures, entries in taken:
            apart: dict[str, tuple[OrderKey, list[int]]] = {}
            for entry in entries:
                label, order = labelled(captures, entry)
                if label not in apart:
                    apart[label] = order, []
                apart[label][1].append(entry)
            yield from ((label, order, (rule, captures, having)) for label, (order, having) in apart.items())
        return
    fillers = [values.once([hole], partial(_hole, hole, values)) for hole in holes]
    for one in taken:
        _, captures, entries = one
        label = text % tuple([filler(captures, entries[0]) for filler in fillers])
        yield checked(label, entries[0]), (), one


def _hole(hole: Value, values: Values, captures: Captures, entry: int) -> int | str:
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
