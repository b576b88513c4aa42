"""Rules with the values of some options in their place, and with what can be computed from them."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, cast

from paramrules.rules import terms
from paramrules.rules.arithmetic import NoResultError, compute
from paramrules.rules.model import Rules
from paramrules.rules.terms import Term


def with_constants(rules: Rules, values: Mapping[str, int | float | str | bool | None]) -> Rules:
    """Return rules in which these options have these values. Expectations are left out."""
    replaced = _Replaced(values)
    axes = tuple(
        replace(axis, rules=tuple(map(replaced.term, axis.rules)), expectations=()) for axis in rules.axes
    )
    return replace(rules, axes=axes)


class _Replaced:
    """Terms with constants for options. A let is replaced once, so that its uses still share one term."""

    def __init__(self, values: Mapping[str, int | float | str | bool | None]) -> None:
        self._values = values
        self._done: dict[int, tuple[Term, Term]] = {}

    def term(self, term: Any) -> Any:
        if id(term) not in self._done:
            self._done[id(term)] = term, self._term(term)
        return self._done[id(term)][1]

    def _any(self, item: Any) -> Any:
        if isinstance(item, tuple) and not hasattr(item, "_fields"):
            return tuple(map(self._any, item))
        return self.term(item) if isinstance(item, Term) else item

    def _term(self, term: Term) -> Term:
        match term:
            case terms.OptionValue() if term.name in self._values:
                return terms.Constant(term.span, self._values[term.name])
            case terms.OptionFlag() if isinstance(self._values.get(term.name), bool):
                return terms.Truth(term.span, bool(self._values[term.name]))
            case terms.GlobTest() if isinstance(self._values.get(term.option), str):
                return replace(term, glob=str(self._values[term.option]), option="")
            case terms.TextTest() if term.options:
                known = [o for o in term.options if isinstance(self._values.get(o), str)]
                return replace(
                    term,
                    values=(*term.values, *(str(self._values[o]) for o in known)),
                    options=tuple(o for o in term.options if o not in known),
                )
            case _:
                fields = {name: self._any(getattr(term, name)) for name in term.__slots__ if name != "span"}
                return _computed(replace(cast(Any, term), **fields))


def _computed(term: Term) -> Term:
    """Return arithmetic over constants as its result, if it has one."""
    if not isinstance(term, terms.Arithmetic):
        return term
    numbers = [terms.constant_number(argument) for argument in term.arguments]
    if None in numbers:
        return term
    try:
        return terms.Constant(term.span, compute(term.operator, numbers))
    except NoResultError:
        return term
