"""The explanations of all parameters of a model, for reports that write each part once for all of a kind."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from paramrules.assignment.clauses import holds_too
from paramrules.assignment.explanation import (
    FAILED,
    LATER,
    WON,
    Verdict,
    facts_of,
    headline,
    verdict_row,
)
from paramrules.assignment.label_settings import Label
from paramrules.assignment.labelling import captured_values
from paramrules.assignment.parameter_kinds import Column, Kinds
from paramrules.assignment.predicate_evaluator import Evaluator
from paramrules.rules.model import Axis, Rule

if TYPE_CHECKING:
    from paramrules.assignment.assignment import Assignment


class ExplainedAxis(NamedTuple):
    """One axis for all parameters.

    Attributes:
        heads: for each parameter the label with its settings.
        rules: the rules, in the order written.
    """

    heads: Sequence[str]
    rules: Sequence["ExplainedRule"]

    def head(self, parameter: int) -> tuple[str]:
        """Return the head of a parameter as a row."""
        return (self.heads[parameter],)


class Explanations:
    """The explanations of all parameters of an assignment.

    Args:
        assignment: the assignment.
        labels: the labels of each axis.
        evaluator: the evaluator that made them.
    """

    def __init__(
        self, assignment: "Assignment", labels: Sequence[Sequence[Label]], evaluator: Evaluator
    ) -> None:
        self._assignment = assignment
        self._evaluator = evaluator
        self._kinds = Kinds(evaluator)
        self.axes = [
            ExplainedAxis(
                self._heads(axis, of_axis),
                [
                    ExplainedRule(rule, at, found.rules, self._kinds, assignment, evaluator)
                    for at, rule in enumerate(axis.rules)
                ],
            )
            for axis, of_axis, found in zip(assignment.rules.axes, labels, assignment.axes, strict=True)
        ]

    def kinds_of_facts(self) -> Column:
        """Return for each parameter its kind: those of one kind have the same facts."""
        return self._kinds.of_facts()

    def facts(self, parameter: int) -> list[tuple[str, str]]:
        """Return the facts about a parameter, each with its value as text."""
        return facts_of(self._assignment.inventory.parameter(parameter))

    def _heads(self, axis: Axis, labels: Sequence[Label]) -> list[str]:
        facts = self._evaluator.facts
        heads = [""] * facts.count
        for label in labels:
            implied = [setting.key for setting in axis.implies(label.text)]
            settings_of = {entry: at for at, (_, _, having) in enumerate(label.settings) for entry in having}
            for rule, texts, entries in label.taken:
                captures = captured_values(axis.rules[rule], texts) if rule >= 0 else {}
                written = [
                    headline(
                        axis.name,
                        label.text,
                        settings,
                        {key: settings[key] for key in implied if key in settings},
                        captures,
                    )
                    for _, settings, _ in label.settings
                ]
                for entry in entries:
                    heads[facts.parameter(entry)] = written[settings_of[entry]]
        return heads


class ExplainedRule:
    """One rule for all parameters.

    Attributes:
        kinds: for each parameter its kind: those of one kind have the same verdict.
    """

    def __init__(
        self,
        rule: Rule,
        at: int,
        winners: Sequence[int],
        kinds: Kinds,
        assignment: "Assignment",
        evaluator: Evaluator,
    ) -> None:
        self._rule = rule
        self._at = at
        self._winners = winners
        self._assignment = assignment
        self._evaluator = evaluator
        outcomes = list(map(self._outcome, range(len(winners))))
        self.kinds: Column = outcomes if rule.predicate is None else kinds.of(rule.predicate, outcomes)

    def verdict(self, parameter: int) -> tuple[str, ...]:
        """Return the verdict of the rule on a parameter, as a row; an empty one if it is not told."""
        rule, outcome = self._rule, self._outcome(parameter)
        inventory = self._assignment.inventory
        entries = list(inventory.entries(parameter))
        if rule.predicate is None and outcome != WON:
            return ()
        if rule.predicate and outcome == LATER and not holds_too(rule.predicate, entries, self._evaluator):
            return ()
        clause = self._assignment.clause(rule, parameter)
        return verdict_row(outcome, Verdict(rule, clause), inventory.names[parameter])

    def _outcome(self, parameter: int) -> str:
        won = self._winners[parameter]
        return WON if won == self._at else LATER if 0 <= won < self._at else FAILED
