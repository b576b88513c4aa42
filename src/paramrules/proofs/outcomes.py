"""Outcomes of rules, as normal forms: the label and the settings of the parameters that a rule takes."""

import re
from typing import NamedTuple

from paramrules.assignment.value_evaluator import captures_of
from paramrules.proofs.expressions import Environment, Form, Forms
from paramrules.proofs.predicates import Predicates
from paramrules.proofs.proof import Compare
from paramrules.rules.dnf import Budget
from paramrules.rules.model import Rule, Setting

Part = str | Form
Label = tuple[Part, ...]


class Outcome(NamedTuple):
    """The label and the settings that one rule gives.

    Attributes:
        label: the text of the label and the forms of its holes.
        settings: the form of each key, in their order.
        inherited: the settings depend on which rule with the label takes something first.
        by_name: what is compared of it depends on the name under which a tied parameter is looked at.
    """

    label: Label
    settings: tuple[tuple[str, Form], ...]
    inherited: bool
    by_name: bool


DEFAULT = Outcome(("default",), (), False, False)


class Above:
    """The rules of an axis above another."""

    def __init__(self) -> None:
        self._rules: list[tuple[Rule, Label]] = []
        self._places: dict[str | None, list[int]] = {}

    def add(self, rule: Rule, label: Label) -> None:
        """Add a rule, which is below all others."""
        self._places.setdefault(_text(label), []).append(len(self._rules))
        self._rules.append((rule, label))

    def candidates(self, label: Label) -> list[tuple[Rule, Label]]:
        """Return the rules whose labels are not certain to be another text, each with its label."""
        text = _text(label)
        if text is None:
            return self._rules[:]
        places = sorted((*self._places.get(text, ()), *self._places.get(None, ())))
        return [self._rules[place] for place in places]


class Outcomes:
    """Reads the outcomes of the rules of two files."""

    def __init__(self, forms: Forms, predicates: Predicates, compare: Compare, budget: Budget) -> None:
        self._compare = compare
        self._budget = budget
        self._forms = forms
        self._predicates = predicates

    def of(self, rule: Rule, above: Above) -> Outcome:
        """Return the outcome of a rule that has these above it, and add it to them."""
        captures = self._captures(rule)
        label, settings = self._label_of(rule), rule.settings
        before = [] if settings is not None else above.candidates(label)
        above.add(rule, label)
        if settings is None:
            self._budget.spend(len(before))
            sharing = [other for other, its in before if self._may_share(label, its)]
            settings = _inherited(rule, sharing)
            if settings is None:
                return Outcome(label, (("", self._first_of([*sharing, rule])),), True, True)
        found = self._settings(settings, captures)
        forms = [form for _, form in found] if self._compare != "labels" else []
        if self._compare != "settings":
            forms += [part for part in label if isinstance(part, int)]
        return Outcome(label, found, False, any(form in self._forms.entry for form in forms))

    def _first_of(self, rules: list[Rule]) -> Form:
        """Return the form of settings that the first of some rules to take something decides.

        Files that give all other parameters equal groups decide alike if these rules are alike.
        """
        found: list[object] = []
        for rule in rules:
            captures = self._captures(rule)
            written = None if rule.settings is None else self._settings(rule.settings, captures)
            key = self._label_of(rule), written
            if found[-1:] != [key]:
                found.append(key)
        return self._forms.first_of(("settings", *found))

    def _settings(self, settings: tuple[Setting, ...], captures: Environment) -> tuple[tuple[str, Form], ...]:
        return tuple(sorted((setting.key, self._forms.of(setting.value, captures)) for setting in settings))

    def _captures(self, rule: Rule) -> Environment:
        return {} if rule.predicate is None else self._predicates.captures(rule.predicate)

    def _label_of(self, rule: Rule) -> Label:
        """Return the label of a rule, with the forms of its holes."""
        captures = self._captures(rule)
        parts: list[Part] = []
        for part in rule.label.parts:
            form = part if isinstance(part, str) else self._forms.label_part(self._forms.of(part, captures))
            if isinstance(form, str) and parts and isinstance(parts[-1], str):
                parts[-1] += form
            else:
                parts.append(form)
        return tuple(parts)

    def _may_share(self, one: Label, other: Label) -> bool:
        """Return whether two labels may be filled to the same text."""
        if len(other) == 1 and isinstance(other[0], str):
            one, other = other, one
        text = one[0]
        if len(one) > 1 or not isinstance(text, str):
            begins = [label[0] if isinstance(label[0], str) else "" for label in (one, other)]
            shorter, longer = sorted(begins, key=len)
            return longer.startswith(shorter)
        holes = [part for part in other if not isinstance(part, str)]
        pattern = "".join(re.escape(part) if isinstance(part, str) else r"(\w+)" for part in other)
        found = re.fullmatch(pattern, text)
        if found is None or not holes:
            return found is not None
        least = self._forms.least(holes[0])
        return len(holes) > 1 or least is None or not found[1].isdigit() or int(found[1]) >= least


def _text(label: Label) -> str | None:
    """Return the text of a label that has no holes."""
    return label[0] if len(label) == 1 and isinstance(label[0], str) else None


def _inherited(rule: Rule, sharing: list[Rule]) -> tuple[Setting, ...] | None:
    """Return the settings of a rule that writes none; None if they depend on who else takes something."""
    given = [other for other in sharing if other.settings is not None]
    if not given:
        return ()
    first = given[0]
    assert first.settings is not None
    literal = all(other.label.literal is not None for other in sharing)
    alike = len({_written(other) for other in given}) == 1
    bound = all(captures_of(setting.value) <= set(rule.captures) for setting in first.settings)
    return first.settings if literal and alike and bound else None


def _written(rule: Rule) -> str:
    return repr([(setting.key, setting.value) for setting in rule.settings or ()])
