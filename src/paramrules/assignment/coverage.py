"""The rules, and the branches of `or`, that some model reaches."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

from paramrules.assignment.captured import uses_captures
from paramrules.assignment.dead_predicates import holds_anywhere
from paramrules.assignment.label_settings import Label
from paramrules.assignment.predicate_evaluator import Evaluator
from paramrules.diagnostics import Diagnostic, Span, distinct
from paramrules.rules import terms
from paramrules.rules.model import Rules
from paramrules.rules.terms import terms_in

if TYPE_CHECKING:
    from paramrules.assignment.assignment import Assignment

RULE: Final = "rule"
BRANCH: Final = "branch"
_PARTS: Final = ("W201", "W202", "N202")
"""The codes of parts that a model does not reach."""
_ALTERNATIVES: Final = ("W203", "N203")
"""The codes of alternatives inside a part that hold for nothing in a model."""


class Part(NamedTuple):
    """A rule or a branch of `or` in one, and whether it is reached.

    A rule is reached if it takes a parameter, a branch if it holds for one.
    """

    kind: str
    span: Span
    reached: bool


@dataclass(frozen=True, slots=True)
class Coverage:
    """The parts of a rule file that several models reach.

    Attributes:
        parts: the rules and branches, in the order written.
        findings: what the rules find on the models, without what only some of them do not reach, unless it is
            an error under `strict`.
    """

    parts: tuple[Part, ...]
    findings: tuple[Diagnostic, ...]

    @property
    def missed(self) -> list[Part]:
        """The parts that no model reaches."""
        return [part for part in self.parts if not part.reached]

    @property
    def percent(self) -> int:
        """The share of parts that are reached, never rounded up: 100 if all are."""
        return 100 * (len(self.parts) - len(self.missed)) // len(self.parts)

    def reached(self, kind: str) -> tuple[int, int]:
        """Return how many parts of a kind are reached, and how many there are."""
        found = [part.reached for part in self.parts if part.kind == kind]
        return sum(found), len(found)


def coverage(assignments: "Sequence[Assignment]") -> Coverage:
    """Return what the models of some assignments reach of their rules.

    Args:
        assignments: one or more, by the same rule file, to different models or with different options.

    >>> covered = coverage([assign("vit.rules", small), assign("vit.rules", large)])
    >>> covered.percent, [part.span.text for part in covered.missed]
    (88, ['name ~ relative_position'])
    """
    columns = zip(*(each.parts() for each in assignments), strict=True)
    parts = [Part(same[0].kind, same[0].span, any(part.reached for part in same)) for same in columns]
    reached = {_place(part.span) for part in parts if part.reached}
    dead = [{_place(f.span) for f in each.findings if f.code in _ALTERNATIVES} for each in assignments]
    everywhere = set.intersection(*dead)
    seen, findings = set(), []
    for finding in (finding for each in assignments for finding in each.findings):
        if finding.code in (*_PARTS, *_ALTERNATIVES):
            place = _place(finding.span)
            is_dead = place not in reached if finding.code in _PARTS else place in everywhere
            if not finding.is_error and (not is_dead or place in seen):
                continue
            seen.add(place)
        findings.append(finding)
    return Coverage(tuple(parts), tuple(distinct(findings)))


def parts_of(rules: Rules, labels: Sequence[Sequence[Label]], evaluator: Evaluator) -> Iterator[Part]:
    """Yield the parts of rules, in the order written.

    Branches inside a `let` are left out, and those that use a capture, which means nothing outside its rule.
    """
    for axis, found in zip(rules.axes, labels, strict=True):
        took = {rule for label in found for rule, _, _ in label.taken}
        for number, rule in enumerate(axis.rules):
            yield Part(RULE, rule.span, number in took)
            for term in terms_in(rule, lets=False):
                for branch in term.items if isinstance(term, terms.AnyOf) else ():
                    if not uses_captures(branch):
                        alive = id(branch) in evaluator.alive
                        alive = alive or (number in took and holds_anywhere(branch, evaluator))
                        yield Part(BRANCH, branch.span, alive)


def _place(span: Span | None) -> tuple[int, int]:
    assert span is not None
    return span.start, span.end
