"""The data of a report: plain values, ready for JSON.

A model of 45,000 tensors has few different facts and reasons, so each is written once and referred to by its
number. Numbers of layers are the exception: `finds blocks.12.` differs from layer to layer. They are taken
out of the texts about a parameter and read from its name.
"""

import re
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
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


class _Texts(_Numbered[str]):
    """Different texts, with the numbers of a parameter's name taken out of those about it."""

    def __init__(self) -> None:
        super().__init__()
        self._plain: dict[str, tuple[frozenset[str], int]] = {}

    def about(self, cells: Iterable[str], numbers: Mapping[str, str]) -> tuple[int, ...]:
        """Return the numbers of texts about a parameter. `numbers` are what `_numbers` returns."""
        return tuple([self._number(cell, numbers) for cell in cells])

    def _number(self, text: str, numbers: Mapping[str, str]) -> int:
        digits, found = self._plain.get(text, (None, 0))
        if digits is not None and digits.isdisjoint(numbers):
            return found
        safe = printable(text)
        written = _DIGITS.sub(lambda digits: numbers.get(digits[0], digits[0]), safe)
        found = self.number(written)
        if written == safe:  # it does not depend on the parameter, unless another name has one of its numbers
            self._plain[text] = frozenset(_DIGITS.findall(safe)), found
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
    texts = _Texts()
    verdicts: _Numbered[tuple[int, ...]] = _Numbered()
    reasons: _Numbered[tuple[int, ...]] = _Numbered()
    facts: _Numbered[tuple[int, ...]] = _Numbered()
    kinds: _Numbered[tuple[int, ...]] = _Numbered()
    elements = inventory.column("elements")
    rows = []
    for number in range(len(inventory)):
        explanation = assignment.explain(inventory.names[number])
        numbers = _numbers(printable(explanation.parameter.name))
        about = facts.number(texts.about((cell for row in explanation.facts() for cell in row), numbers))
        why = []
        for head, table in explanation.verdicts():
            all_rules = (verdicts.number(texts.about(row, numbers)) for row in table.rows)
            why.append(reasons.number((*texts.about([head], numbers), *all_rules)))
        group, trained = assignment.group_numbers[number], int(assignment.trained[number])
        state = -1 if view.state is None else view.state[number]
        rows.append(kinds.number((group, elements[number], trained, about, state, *why)))
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


def _numbers(name: str) -> Mapping[str, str]:
    """Return for each number in a name what stands for it in texts: its first place, between two `\x01`."""
    found: dict[str, str] = {}
    for at, digits in enumerate(_DIGITS.findall(name)):
        found.setdefault(digits, f"\x01{at}\x01")
    return found
