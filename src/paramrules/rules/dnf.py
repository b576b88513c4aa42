"""Predicates in disjunctive normal form, so that rules can be compared without a model.

A predicate holds where one of its cubes does. A cube has two parts: tests that hold together at one name of
the parameter, and facts that are true or false of the parameter as a whole. A tied parameter has several
names, and `not P` is about all of them, so its negation is a fact: "P holds nowhere". The negation of a fact
is the opposite fact.
"""

from collections.abc import Iterable
from typing import NamedTuple, TypeAlias

from paramrules.rules import terms
from paramrules.rules.terms import Predicate, Term, Value, constant_number, terms_in, value_of

LARGEST = 64
"""Cubes of one predicate. A rule with more is not analysed."""

ALWAYS = ("ndim", "squeezed_ndim", "size")
"""Numeric facts that every parameter has. No comparison holds with one that is absent."""


class GaveUp(Exception):  # noqa: N818  not an error: the rule counts as one that can win
    """An analysis would take more steps than it is worth."""


class Budget:
    """The steps that an analysis may still take."""

    def __init__(self, steps: int) -> None:
        self.left = steps

    def spend(self, steps: int = 1) -> None:
        """Take some steps. Raises GaveUp if there are not as many left."""
        self.left -= steps
        if self.left < 0:
            raise GaveUp


class Atom(NamedTuple):
    """One test in its positive form. Atoms are equal if they mean the same.

    kind        subject            what
    class       type, within, ...  one alternative
    regex       name, leaf, module the Regex
    glob        name, leaf, module the glob
    text        name, leaf, module one string that it equals
    constant    dtype, role        one constant
    number      a field, an extent the operator and the number
    nowhere                        the atoms that no name of the parameter has together
    other                          a key of the term, and of the predicate that binds its captures
    """

    kind: str
    subject: str
    what: object


class Cube(NamedTuple):
    """A conjunction: tests at one name and facts about the parameter, both in the order written.

    The order keeps findings from depending on hashes: how many steps an analysis takes may decide them.
    """

    here: tuple[Atom, ...]
    facts: dict[Atom, bool]


Cubes: TypeAlias = list[Cube]


class Reader:
    """Reads predicates into cubes; what a let stands for is read once.

    Args:
        largest: the most cubes of one predicate.
    """

    def __init__(self, largest: int = LARGEST) -> None:
        self.largest = largest
        self._lets: dict[int, Cubes | None] = {}
        self._keys: dict[int, object] = {}

    def cubes(self, predicate: Predicate, budget: Budget) -> Cubes:
        """Return the cubes of a rule's predicate. Raises GaveUp if they are too many or too large."""
        return _Whole(predicate, self, budget).read(predicate)

    def let(self, predicate: Predicate, budget: Budget) -> Cubes:
        """Return the cubes of what a let stands for, which sees no captures but its own."""
        if id(predicate) not in self._lets:
            self._lets[id(predicate)] = None
            self._lets[id(predicate)] = self.cubes(predicate, budget)
        found = self._lets[id(predicate)]
        if found is None:
            raise GaveUp
        return found

    def key(self, term: Term, budget: Budget) -> object:
        """Return what is equal for terms that mean the same, as `repr` is: to `==`, 1 is true."""
        if id(term) not in self._keys:
            inside = list(terms_in(term, lets=False))
            budget.spend(len(inside))
            lets = tuple(
                id(each.value if isinstance(each, terms.LetValue) else each.predicate)
                for each in inside
                if isinstance(each, terms.LetValue | terms.LetPredicate)
            )
            self._keys[id(term)] = repr(term), lets
        return self._keys[id(term)]

    def fewer(self, cubes: Cubes, budget: Budget) -> Cubes:
        """Return cubes of which one is true where one of these is, fewer if that is worth the steps."""
        return cubes

    def other(self, term: Predicate, whole: Predicate, budget: Budget) -> Cubes:
        """Return a test that is only known to equal itself, its captures coming from the same predicate."""
        key = self.key(term, budget)
        return here("other", "", (key, self.key(whole, budget) if uses_captures(term) else None))


_TRUE = Cube((), {})


def uses_captures(term: Term) -> bool:
    """Return whether a term reads a capture; what a let stands for reads none."""
    return any(isinstance(each, terms.Capture) for each in terms_in(term, lets=False))


def here(kind: str, subject: str, what: object) -> Cubes:
    """Return a test that holds at one name."""
    return [Cube((Atom(kind, subject, what),), {})]


def fact(kind: str, subject: str, what: object, value: bool = True) -> Cubes:
    """Return a fact that is true, or false, of the parameter."""
    return [Cube((), {Atom(kind, subject, what): value})]


