"""The data of a report: plain values, ready for JSON.

A model of 45,000 tensors has few different facts and reasons, so each is written once and referred to by its
number. Numbers of layers are the exception: `finds blocks.12.` differs from layer to layer. They are taken
out of the texts about a parameter and read from its name.
"""

import re
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from operator import itemgetter
from typing import Any, Final, Generic, TypeVar

from paramrules.assignment import Assignment
from paramrules.diagnostics import Diagnostic, printable
from paramrules.diffs import Change, Diff
from paramrules.diffs.changes import CAME, MOVED, WENT
from paramrules.diffs.report import settings_text
from paramrules.display import short_settings
from paramrules.html_report.colors import Color, colors
from paramrules.html_report.rates import decay, rate
from paramrules.inventories import Inventory

VERSION: Final = 1
"""The version of the data: grows when a key goes or changes its meaning."""

_Value = TypeVar("_Value", bound=Hashable)
_DIGITS: Final = re.compile("[0-9]+")
_LENGTHS: Final = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
"""The length of a shared beginning as one character."""


@dataclass(frozen=True, slots=True)
class View:
    """One assignment in a report.

    Attributes:
        assignment: the assignment.
        model: the model's name.
        diff: the differences from another file or revision; None if nobody asked for them, or the revision
            does not have the rule file.
        against: the file or revision that was asked for; "" for none.
        state: for each parameter its bytes of optimizer state; None if nobody asked for them.
        findings: the findings to show; None for those of the assignment.
    """

    assignment: Assignment
    model: str
    diff: Diff | None = None
    against: str = ""
    state: Sequence[int] | None = None
    findings: Sequence[Diagnostic] | None = None


class _Numbered(Generic[_Value]):
    """Different values, each with its number."""

    def __init__(self) -> None:
        self._numbers: dict[_Value, int] = {}

    def number(self, value: _Value) -> int:
        """Return the number of a value."""
        return self._numbers.setdefault(value, len(self._numbers))

    @property
    def values(self) -> list[_Value]:
        """The values in the order of their numbers."""
        return list(self._numbers)


class _Name:
    """The numbers in a parameter's name, and what stands for each in texts about it: its first place."""

    def __init__(self, name: str) -> None:
        self.digits = _DIGITS.findall(name)
        self.marks: dict[str, str] = {}
        for at, digits in enumerate(self.digits):
            self.marks.setdefault(digits, f"\x01{at}\x01")
        self._marked = tuple(map(self.marks.__getitem__, self.digits))

    def mark(self, text: str) -> str:
        """Return a text about the parameter with marks for the numbers of its name."""
        return _DIGITS.sub(lambda digits: self.marks.get(digits[0], digits[0]), text)

    def marked(self, plain: frozenset[str]) -> tuple[str, ...]:
        """Return the marks of its numbers in order, but those as they are that are among the plain ones."""
        if plain.isdisjoint(self.marks):
            return self._marked
        return tuple([digits if digits in plain else self.marks[digits] for digits in self.digits])


class _Rows:
    """Rows of texts about each parameter, by their numbers.

    The texts about parameters of one kind differ only by the numbers in their names. The number 3 in a
    text about `blocks.3` may come from the name, or not: `(3, 3)` is another text for `blocks.3` than for
    `blocks.4`. So the numbers in the first texts of a kind tell apart further names that have them.

    Args:
        kinds: for each parameter its kind.
        written: returns the row of a parameter; called where it is not known from another of its kind.
        texts: the different texts.
        number_of: returns the number of a row, given the numbers of its texts.
    """

    def __init__(
        self,
        kinds: Sequence[Hashable],
        written: Callable[[int], Iterable[str]],
        texts: _Numbered[str],
        number_of: Callable[[tuple[int, ...]], int],
    ) -> None:
        self._kinds = kinds
        self._written = written
        self._texts = texts
        self._number_of = number_of
        self._plain: dict[Hashable, frozenset[str]] = {}
        self._known: dict[tuple[Hashable, tuple[str, ...]], int] = {}

    def number(self, parameter: int, name: _Name) -> int:
        """Return the number of a parameter's row; -1 if that is empty."""
        kind = self._kinds[parameter]
        if kind in self._plain:
            found = self._known.get((kind, name.marked(self._plain[kind])))
            if found is not None:
                return found
        row = list(map(printable, self._written(parameter)))
        plain = self._plain.setdefault(kind, frozenset(_DIGITS.findall(" ".join(row))))
        numbers = tuple([self._texts.number(name.mark(text)) for text in row])
        found = self._known[kind, name.marked(plain)] = self._number_of(numbers) if row else -1
        return found


