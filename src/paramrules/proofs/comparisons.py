"""Comparisons of two values as tests that both files share, where the values have one form in both.

A whole number that is compared with a constant is a range of it, whatever is added to it and multiplied: the
ranges of one number are known to hold together or not. Any other comparison is only known to equal itself.
"""

from collections.abc import Callable, Sequence
from typing import Final

from paramrules.assignment.value_evaluator import captures_of
from paramrules.proofs.expressions import Environment, Form, Forms
from paramrules.rules import dnf, terms
from paramrules.rules.dnf import Atom, Cube, Cubes, GaveUp, fact, here
from paramrules.rules.terms import Predicate, Value, terms_in, value_of

_LARGEST_NUMBER: Final = 10**9
"""The largest number with which a captured one is compared by a regex."""
_MANY: Final = 512
"""The most cubes of a negated comparison."""

_TRUE: Final = Cube((), {})


class Comparisons:
    """Reads the comparisons of two files."""

    def __init__(self, forms: Forms) -> None:
        self._forms = forms

    def of(self, term: Predicate, captures: Environment) -> Cubes:
        """Return a comparison of an attribute with a constant, or of forms."""
        match term:
            case terms.AttributeTest():
                return here("attribute", term.function, (term.path, "set", None))
            case terms.Comparison():
                return self._compared(term.left, term.operator, (term.right,), captures)
            case terms.ValueAmong():
                return self._compared(term.left, "!=" if term.negated else "==", term.items, captures)
            case _:
                assert isinstance(term, terms.ShapeTest)
                written = [each for each in term.extents if each is not None]
                forms = [self._forms.of(each, captures) for each in written]
                places = tuple(each is not None for each in term.extents)
                key = ("shape", places, tuple(forms), self._needed(*written))
                cubes = self._opaque(key, forms, self._found(written, captures))
                return _without(self._applies(written, captures), cubes) if term.negated else cubes

    def _compared(self, left: Value, operator: str, items: Sequence[Value], captures: Environment) -> Cubes:
        if operator != "!=":
            return [cube for item in items for cube in self._pair(left, operator, item, captures)]
        equal = [cube for item in items for cube in self._pair(left, "==", item, captures)]
        return _without(self._applies((left, *items), captures), equal)

    def _pair(self, left: Value, operator: str, right: Value, captures: Environment) -> Cubes:
        one, two = value_of(left), value_of(right)
        if isinstance(two, terms.Attribute) and isinstance(one, terms.Constant):
            one, two, operator = two, one, dnf.MIRRORED[operator]
        if isinstance(one, terms.Attribute) and isinstance(two, terms.Constant):
            return here(
                "attribute", one.function, (one.path, operator, two.value, isinstance(two.value, bool))
            )
        first, second = self._forms.of(one, captures), self._forms.of(two, captures)
        if operator in (">", ">="):
            first, second, operator = second, first, dnf.MIRRORED[operator]
        needed, found = self._needed(one, two), self._found((one, two), captures)
        if self._forms.are_whole(first, second):  # compare the difference with 0
            difference = self._forms.arithmetic("-", [second, first])
            if operator == "<=":
                difference, operator = self._forms.arithmetic("+", [difference, self._forms.constant(1)]), "<"
            first, second = self._forms.constant(0), difference
            if operator == "==":
                second = min(difference, self._forms.arithmetic("neg", [difference]))
            known = None if needed else self._forms.compared(operator, second)
            if known is not None:
                return [found] if known else []
            cubes = self._number(operator, second, needed)
        elif operator == "==":
            first, second = sorted((first, second))
            cubes = self._text(first, second)
        else:
            cubes = None
        if cubes is not None:
            return both(cubes, [found])
        return self._opaque((operator, first, second, needed), [first, second], found)

    def _number(self, operator: str, form: Form, needed: frozenset[object]) -> Cubes | None:
        """Return that 0 is less than a form, or equal to it, where this is a range of one number."""
        multiple = self._forms.multiple(form)
        if multiple is None:
            return None
        variable, factor, rest = multiple
        if operator == "==":
            if rest % factor and not needed:
                return []
            relation, number = "==", -rest // factor
        elif factor > 0:
            relation, number = ">", -rest // factor
        else:
            relation, number = "<=", -(rest // factor) - 1
        kind, *at = self._forms.known[variable]
        match kind:
            case "capture" if not needed and abs(rest) <= _LARGEST_NUMBER:
                tests = self._forms.matches.restricted(at[0], at[1], relation, number)
                return None if tests is None else [Cube((test,), {}) for test in tests]
            case "field" | "extent" if needed <= {at[0] if kind == "field" else ("extent", at[0])}:
                subject = at[0] if kind == "field" else f"shape[{at[0]}]"
                return (
                    [] if rest % factor and operator == "==" else fact("number", subject, (relation, number))
                )
            case "first of" if not needed:
                return self._of_branches(variable, lambda form: self._range(operator, form, factor, rest))
            case "count" | "index" if not needed:
                subject = f"{kind} {at[0]}"
                if relation == "==":
                    return fact("number", subject, ("==", number))
                return fact("number", subject, ("<", number + 1), relation == "<=")
            case _:
                return None

    def _range(self, operator: str, form: Form, factor: int, rest: int) -> Cubes | None:
        """Return that 0 is less than a multiple of a form and a rest, or equal to it, as `_number` does."""
        forms = self._forms
        multiple = forms.arithmetic("*", [form, forms.constant(factor)])
        whole = forms.arithmetic("+", [multiple, forms.constant(rest)])
        known = forms.compared(operator, whole)
        return self._number(operator, whole, frozenset()) if known is None else [_TRUE] * known

    def _text(self, one: Form, other: Form) -> Cubes | None:
        """Return that a captured text equals a constant, where this is a test of the name."""
        for form, constant in ((one, other), (other, one)):
            text = self._forms.text(constant)
            if text is not None:
                return self._is_text(form, text)
        return None

    def _is_text(self, form: Form, text: str) -> Cubes | None:
        kind, *at = self._forms.known[form]
        if kind == "first of":
            return self._of_branches(form, lambda each: self._is_text(each, text))
        if kind != "capture" or at[2]:
            return None
        tests = self._forms.matches.restricted(at[0], at[1], "==", text)
        return None if tests is None else [Cube((test,), {}) for test in tests]

    def _of_branches(self, form: Form, compared: Callable[[Form], Cubes | None]) -> Cubes | None:
        """Return a comparison of what one of some branches captures, if no two of them hold at one name."""
        found: Cubes = []
        for where, captured in self._forms.branches.get(form, ()):
            cubes = compared(captured)
            if cubes is None:
                return None
            found += both(where, cubes)
        return found if self._forms.branches.get(form) else None

    def _applies(self, values: Sequence[Value], captures: Environment) -> Cubes:
        """Return the tests that all these values exist."""
        found = self._found(values, captures)
        tests, facts = dict.fromkeys(found.here), dict(found.facts)
        forms: list[Form] = []
        needed: frozenset[object] = frozenset()
        for value in map(value_of, values):
            if isinstance(value, terms.Attribute):
                tests[Atom("attribute", value.function, (value.path, "present", None))] = None
            elif not isinstance(value, terms.Constant | terms.OptionValue):
                form = self._forms.of(value, captures)
                if self._forms.are_whole(form):
                    facts |= dict.fromkeys(map(_is_there, self._needed(value)), True)
                else:
                    forms.append(form)
                    needed |= self._needed(value)
        cubes = [Cube(tuple(tests), facts)]
        return self._opaque(("applies", needed), forms, *cubes) if forms else cubes

    def _needed(self, *values: Value) -> frozenset[object]:
        """Return the facts without which a comparison of these values is false: forms may do without."""
        found: set[object] = set()
        for part in terms_in(*values):
            match part:
                case terms.Field() if part.name not in dnf.ALWAYS:
                    found.add(part.name)
                case terms.Extent():
                    found.add(("extent", part.position))
                case terms.Attribute():
                    found.add((part.function, part.path))
        return frozenset(found)

    def _found(self, values: Sequence[Value], captures: Environment) -> Cube:
        """Return that the matches are found without which captures and places in these values are missing.

        That of a capture has to be found at the name, that of an `index` at any.
        """
        names = {name for value in values for name in captures_of(value)}
        tests = [self._forms.match_of(captures[name]) for name in sorted(names)]
        places = [part.match for part in terms_in(*values) if isinstance(part, terms.Position)]
        counted = [frozenset((Atom("regex", match.subject, match.regex),)) for match in places]
        facts = dict.fromkeys((Atom("nowhere", "", each) for each in counted), False)
        return Cube(tuple(dict.fromkeys(test for test in tests if test is not None)), facts)

    def _opaque(self, key: tuple[object, ...], forms: list[Form], found: Cube) -> Cubes:
        """Return a test that is only known to equal itself, at one name if it reads something there.

        It holds only where the matches are found, which are tests, too.
        """
        at_name = found.here or any(form in self._forms.entry for form in forms)
        return both((here if at_name else fact)("other", "", key), [found])


def _is_there(needed: object) -> Atom:
    """Return that a number, which is at least 0, exists."""
    subject = f"shape[{needed[1]}]" if isinstance(needed, tuple) else str(needed)
    return Atom("number", subject, (">=", 0))


def _without(some: Cubes, cubes: Cubes) -> Cubes:
    """Return cubes of which none of the others is true under any name."""
    for cube in cubes:
        negated = [Cube((), {test: not value}) for test, value in cube.facts.items()]
        if cube.here:
            negated.append(Cube((), {Atom("nowhere", "", frozenset(cube.here)): True}))
        some = both(some, negated)
        if len(some) > _MANY:
            raise GaveUp
    return some


def both(one: Cubes, other: Cubes) -> Cubes:
    """Return the conjunctions that do not contradict themselves."""
    return [
        Cube(tuple(dict.fromkeys((*a.here, *b.here))), {**a.facts, **b.facts})
        for a in one
        for b in other
        if all(b.facts.get(test, value) == value for test, value in a.facts.items())
    ]
