"""The values of the terms in a label or a setting, for one parameter."""

from collections.abc import Iterable
from typing import Any

from paramrules.assignment.predicate_evaluator import Evaluator
from paramrules.assignment.value_evaluator import NO_CAPTURES
from paramrules.rules import terms
from paramrules.rules.model import Rule
from paramrules.rules.terms import Value, terms_in

_MADE = terms.Constant | terms.Arithmetic | terms.TupleValue
"""Values that read nothing themselves."""


def values_read(values: Iterable[Value], rule: Rule, parameter: int, evaluator: Evaluator) -> dict[str, Any]:
    """Return the facts, captures, options and lets that values read, each by its text.

    Args:
        values: the values, which may use captures of the rule.
        rule: a rule that holds for the parameter.
        parameter: the parameter, by its number in the inventory of the evaluator.
        evaluator: the evaluator.
    """
    facts = evaluator.facts
    entry, captures = parameter, NO_CAPTURES
    if rule.predicate is not None:
        entry = facts.first(evaluator.holds(rule.predicate, list(facts.inventory.entries(parameter))))
        captures = evaluator.captured.at((rule.predicate,), entry)
    return {
        term.span.one_line: evaluator.values.of(term, entry, captures)
        for term in terms_in(*values, lets=False)
        if isinstance(term, Value) and not isinstance(term, _MADE)
    }
