"""Every term inside a term."""

from collections.abc import Iterator
from dataclasses import fields
from typing import Any

from paramrules.rules.terms import LetPredicate, LetValue, Term


def terms_in(term: Term, *, lets: bool = True) -> Iterator[Term]:
    """The term itself and all inside it, in the order written; `lets`: also what its lets stand for."""
    yield term
    if not lets and isinstance(term, LetPredicate | LetValue):
        return
    for item in fields(term):
        if item.name != "span":
            yield from _inside(getattr(term, item.name), lets)


def _inside(value: Any, lets: bool) -> Iterator[Term]:
    if isinstance(value, Term):
        yield from terms_in(value, lets=lets)
    elif isinstance(value, tuple) and not hasattr(value, "_fields"):  # a span is a named tuple
        for item in value:
            yield from _inside(item, lets)