class _Whole:
    """A predicate that binds captures for the comparisons inside it: that of a rule or of a let."""

    def __init__(self, whole: Predicate, reader: Reader, budget: Budget) -> None:
        self.whole = whole
        self.reader = reader
        self.budget = budget

    def read(self, predicate: Predicate) -> Cubes:
        match predicate:
            case terms.AllOf():
                return self.all(map(self.read, predicate.items))
            case terms.AnyOf():
                return self.any(map(self.read, predicate.items))
            case terms.Not():
                return self.nowhere(self.read(predicate.item))
            case terms.LetPredicate():
                return self.reader.let(predicate.predicate, self.budget)
            case terms.Truth():
                return [_TRUE] if predicate.value else []
            case terms.OptionFlag() | terms.Flag():
                return fact("other", predicate.name, type(predicate))
            case terms.ClassTest():
                make = fact if predicate.function == "variable" else here
                return self.any(
                    make("class", predicate.function, each.text) for each in predicate.alternatives
                )
            case terms.RegexTest():
                return self.signed(predicate, here("regex", predicate.subject, predicate.regex))
            case terms.GlobTest():
                if predicate.option:
                    return self.signed(predicate, here("option glob", predicate.subject, predicate.option))
                return self.signed(predicate, here("glob", predicate.subject, predicate.glob))
            case terms.TextTest():
                texts = [here("text", predicate.subject, text) for text in predicate.values]
                texts += [here("option text", predicate.subject, option) for option in predicate.options]
                return self.signed(predicate, self.any(texts))
            case terms.ConstantTest():
                words = self.any(fact("constant", predicate.subject, word) for word in predicate.values)
                return self.signed(predicate, words)
            case terms.ShapeTest():
                extents = tuple(each and constant_number(each) for each in predicate.extents)
                if any(
                    each and number is None for each, number in zip(predicate.extents, extents, strict=True)
                ):
                    return self.other(predicate)
                return fact("other", "shape", extents, not predicate.negated)
            case terms.Comparison():
                return self.compared(predicate, predicate.left, predicate.operator, (predicate.right,))
            case terms.ValueAmong():
                operator = "!=" if predicate.negated else "=="
                return self.compared(predicate, predicate.left, operator, predicate.items)
            case _:
                return self.other(predicate)

    def all(self, parts: Iterable[Cubes]) -> Cubes:
        """Return the conjunction of the parts, without what contradicts itself."""
        found = [_TRUE]
        for part in parts:
            found = [both for left in found for right in part if (both := self.both(left, right))]
            found = self.reader.fewer(found, self.budget)
            if len(found) > self.reader.largest:
                raise GaveUp
        return found

    def both(self, left: Cube, right: Cube) -> Cube | None:
        """Return the conjunction of two cubes at the same name; None if a fact is both true and false."""
        self.budget.spend(1 + len(left.here) + len(left.facts) + len(right.here) + len(right.facts))
        facts = dict(left.facts)
        for atom, value in right.facts.items():
            if facts.setdefault(atom, value) != value:
                return None
        return Cube(tuple(dict.fromkeys(left.here + right.here)), facts)

    def any(self, parts: Iterable[Cubes]) -> Cubes:
        found: Cubes = []
        for part in parts:
            found += part
            if len(found) > self.reader.largest:
                raise GaveUp
        return found

    def nowhere(self, some: Cubes) -> Cubes:
        """Negate a DNF over all names of the parameter (De Morgan)."""
        return self.all(
            [Cube((), {atom: not value}) for atom, value in cube.facts.items()]
            + (fact("nowhere", "", frozenset(cube.here)) if cube.here else [])
            for cube in some
        )

    def signed(
        self, test: terms.RegexTest | terms.GlobTest | terms.TextTest | terms.ConstantTest, positive: Cubes
    ) -> Cubes:
        return self.nowhere(positive) if test.negated else positive

    def compared(self, predicate: Predicate, left: Value, operator: str, items: tuple[Value, ...]) -> Cubes:
        """Compare a number of the parameter with constants; anything else only equals itself."""
        constants = [number for number in map(constant_number, items) if number is not None]
        left = value_of(left)
        match left:
            case terms.Field(name=field) if len(constants) == len(items) and field in ALWAYS:
                if operator == "!=":
                    return self.all(fact("number", field, ("==", c), False) for c in constants)
                return self.any(fact("number", field, (operator, c)) for c in constants)
            case terms.Field() | terms.Extent() if len(constants) == len(items):
                # `!=` holds only where the fact applies, which the negation of `==` does not say
                subject = left.name if isinstance(left, terms.Field) else f"shape[{left.position}]"
                join = self.all if operator == "!=" else self.any
                return join(fact("number", subject, (operator, c)) for c in constants)
        if isinstance(predicate, terms.Comparison) and operator in MIRRORED:
            right = value_of(*items)
            if isinstance(right, terms.Field | terms.Extent) and constant_number(left) is not None:
                return self.compared(predicate, right, MIRRORED[operator], (left,))
        return self.other(predicate)

    def other(self, term: Predicate) -> Cubes:
        return self.reader.other(term, self.whole, self.budget)


MIRRORED = {"==": "==", "!=": "!=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}
"""The operators that say the same with the two sides exchanged."""
