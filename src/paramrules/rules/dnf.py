"""A predicate as a choice of cubes, so that rules can be compared without a model.

A cube is what has to be true together: `here`, tests that hold at one name of the parameter, and `facts`,
what is true or false of the parameter as a whole. A tied one has several names, and `not P` says something
about all of them, so it is a fact: "P holds nowhere". `not` of what all names share is the plain opposite.
"""

from collections.abc import Iterable
from math import isfinite
from typing import NamedTuple, TypeAlias

from paramrules.rules import terms
from paramrules.rules.terms import Predicate, Term, Value, terms_in

LARGEST = 64
"""Cubes of one predicate. A rule with more is not looked at."""

ALWAYS = ("ndim", "squeezed_ndim", "size")
"""Numeric facts that every parameter has. No comparison holds with one that is absent."""


class Atom(NamedTuple):
    """One test, in its positive form. Atoms are equal if they mean the same.

    kind        subject            what
    class       type, within, ...  one alternative
    regex       name, leaf, module the Regex
    glob        name, leaf, module the glob
    text        name, leaf, module one text that it equals
    constant    dtype, role        one constant
    number      a field, an extent the operator and the number
    nowhere                        the atoms that no name of the parameter has together
    other                          the term's repr (1 equals True), and that of where its captures come from
    """

    kind: str
    subject: str
    what: object


Facts: TypeAlias = tuple[tuple[Atom, bool], ...]
"""Atoms and whether they are true, none twice, in the order written: findings may not depend on hashes."""


class Cube(NamedTuple):
    """What holds at one name, and what is so for the parameter."""

    here: frozenset[Atom]
    facts: Facts

    def and_(self, other: "Cube") -> "Cube":
        """Both, at the same name."""
        more = tuple(fact for fact in other.facts if fact not in self.facts)
        return Cube(self.here | other.here, self.facts + more)

    @property
    def impossible(self) -> bool:
        """Whether a fact would have to be both true and false."""
        return len(self.facts) > 1 and any((atom, not value) in self.facts for atom, value in self.facts)


Cubes: TypeAlias = list[Cube]


class TooLarge(Exception):  # noqa: N818  leaves a recursion
    """A predicate has more cubes than are worth looking at."""


def cubes(predicate: Predicate) -> Cubes:
    """The cubes of a rule's predicate; it holds where one of them does. Raises `TooLarge`."""
    return _Reader(predicate).read(predicate)


_TRUE = Cube(frozenset(), ())


def _here(kind: str, subject: str, what: object) -> Cubes:
    return [Cube(frozenset((Atom(kind, subject, what),)), ())]


def _fact(kind: str, subject: str, what: object, value: bool = True) -> Cubes:
    return [Cube(frozenset(), ((Atom(kind, subject, what), value),))]


def _all(parts: Iterable[Cubes]) -> Cubes:
    found = [_TRUE]
    for part in parts:
        found = [both for left in found for right in part if not (both := left.and_(right)).impossible]
        if len(found) > LARGEST:
            raise TooLarge
    return found


def _any(parts: Iterable[Cubes]) -> Cubes:
    found = [cube for part in parts for cube in part]
    if len(found) > LARGEST:
        raise TooLarge
    return found


def _nowhere(some: Cubes) -> Cubes:
    """No name has any of the cubes: each lacks one of its facts, or its tests hold nowhere."""
    return _all(
        [Cube(frozenset(), ((atom, not value),)) for atom, value in cube.facts]
        + (_fact("nowhere", "", cube.here) if cube.here else [])
        for cube in some
    )


class _Reader:
    def __init__(self, whole: Predicate) -> None:
        self.whole = whole

    def read(self, predicate: Predicate) -> Cubes:
        match predicate:
            case terms.AllOf():
                return _all(map(self.read, predicate.items))
            case terms.AnyOf():
                return _any(map(self.read, predicate.items))
            case terms.Not():
                return _nowhere(self.read(predicate.item))
            case terms.LetPredicate():
                return self.read(predicate.predicate)
            case terms.Truth():
                return [_TRUE] if predicate.value else []
            case terms.OptionFlag() | terms.Flag():
                return _fact("other", predicate.name, type(predicate))
            case terms.ClassTest():
                make = _fact if predicate.function == "variable" else _here
                return _any(make("class", predicate.function, each.text) for each in predicate.alternatives)
            case terms.RegexTest():
                return _signed(predicate, _here("regex", predicate.subject, predicate.regex))
            case terms.GlobTest():
                return _signed(predicate, _here("glob", predicate.subject, predicate.glob))
            case terms.TextTest():
                texts = _any(_here("text", predicate.subject, text) for text in predicate.values)
                return _signed(predicate, texts)
            case terms.ConstantTest():
                make = _fact if predicate.subject == "dtype" else _here
                words = _any(make("constant", predicate.subject, word) for word in predicate.values)
                return _signed(predicate, words)
            case terms.ShapeTest():
                if any(not isinstance(each, terms.Constant | None) for each in predicate.extents):
                    return self.other(predicate)
                return _fact("other", "shape", repr(predicate.extents), not predicate.negated)
            case terms.Comparison():
                return self.compared(predicate, predicate.left, predicate.operator, (predicate.right,))
            case terms.ValueAmong():
                operator = "!=" if predicate.negated else "=="
                return self.compared(predicate, predicate.left, operator, predicate.items)
            case _:
                return self.other(predicate)

    def compared(self, predicate: Predicate, left: Value, operator: str, items: tuple[Value, ...]) -> Cubes:
        """A number of the parameter against constants; anything else only equals itself."""
        constants = [number for number in map(_number, items) if number is not None]
        match left:
            case terms.Field(name=field) if len(constants) == len(items) and field in ALWAYS:
                if operator == "!=":
                    return _all(_fact("number", field, ("==", c), False) for c in constants)
                return _any(_fact("number", field, (operator, c)) for c in constants)
            case terms.Field(name=field) if len(constants) == len(items) and operator != "!=":
                # fan_in and fan_out are a name's, and `!=` is about all of its parameter's names
                return _any(_here("number", field, (operator, c)) for c in constants)
            case terms.Extent(position=position) if len(constants) == len(items):
                join = _all if operator == "!=" else _any
                return join(_fact("number", f"shape[{position}]", (operator, c)) for c in constants)
        if isinstance(predicate, terms.Comparison) and operator in _MIRRORED and _number(left) is not None:
            (right,) = items
            if isinstance(right, terms.Field | terms.Extent):
                return self.compared(predicate, right, _MIRRORED[operator], (left,))
        return self.other(predicate)

    def other(self, term: Term) -> Cubes:
        """A test that is only known to equal itself, its captures coming from the same place."""
        captured = any(isinstance(each, terms.Capture) for each in terms_in(term))
        return _here("other", "", (repr(term), repr(self.whole) if captured else ""))


_MIRRORED = {"==": "==", "!=": "!=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}


def _signed(
    test: terms.RegexTest | terms.GlobTest | terms.TextTest | terms.ConstantTest, positive: Cubes
) -> Cubes:
    return _nowhere(positive) if test.negated else positive


def _number(value: Value) -> int | float | None:
    while isinstance(value, terms.LetValue):
        value = value.value
    number = value.value if isinstance(value, terms.Constant) else None
    return (
        number
        if isinstance(number, int | float) and not isinstance(number, bool) and isfinite(number)
        else None
    )
