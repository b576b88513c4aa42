"""The `expect` statements: tests that live with the rules."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from shlex import quote

from paramrules.assignment.label_settings import Label
from paramrules.assignment.labelling import filled
from paramrules.assignment.partition import one_name
from paramrules.assignment.predicate_evaluator import Evaluator
from paramrules.diagnostics import Diagnostic, Place
from paramrules.rules.model import Axis, Expectation, Rule
from paramrules.rules.shipped import names_policy


@dataclass(frozen=True, slots=True)
class Outcome:
    """The result of one `expect`.

    Attributes:
        axis: the name of the axis that it tests.
        expectation: the statement.
        parameters: the number of parameters that satisfy its predicate.
        finding: E206 with the reason if it does not hold, else None.
    """

    axis: str
    expectation: Expectation
    parameters: int
    finding: Diagnostic | None

    @property
    def holds(self) -> bool:
        """True if the expectation is met."""
        return self.finding is None


def outcomes(axis: Axis, labels: Sequence[Label], evaluator: Evaluator) -> Iterator[Outcome]:
    """Yield the outcome of each `expect` of an axis."""
    if not axis.expectations:
        return
    facts = evaluator.facts
    actual = {
        facts.parameter(entry): (label.text, axis.rules[rule] if rule >= 0 else None)
        for label in labels
        for rule, _, entries in label.taken
        for entry in entries
    }
    for expectation in axis.expectations:
        hits = one_name(evaluator.holds(expectation.predicate, list(range(len(facts.names)))), facts)
        wrong = None if hits else _nothing(expectation)
        violating = [
            (entry, text)
            for text, entry in _expected(expectation, hits, evaluator)
            if (actual[facts.parameter(entry)][0] == text) is expectation.negated
        ]
        if violating:
            entry, text = min(violating)
            wrong = _violated(expectation, facts.names[entry], text, *actual[facts.parameter(entry)])
        yield Outcome(axis.name, expectation, len(hits), wrong)


def _expected(
    expectation: Expectation, entries: list[int], evaluator: Evaluator
) -> Iterator[tuple[str, int]]:
    parts = evaluator.captured.apart((expectation.predicate,), entries) if entries else ()
    taken = ((-1, found, some) for found, some in parts)
    for text, _, (_, _, having) in filled(expectation.label, taken, evaluator.values):
        yield from ((text, entry) for entry in having)


def _nothing(expectation: Expectation) -> Diagnostic | None:
    if expectation.optional:
        return None
    sign = "not " if expectation.negated else ""
    return Diagnostic(
        "E206",
        "no parameter of the model satisfies this expectation's predicate",
        expectation.predicate.span,
        "holds for nothing",
        help=f"if that is allowed, write `expect {sign}{expectation.label.text}?:`",
    )


def _violated(expectation: Expectation, name: str, wanted: str, label: str, rule: Rule | None) -> Diagnostic:
    taken = Place(rule.span, f"takes `{name}`") if rule else None
    file = expectation.span.source.name
    fits = "this policy is for other models; " if names_policy(file) else ""
    return Diagnostic(
        "E206",
        f"`{name}` is `{label}`" + ("" if expectation.negated else f", not `{wanted}`"),
        expectation.span,
        "this expectation does not hold",
        also=(taken,) if taken else (),
        help=f"{fits}`paramrules explain {quote(file)} {quote(name)} --model ...` says why",
        project_help=f"{fits}`paramrules explain {quote(name)}` says why",
    )
