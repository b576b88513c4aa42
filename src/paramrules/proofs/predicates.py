"""Predicates of two files in disjunctive normal form, so that equal tests of both are one atom.

To those of `paramrules.rules.dnf` this adds the forms of values, and what is known of attributes:

    kind        subject            what
    text        name, leaf, module a regex
    attribute   attr, module_attr  the path, an operator, and the constant
    other                          the forms of the two sides that are compared
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

from paramrules.assignment.captured import in_order
from paramrules.assignment.value_evaluator import captures_of
from paramrules.proofs import globs, numbers
from paramrules.proofs.captures import shape
from paramrules.proofs.expressions import Environment, Form, Forms
from paramrules.proofs.texts import made
from paramrules.regex import Regex
from paramrules.rules import dnf, terms
from paramrules.rules.bound_captures import bound
from paramrules.rules.dnf import Atom, Budget, Cube, Cubes, Reader, fact, here
from paramrules.rules.terms import Predicate, Value, carried, terms_in, value_of

Variable = Atom | frozenset[Atom]
"""A fact about the parameter, or tests that hold together at one of its names."""


class Conjunction(NamedTuple):
    """Which variables are true, and which are false.

    The tests of `here` hold at the name at which the predicate does; other sets that are true hold somewhere.
    """

    here: frozenset[Atom]
    literals: dict[Variable, bool]


ALWAYS: Final = Conjunction(frozenset(), {})
"""The conjunction that is true of every parameter."""
_MANY: Final = 32
"""Cubes of which those that say more than another are left out."""
_LARGEST_NUMBER: Final = 10**9
"""The largest number with which a captured one is compared by a regex."""
_LARGEST: Final = 512
"""Cubes of one predicate."""


class Predicates(Reader):
    """Reads the predicates of two files."""

    def __init__(self, forms: Forms, budget: Budget) -> None:
        super().__init__(_LARGEST)
        self._forms = forms
        self._budget = budget
        self._texts: dict[object, str] = {}
        self._environments: dict[int, tuple[Predicate, Environment]] = {}
        self._premises: dict[int, tuple[Predicate, dict[int, Environment]]] = {}

    def conjunctions(self, predicate: Predicate) -> list[Conjunction]:
        """Return the conjunctions of which one is true where the predicate holds.

        Raises:
            GaveUp: there are too many.
        """
        found = map(self._conjunction, self.cubes(predicate, self._budget))
        return [conjunction for conjunction in found if conjunction is not None]

    def _conjunction(self, cube: Cube) -> Conjunction | None:
        """Return a cube as a conjunction, None if it contradicts itself."""
        here_ = frozenset(map(self._atom, cube.here))
        found: dict[Variable, bool] = {here_: True} if here_ else {}
        for test, value in cube.facts.items():
            variable: Variable = test
            if test.kind == "nowhere":
                assert isinstance(test.what, frozenset)
                variable, value = frozenset(map(self._atom, test.what)), not value
            if found.setdefault(variable, value) != value:
                return None
        return Conjunction(here_, found)

    def _atom(self, test: Atom) -> Atom:
        """Return a test of a text as a regex, the same for equal ones; any other as it is."""
        match test.kind:
            case "regex":
                assert isinstance(test.what, Regex)
                text, parsed = test.what.text, test.what.parsed
            case "glob" | "text":
                text = (globs.regex if test.kind == "glob" else globs.whole)(str(test.what))
                parsed = made(text)
            case "numbers":
                text = str(test.what)
                parsed = made(text)
            case _:
                return test
        key = parsed.ignore_case, shape(parsed.tree, groups=False)
        return Atom("text", test.subject, self._texts.setdefault(key, text))

    def captures(self, predicate: Predicate) -> Environment:
        """Return the captures that a predicate binds."""
        if id(predicate) not in self._environments:
            self._environments[id(predicate)] = predicate, self._captures(predicate)
        return self._environments[id(predicate)][1]

    def _read_by(self, term: Predicate, whole: Predicate) -> Environment:
        """Return the captures that a comparison in a predicate reads: those of what stands beside it."""
        if id(whole) not in self._premises:
            found: dict[int, Environment] = {}
            self._collect(whole, {}, found)
            self._premises[id(whole)] = whole, found
        return self._premises[id(whole)][1][id(term)]

    def _collect(self, predicate: Predicate, premises: Environment, found: dict[int, Environment]) -> None:
        """Find the captures that each comparison reads, as the evaluator supplies them."""
        match predicate:
            case terms.AllOf():
                for item in in_order(predicate):
                    self._collect(item, premises, found)
                    premises = {**premises, **self.captures(item)}
            case terms.AnyOf():
                for item in predicate.items:
                    self._collect(item, premises, found)
            case terms.Not():
                self._collect(predicate.item, premises, found)
            case _:
                found[id(predicate)] = premises

    def _captures(self, predicate: Predicate) -> Environment:
        return {name: self._captured(predicate, name, numeric) for name, numeric in bound(predicate).items()}

    def _captured(self, predicate: Predicate, name: str, numeric: bool) -> Form:
        """Return the form of a capture that a predicate binds."""
        match predicate:
            case terms.AllOf():
                binding = next(item for item in predicate.items if name in bound(item))
                return self._captured(binding, name, numeric)
            case terms.AnyOf():
                forms = [self._captured(item, name, numeric) for item in predicate.items]
                if len(set(forms)) == 1:
                    return forms[0]
                holding = [_frozen(self.conjunctions(item)) for item in predicate.items]
                some = tuple((where, form) for where, form in zip(holding, forms, strict=True) if where)
                return some[0][1] if len(some) == 1 else self._forms.first_of(some)
            case _:
                test = carried(predicate)
                assert test is not None
                group = next(group for group in test.regex.groups if group.name == name)
                return self._forms.capture(self._forms.matches.of(test), group.number, numeric)

    def fewer(self, cubes: Cubes, budget: Budget) -> Cubes:
        """Leave out cubes that say more than another."""
        if len(cubes) < _MANY:
            return cubes
        kept: list[tuple[frozenset[object], Cube]] = []
        for cube in sorted(cubes, key=lambda cube: len(cube.here) + len(cube.facts)):
            budget.spend(1 + len(kept) // 16)
            says = frozenset((*cube.here, *cube.facts.items()))
            if not any(less <= says for less, _ in kept):
                kept.append((says, cube))
        return [cube for _, cube in kept]

    def other(self, term: Predicate, whole: Predicate, budget: Budget) -> Cubes:
        """Return a comparison of an attribute with a constant, or of forms."""
        match term:
            case terms.AttributeTest():
                return here("attribute", term.function, (term.path, "set", None))
            case terms.Comparison():
                return self._compared(term.left, term.operator, (term.right,), self._read_by(term, whole))
            case terms.ValueAmong():
                operator = "!=" if term.negated else "=="
                return self._compared(term.left, operator, term.items, self._read_by(term, whole))
            case _:
                assert isinstance(term, terms.ShapeTest)
                captures = self._read_by(term, whole)
                written = [each for each in term.extents if each is not None]
                forms = [self._forms.of(each, captures) for each in written]
                places = tuple(each is not None for each in term.extents)
                key = ("shape", places, tuple(forms), self._needed(*written))
                cubes = self._opaque(key, forms, self._found(written, captures))
                if not term.negated:
                    return cubes
                return _both(self._applies(tuple(written), captures), _nowhere(cubes))

    def _compared(self, left: Value, operator: str, items: tuple[Value, ...], captures: Environment) -> Cubes:
        if operator != "!=":
            return [cube for item in items for cube in self._pair(left, operator, item, captures)]
        applies = self._applies((left, *items), captures)
        equal = [cube for item in items for cube in self._pair(left, "==", item, captures)]
        return _both(applies, _nowhere(equal))

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
        if self._forms.are_whole(first, second):  # compare the difference with 0
            difference = self._forms.arithmetic("-", [second, first])
            if operator == "<=":
                difference, operator = self._forms.arithmetic("+", [difference, self._forms.constant(1)]), "<"
            first, second = self._forms.constant(0), difference
            if operator == "==":
                second = min(difference, self._forms.arithmetic("neg", [difference]))
        elif operator == "==":
            first, second = sorted((first, second))
        needed, matched = self._needed(one, two), self._found((one, two), captures)
        if not needed and self._forms.number(first) == 0:
            known = self._forms.compared(operator, second)
            if known is not None:
                return [Cube(matched, {})] if known else []
            number = self._number(operator, second)
            if number is not None:
                return [Cube((number, *matched), {})]
        return self._opaque((operator, first, second, needed), [first, second], matched)

    def _number(self, operator: str, form: Form) -> Atom | None:
        """Return as a test of the name that 0 is less than a form with a capture, or equal to it."""
        found = self._forms.of_capture(form)
        if found is None:
            return None
        match, group, factor, rest = found
        if operator == "==":
            number, left = divmod(-rest, factor)
            wanted = None if left else numbers.exactly(number)
        elif factor > 0:
            wanted = numbers.above(-rest // factor)
        else:
            wanted = numbers.at_most(-(rest // factor) - 1)
        if wanted is None or abs(rest) > _LARGEST_NUMBER:
            return None
        return self._forms.matches.restricted(match, group, wanted)

    def _applies(self, values: tuple[Value, ...], captures: Environment) -> Cubes:
        """Return the tests that all these values exist."""
        found: dict[Atom, None] = {}
        forms: list[Form] = []
        for value in map(value_of, values):
            if isinstance(value, terms.Attribute):
                found[Atom("attribute", value.function, (value.path, "present", None))] = None
            elif not isinstance(value, terms.Constant | terms.OptionValue):
                form = self._forms.of(value, captures)
                if self._needed(value) or not self._forms.are_whole(form):
                    forms.append(form)
        found |= dict.fromkeys(self._found(values, captures))
        needed = self._needed(*values)
        (rest,) = self._opaque(("applies", needed), forms, ()) if forms else [Cube((), {})]
        return [Cube((*found, *rest.here), rest.facts)]

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
                case terms.Position():
                    found.add(("position", self._forms.of(part, {})))
        return frozenset(found)

    def _found(self, values: Sequence[Value], captures: Environment) -> tuple[Atom, ...]:
        """Return as tests the matches without which captures in these values are missing."""
        names = {name for value in values for name in captures_of(value)}
        found = {self._forms.match_of(captures[name]): None for name in sorted(names)}
        return tuple(test for test in found if test is not None)

    def _opaque(self, key: tuple[object, ...], forms: list[Form], matched: tuple[Atom, ...]) -> Cubes:
        """Return a test that is only known to equal itself, at one name if it reads something there.

        It holds only where the matches are found, which are tests, too.
        """
        make = here if matched or any(form in self._forms.entry for form in forms) else fact
        return [Cube((*cube.here, *matched), cube.facts) for cube in make("other", "", key)]


def _nowhere(cubes: Cubes) -> Cubes:
    """Negate comparisons: each is tests at a name, or one of the parameter."""
    facts: dict[Atom, bool] = {}
    for cube in cubes:
        facts |= dict.fromkeys(cube.facts, False)
        if cube.here:
            facts[Atom("nowhere", "", frozenset(cube.here))] = True
    return [Cube((), facts)]


def _both(one: Cubes, other: Cubes) -> Cubes:
    """Return the conjunction of tests that do not contradict each other."""
    return [Cube((*a.here, *b.here), {**a.facts, **b.facts}) for a in one for b in other]


def _frozen(cubes: list[Conjunction]) -> frozenset[object]:
    return frozenset((here_, frozenset(literals.items())) for here_, literals in cubes)


def tests(cubes: list[Conjunction]) -> set[Atom]:
    """Return the tests of names in conjunctions."""
    sets = (variable for cube in cubes for variable in cube.literals if isinstance(variable, frozenset))
    return {test for together in sets for test in together}


def facts(cubes: list[Conjunction]) -> set[Atom]:
    """Return the facts about parameters in conjunctions."""
    return {variable for cube in cubes for variable in cube.literals if isinstance(variable, Atom)}