def view_data(view: View) -> dict[str, Any]:
    r"""Return what the page knows about one view.

    The keys are

    | key | value |
    |---|---|
    | `rules`, `model`, `framework` | names |
    | `axes` | the names of the axes |
    | `groups` | for each group `label`, `labels`, `settings`, `rate`, `decay`, `optimizer`, `color` |
    | `names` | the names of all parameters, see `front_coded` |
    | `rows` | for each parameter the number of its kind |
    | `kinds` | `[group, elements, trained, facts, state, reason of each axis...]` |
    | `facts` | tables of facts, `[fact, value, fact, value, ...]`, by the numbers of texts |
    | `reasons` | `[head, verdict...]`: the number of a text and those of verdicts |
    | `verdicts` | `[outcome, rule, place, because]`, by the numbers of texts |
    | `moves` | `[text, rows]` for each change against another file; None if nobody asked for them |
    | `texts` | the texts, in which `\x011\x01` is the second number in the parameter's name |
    """
    assignment = view.assignment
    names = [printable(name) for name in assignment.inventory.names[: len(assignment.inventory)]]
    return {
        "rules": printable(assignment.rules.source.name),
        "model": printable(view.model),
        "framework": assignment.inventory.framework,
        "axes": [axis.name for axis in assignment.axes],
        "groups": [
            _group_data(group.label, group.labels, group.settings, color)
            for group, color in zip(assignment.groups, colors(assignment.groups), strict=True)
        ],
        "names": front_coded(names),
        "moves": None if view.diff is None else _moves(view.diff, assignment.inventory),
        **_columns(view),
    }


def _moves(diff: Diff, inventory: Inventory) -> list[tuple[str, list[int]]]:
    """Return what happened to parameters that are still there, in words, and to which."""
    return [
        (printable(_move(change)), [inventory.index(name) for name in change.names])
        for change in diff.changes
        if change.kind != WENT
    ]


def _move(change: Change) -> str:
    if change.kind == CAME:
        return "new"
    if change.detail:
        return f"{change.kind}: {' -> '.join(change.detail)}"
    settings = f", {settings_text([change.settings])}" if change.settings else ""
    return f"{f'moved from {change.old}' if change.kind == MOVED else 'other settings'}{settings}"


def _group_data(
    label: str, labels: Sequence[str], settings: Mapping[str, Any], color: Color
) -> dict[str, Any]:
    optimizer = settings.get("optimizer")
    return {
        "label": printable(label),
        "labels": list(map(printable, labels)),
        "settings": printable(short_settings(settings)),
        "rate": rate(settings),
        "decay": decay(settings),
        "optimizer": "" if optimizer is None else printable(str(optimizer)),
        "color": color,
    }


def _columns(view: View) -> dict[str, Any]:
    assignment = view.assignment
    inventory = assignment.inventory
    explanations = assignment.explanations()
    texts: _Numbered[str] = _Numbered()
    verdicts: _Numbered[tuple[int, ...]] = _Numbered()
    reasons: _Numbered[tuple[int, ...]] = _Numbered()
    facts: _Numbered[tuple[int, ...]] = _Numbered()
    kinds: _Numbered[tuple[int, ...]] = _Numbered()

    def facts_of(parameter: int) -> Iterable[str]:
        return chain.from_iterable(explanations.facts(parameter))

    about = _Rows(explanations.kinds_of_facts(), facts_of, texts, facts.number)
    why = [
        (
            _Rows(axis.heads, axis.head, texts, itemgetter(0)),
            [_Rows(rule.kinds, rule.verdict, texts, verdicts.number) for rule in axis.rules],
        )
        for axis in explanations.axes
    ]
    elements = inventory.column("elements")
    rows = []
    for number in range(len(inventory)):
        name = _Name(printable(inventory.names[number]))
        facts_number = about.number(number, name)
        own_reasons = []
        for head, rules in why:
            found = [head.number(number, name), *[rule.number(number, name) for rule in rules]]
            own_reasons.append(reasons.number(tuple([each for each in found if each >= 0])))
        group, trained = assignment.group_numbers[number], int(assignment.trained[number])
        state = -1 if view.state is None else view.state[number]
        rows.append(kinds.number((group, elements[number], trained, facts_number, state, *own_reasons)))
    return {
        "rows": rows,
        "kinds": kinds.values,
        "facts": facts.values,
        "reasons": reasons.values,
        "verdicts": verdicts.values,
        "texts": texts.values,
    }


def front_coded(names: Sequence[str]) -> str:
    """Return names as lines, each without the beginning that it shares with the one before.

    Its length, at most 61, stands in front as one character: `0-9`, `a-z`, `A-Z`. It ends before a character
    beyond U+FFFF, for which JavaScript counts two.

    >>> front_coded(["h.0.weight", "h.0.bias"])
    '0h.0.weight\\n4bias'
    """
    lines, before = [], ""
    for name in names:
        shared = 0
        for one, other in zip(name[: len(_LENGTHS) - 1], before, strict=False):
            if one != other or one > "\uffff":
                break
            shared += 1
        lines.append(_LENGTHS[shared] + name[shared:])
        before = name
    return "\n".join(lines)
