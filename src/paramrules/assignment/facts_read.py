"""The facts that a term reads of a parameter, by their names: those of columns, `folded` and `owner`."""

from typing import Final

from paramrules.rules import terms
from paramrules.rules.terms import Term

_NOTHING: Final[frozenset[str]] = frozenset()
_FOLDED: Final = frozenset(("folded",))
_DIGITS: Final = frozenset("0123456789[")
"""The digits, and what begins a class of characters in a glob."""


def facts_read(term: Term) -> frozenset[str] | None:
    """Return the facts that a term itself reads, without the terms inside it; None if it takes more.

    `tied` does not count as one, because no tied parameter is ever alike to another.
    """
    match term:
        case terms.ClassTest():
            return frozenset(("variable" if term.function == "variable" else "owner",))
        case terms.RegexTest():
            return _FOLDED if term.regex.takes_digits_alike else None
        case terms.GlobTest():
            return None if term.option or not _DIGITS.isdisjoint(term.glob) else _FOLDED
        case terms.TextTest():
            plain = not term.options and _DIGITS.isdisjoint("".join(term.values))
            return _FOLDED if plain else None
        case terms.ConstantTest():
            return frozenset((term.subject,))
        case terms.ShapeTest() | terms.Extent():
            return frozenset(("shape",))
        case terms.Field() | terms.Flag():
            return _NOTHING if term.name == "tied" else frozenset((term.name,))
        case terms.Constant() | terms.OptionValue() | terms.Arithmetic() | terms.TupleValue() | terms.Count():
            return _NOTHING
        case terms.Truth() | terms.OptionFlag() | terms.Comparison() | terms.ValueAmong():
            return _NOTHING
        case _:
            return None
