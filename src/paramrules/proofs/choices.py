"""Two files as lists of choices over the same variables, and outcomes with the same numbers."""

from collections.abc import Hashable, Sequence
from typing import NamedTuple

from paramrules.proofs.captures import Matches
from paramrules.proofs.conjunctions import ALWAYS, Conjunction, facts, tests
from paramrules.proofs.expressions import Form, Forms
from paramrules.proofs.names import Names
from paramrules.proofs.outcomes import DEFAULT, Above, Outcome, Outcomes
from paramrules.proofs.predicates import Predicates
from paramrules.proofs.proof import Compare, Undecided
from paramrules.proofs.search import Choice
from paramrules.proofs.tensors import Tensors
from paramrules.proofs.texts import Texts
from paramrules.rules.dnf import Budget, GaveUp
from paramrules.rules.keys import SCALES
from paramrules.rules.model import Axis, Rule, Rules
from paramrules.rules.terms import RegexTest, terms_in


class Taken(NamedTuple):
    """A rule of an axis, None for what none takes, with its outcome."""

    rule: Rule | None
    outcome: Outcome


class Read(NamedTuple):
    """An axis: its choices, and the rule of each."""

    choices: Sequence[Choice]
    taken: Sequence[Taken]


class Reading:
    """Reads the axes of two files, so that tests, facts and outcomes of both can be compared.

    Attributes:
        axes: the axes of each file.
        unread: the rules that are too large to read.
        names: the tests of names in both files.
        tensors: the facts about tensors in both files.
        matched: the matches that values of both files count.
    """

    def __init__(self, files: tuple[Rules, Rules], compare: Compare, budget: Budget) -> None:
        self._compare = compare
        self._budget = budget
        self._forms = Forms(Matches(budget))
        predicates = [rule.predicate for rules in files for axis in rules.axes for rule in axis.rules]
        inside = terms_in(*(predicate for predicate in predicates if predicate is not None))
        matches = (term for term in inside if isinstance(term, RegexTest) and not term.negated)
        self._predicates = Predicates(self._forms, matches, budget)
        self._outcomes = Outcomes(self._forms, self._predicates, compare, budget)
        self._known: list[Outcome] = []
        self._numbers: dict[Hashable, int] = {}
        self.unread: list[Undecided] = []
        self.axes = tuple([self._axis(axis) for axis in rules.axes] for rules in files)
        cubes = [
            cube for axes in self.axes for axis in axes for choice in axis.choices for cube in choice.cubes
        ]
        forms = self._forms
        named = {*tests(cubes), *forms.matched}
        self.names = Names(sorted(named, key=repr), Texts(budget), forms.paths, budget)
        self.tensors = Tensors(sorted(facts(cubes), key=repr), forms.fields, forms.positions, budget)
        self.matched = tuple(forms.matched)

    def _axis(self, axis: Axis) -> Read:
        choices: list[Choice] = []
        taken: list[Taken] = []
        rules: list[Rule | None] = [*axis.rules]
        if axis.rules[-1].predicate is not None:
            rules.append(None)
        above = Above()
        for rule in rules:
            try:
                outcome = DEFAULT if rule is None else self._outcomes.of(rule, above)
                choices.append(Choice(self._cubes(rule), self._number(outcome)))
                taken.append(Taken(rule, outcome))
            except GaveUp:
                if rule is None or self._budget.left < 0:
                    raise
                self.unread.append(Undecided("it has too many cases", rule.span))
        return Read(choices, taken)

    def _cubes(self, rule: Rule | None) -> list[Conjunction]:
        if rule is None or rule.predicate is None:
            return [ALWAYS]
        return self._predicates.conjunctions(rule.predicate)

    def _number(self, outcome: Outcome) -> int:
        """Return the number of an outcome; equal ones have one number."""
        number = self._numbers.setdefault(self.key([outcome]), len(self._known))
        if number == len(self._known):
            self._known.append(outcome)
        return number

    def outcome(self, number: int) -> Outcome:
        """Return an outcome by its number."""
        return self._known[number]

    def key(self, outcomes: Sequence[Outcome]) -> Hashable:
        """Return what is equal for equal groups: the label and the settings that the axes make together."""
        settings: dict[str, Form] = {}
        for outcome in outcomes:
            for name, form in outcome.settings:
                if name in settings and name in SCALES:
                    form = self._forms.arithmetic("*", [settings[name], form])
                settings[name] = form
        labels = tuple(outcome.label for outcome in outcomes)
        settled = tuple((name, self._forms.settled(form)) for name, form in sorted(settings.items()))
        return {"labels": labels, "settings": settled, "both": (labels, settled)}[self._compare]

    def is_constant(self, outcome: Outcome) -> bool:
        """Return whether an outcome is the same for every parameter of every model."""
        return (
            not outcome.inherited
            and all(isinstance(part, str) for part in outcome.label)
            and all(self._forms.is_constant(form) for _, form in outcome.settings)
        )
