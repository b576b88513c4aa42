"""Find predicates that hold for nothing, and those that other option values could switch on."""

from paramrules.assignment.predicate_evaluator import Evaluator
from paramrules.diagnostics import RulesError
from paramrules.rules import terms
from paramrules.rules.terms import Predicate, terms_in

_OPTIONS = terms.OptionFlag | terms.OptionValue
_WITHOUT_FACTS = (
    _OPTIONS
    | terms.AnyOf
    | terms.AllOf
    | terms.Not
    | terms.Truth
    | terms.LetPredicate
    | terms.Comparison
    | terms.ValueAmong
    | terms.Constant
    | terms.Arithmetic
    | terms.TupleValue
    | terms.LetValue
)
"""The terms that look at no parameter and no model."""

_CHUNK = 1000


def holding(predicate: Predicate, entries: list[int], evaluator: Evaluator) -> list[int]:
    """Return the entries for which a predicate holds, without those for which it cannot be computed.

    Here it meets parameters that its rule never does: a rule above may keep a zero from a division.
    """
    try:
        return evaluator.holds(predicate, entries)
    except RulesError as error:
        if any(finding.code != "E208" for finding in error.diagnostics):
            raise
        half = len(entries) // 2
        parts = (entries[:half], entries[half:]) if half else ()
        return [entry for part in parts for entry in holding(predicate, part, evaluator)]


def holds_anywhere(predicate: Predicate, evaluator: Evaluator) -> bool:
    """Return whether a predicate holds for anything. One that does mostly does so near the beginning."""
    count = len(evaluator.facts.names)
    return any(
        holding(predicate, list(range(start, min(start + _CHUNK, count))), evaluator)
        for start in range(0, count, _CHUNK)
    )


def switched_off(
    predicate: Predicate, evaluator: Evaluator, known: dict[tuple[int, bool], bool], beside: bool = False
) -> bool:
    """Return whether options alone keep a predicate from holding, which holds for nothing.

    Args:
        predicate: the predicate.
        evaluator: the evaluator.
        known: the results so far, since lets share what they stand for.
        beside: it stands in an `and`, so that an `or` may hold.
    """
    key = id(predicate), beside
    if key not in known:
        match predicate:
            case terms.LetPredicate():
                off = switched_off(predicate.predicate, evaluator, known, beside)
            case terms.AnyOf() if not beside:
                off = any(switched_off(item, evaluator, known) for item in predicate.items)
            case terms.AllOf():
                off = any(switched_off(item, evaluator, known, beside=True) for item in predicate.items)
            case _:
                off = _reads_options_alone(predicate) and not holding(predicate, [0], evaluator)
        known[key] = off
    return known[key]


def _reads_options_alone(predicate: Predicate) -> bool:
    inside = list(terms_in(predicate))
    return all(isinstance(term, _WITHOUT_FACTS) for term in inside) and any(
        isinstance(term, _OPTIONS) for term in inside
    )
