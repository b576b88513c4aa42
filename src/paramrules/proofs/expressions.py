"""Normal forms of values, equal for values of two files that are the same for every parameter.

Sums and products of whole numbers are polynomials: `i + 1` and `1 + i` are one. Arithmetic in floats rounds,
so there only the order of the two sides of `+` and `*` is free. Every form is a number in a table, so that
lets which use lets stay small.
"""

from collections.abc import Hashable, Iterable, Mapping
from typing import Any, Final

from paramrules.proofs.captures import First, Matches
from paramrules.rules import terms
from paramrules.rules.arithmetic import NoResultError, compute
from paramrules.rules.dnf import ALWAYS, Atom, Cubes, GaveUp
from paramrules.rules.terms import RegexTest, Value

Form = int
"""The number of a normal form."""

Environment = Mapping[str, "Form"]
"""The form of each capture that a predicate binds."""

_COMMUTATIVE: Final = ("+", "*")
_EXTREME: Final = ("min", "max")
"""Functions that return one of their arguments, the first of equal ones: a whole number, or a float."""
_WHOLE: Final = ("//", "%", "min", "max", "abs", "neg", "floor", "ceil")
"""Operators whose result is a whole number if all arguments are."""
_LARGEST: Final = 64
"""The most terms of a polynomial."""


class Forms:
    """The table of normal forms of two files.

    Attributes:
        entry: the forms that depend on the name under which a tied parameter is looked at.
        paths: the attributes that values read.
        fields: the numbers that values read, and that not every parameter has.
        positions: the extents that values read.
        matched: the matches that values count, as tests.
        branches: for what the first of several branches captures, where each of them holds and what it is
            there; nothing if two hold at one name.
    """

    def __init__(self, matches: Matches) -> None:
        self.matches = matches
        self.known: list[tuple[Any, ...]] = []
        self.entry: set[Form] = set()
        self.paths: dict[tuple[str, tuple[str, ...]], None] = {}
        self.fields: set[str] = set()
        self.positions: set[int] = set()
        self.matched: dict[Atom, None] = {}
        self.branches: dict[Form, list[tuple[Cubes, Form]]] = {}
        self._numbers: dict[tuple[Any, ...], Form] = {}
        self._whole: set[Form] = set()
        self._lets: dict[int, Form] = {}

    def constant(self, value: object) -> Form:
        """Return the form of a literal; to Python `1` and `true` are equal, here they are not."""
        kind = "number" if isinstance(value, int | float) and not isinstance(value, bool) else repr(value)
        is_whole = kind == "number" and isinstance(value, int)
        return self._add("constant", kind, type(value).__name__, value, whole=is_whole)

    def number(self, form: Form) -> int | float | None:
        """Return the number that a form is for every parameter, or None."""
        kind, *rest = self.known[form]
        return rest[2] if kind == "constant" and rest[0] == "number" else None

    def of(self, value: Value, captures: Environment) -> Form:
        """Return the form of a value. Options are unknown: those that are known have been replaced."""
        match value:
            case terms.Constant():
                return self.constant(value.value)
            case terms.OptionValue():
                return self._add("option", value.name)
            case terms.Field():
                if value.name not in ALWAYS:
                    self.fields.add(value.name)
                return self._add("field", value.name, whole=True)
            case terms.Extent():
                self.positions.add(value.position)
                return self._add("extent", value.position, whole=True)
            case terms.Attribute():
                self.paths[value.function, value.path] = None
                return self._add("attribute", value.function, value.path, entry=True)
            case terms.Capture():
                if value.name not in captures:
                    raise GaveUp
                return captures[value.name]
            case terms.Count():
                return self._add("count", self._match(value.match), whole=True)
            case terms.Position():
                return self._add("index", self._match(value.match), whole=True)
            case terms.LetValue():
                if id(value.value) not in self._lets:
                    self._lets[id(value.value)] = self.of(value.value, {})
                return self._lets[id(value.value)]
            case terms.TupleValue():
                return self._add("tuple", *(self.of(item, captures) for item in value.items))
            case _:
                return self.arithmetic(value.operator, [self.of(item, captures) for item in value.arguments])

    def _match(self, test: RegexTest) -> int:
        self.matched[Atom("text", test.subject, test.regex.text)] = None
        return self.matches.of_test(test)

    def capture(self, match: int, group: int, numeric: bool) -> Form:
        """Return the form of a group of a match."""
        found = self.matches.capture(match, group)
        return self._add("capture", *found, numeric, whole=numeric, entry=True)

    def first_of(self, choices: tuple[object, ...], *, whole: bool = False) -> Form:
        """Return the form of what the first of several choices decides that holds."""
        return self._add("first of", choices, whole=whole, entry=True)

    def first_name(self, form: Form) -> First | None:
        """Return what is equal for captures of matches that are found in the same names; None of others."""
        kind, *rest = self.known[form]
        return self.matches.first_name(rest[0]) if kind == "capture" else None

    def agree(self, one: Form, other: Form) -> bool:
        """Return whether two captures are certain to be equal wherever both matches are found."""
        (kind, *at), (another, *place) = self.known[one], self.known[other]
        if not kind == another == "capture" or at[2] != place[2]:
            return False
        return self.matches.agree_where_both((at[0], at[1]), (place[0], place[1]))

    def arithmetic(self, operator: str, items: list[Form]) -> Form:
        """Return the form of an operator or a function applied to forms."""
        numbers = [self.number(item) for item in items]
        if None not in numbers:
            try:
                return self.constant(compute(operator, numbers))
            except NoResultError:
                return self._add("arithmetic", operator, *items)
        whole = all(item in self._whole for item in items)
        if whole and operator in ("+", "-", "*", "neg"):
            polynomial = self._polynomial(operator, items)
            if len(polynomial) <= _LARGEST:
                return self._of_polynomial(polynomial)
        if operator in _COMMUTATIVE or (whole and operator in _EXTREME):
            items = sorted(items)
        return self._add("arithmetic", operator, *items, whole=whole and operator in _WHOLE)

    def settled(self, form: Form) -> Hashable:
        """Return what is equal for the forms of equal settings: there 1 and 1.0 are the same."""
        kind, *rest = self.known[form]
        if kind == "tuple":
            return tuple(map(self.settled, rest))
        if kind == "arithmetic" and rest[0] in _EXTREME:
            return ("form", rest[0], *sorted(rest[1:]))
        number = self.number(form)
        return ("form", form) if number is None else number

    def is_constant(self, form: Form) -> bool:
        """Return whether a form has the same value for every parameter of every model."""
        kind, *rest = self.known[form]
        return kind == "constant" or (kind == "tuple" and all(map(self.is_constant, rest)))

    def are_whole(self, *forms: Form) -> bool:
        """Return whether forms are whole numbers for every parameter that has them."""
        return all(form in self._whole for form in forms)

    def least(self, form: Form) -> int | float | None:
        """Return a number than which a form is never less, or None: facts and captures are at least 0."""
        kind, *rest = self.known[form]
        if kind == "sum":
            terms_ = dict(rest[0])
            least = terms_.pop((), 0)
            return least if all(f > 0 for f in terms_.values()) and self._from_0(terms_) else None
        number = self.number(form)
        return number if number is not None else 0 if self._from_0({(form,): 1}) else None

    def compared(self, operator: str, form: Form) -> bool | None:
        """Return whether 0 is less than a whole number, or equal to it, where it is the same for all."""
        least, negative = self.least(form), self.least(self.arithmetic("neg", [form]))
        if least is not None and least > 0:
            return operator == "<"
        if negative is not None and negative >= (operator == "=="):
            return False
        return None

    def match_of(self, form: Form) -> Atom | None:
        """Return the test that the match of a capture is found; None of any other form."""
        kind, *rest = self.known[form]
        return self.matches.test(rest[0]) if kind == "capture" else None

    def multiple(self, form: Form) -> tuple[Form, int, int] | None:
        """Return what a form is a multiple of, the factor, and the number that is added to it."""
        terms_ = self._terms_of(form)
        rest = terms_.pop((), 0)
        if len(terms_) != 1:
            return None
        (monomial, factor), *_ = terms_.items()
        return (monomial[0], factor, rest) if len(monomial) == 1 else None

    def text(self, form: Form) -> str | None:
        """Return the text that a form is for every parameter, or None."""
        kind, *rest = self.known[form]
        return rest[2] if kind == "constant" and isinstance(rest[2], str) else None

    def _from_0(self, monomials: Iterable[tuple[Form, ...]]) -> bool:
        kinds = {self.known[form][0] for monomial in monomials for form in monomial}
        numeric = all(form in self._whole for monomial in monomials for form in monomial)
        return numeric and kinds <= {"field", "extent", "capture", "first of", "count", "index"}

    def label_part(self, form: Form) -> str | Form:
        """Return a hole of a label, as text if it is the same for every parameter."""
        number = self.number(form)
        if number is None:
            return form
        return str(int(number)) if float(number).is_integer() else str(number)

    def _add(self, *form: Any, whole: bool = False, entry: bool = False) -> Form:
        found = self._numbers.setdefault(form, len(self.known))
        if found == len(self.known):
            self.known.append(form)
            if whole:
                self._whole.add(found)
            if entry or any(item in self.entry for item in _inside(form)):
                self.entry.add(found)
        return found

    def _polynomial(self, operator: str, items: list[Form]) -> dict[tuple[Form, ...], int]:
        one, *others = map(self._terms_of, items)
        if operator == "neg":
            return {monomial: -factor for monomial, factor in one.items()}
        (other,) = others
        found: dict[tuple[Form, ...], int] = {}
        if operator == "*":
            for left, a in one.items():
                for right, b in other.items():
                    product = tuple(sorted(left + right))
                    found[product] = found.get(product, 0) + a * b
        else:
            found = dict(one)
            for monomial, factor in other.items():
                found[monomial] = found.get(monomial, 0) + (factor if operator == "+" else -factor)
        return {monomial: factor for monomial, factor in found.items() if factor}

    def _terms_of(self, form: Form) -> dict[tuple[Form, ...], int]:
        kind, *rest = self.known[form]
        if kind == "sum":
            return dict(rest[0])
        number = self.number(form)
        if number is not None:
            return {(): int(number)} if number else {}
        return {(form,): 1}

    def _of_polynomial(self, polynomial: dict[tuple[Form, ...], int]) -> Form:
        if not polynomial or list(polynomial) == [()]:
            return self.constant(polynomial.get((), 0))
        if list(polynomial.values()) == [1] and len(next(iter(polynomial))) == 1:
            return next(iter(polynomial))[0]
        return self._add("sum", frozenset(polynomial.items()), whole=True)


def _inside(form: tuple[Any, ...]) -> list[Form]:
    """Return the forms that a form is made of."""
    kind, *rest = form
    if kind == "sum":
        return [inside for monomial, _ in rest[0] for inside in monomial]
    return rest[1:] if kind == "arithmetic" else rest if kind == "tuple" else []
