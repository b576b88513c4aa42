"""Predicates of two files in disjunctive normal form, so that equal tests of both are one atom.

To those of `paramrules.rules.dnf` this adds the forms of values, and what is known of attributes:

    kind        subject            what
    text        name, leaf, module a regex
    attribute   attr, module_attr  the path, an operator, and the constant
    other                          the forms of the two sides that are compared
"""

from collections.abc import Iterable
from typing import Final

from paramrules.assignment.captured import in_order
from paramrules.proofs import globs
from paramrules.proofs.branches import Branch, Branches
from paramrules.proofs.captures import shape
from paramrules.proofs.comparisons import Comparisons, both
from paramrules.proofs.conjunctions import Conjunction, Variable
from paramrules.proofs.expressions import Environment, Form, Forms
from paramrules.proofs.texts import made
from paramrules.regex import Regex
from paramrules.rules import terms
from paramrules.rules.bound_captures import bound
from paramrules.rules.dnf import Atom, Budget, Cube, Cubes, Reader, here
from paramrules.rules.terms import Predicate, RegexTest, carried

_MANY: Final = 32
"""Cubes of which those that say more than another are left out."""
_LARGEST: Final = 512
"""Cubes of one predicate."""


class Predicates(Reader):
    """Reads the predicates of two files."""

    def __init__(self, forms: Forms, matches: Iterable[RegexTest], budget: Budget) -> None:
        super().__init__(_LARGEST)
        self._branches = Branches(forms, budget)
        self._matches = list(matches)
        self._forms = forms
        self._comparisons = Comparisons(forms)
        self._budget = budget
        self._texts: dict[object, str] = {}
        self._same: dict[Form, Form] = {}
        self._environments: dict[int, tuple[Predicate, Environment]] = {}
        self._premises: dict[int, tuple[Predicate, dict[int, Environment]]] = {}

    def conjunctions(self, predicate: Predicate) -> list[Conjunction]:
        """Return the conjunctions of which one is true where the predicate holds.

        Raises:
            GaveUp: there are too many.
        """
        return self._conjunctions(self.cubes(predicate, self._budget))

    def _conjunctions(self, cubes: Cubes) -> list[Conjunction]:
        found = map(self._conjunction, cubes)
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
                cubes = [self.cubes(item, self._budget) for item in predicate.items]
                return self._first_of([(some, form) for some, form in zip(cubes, forms, strict=True) if some])
            case _:
                test = carried(predicate)
                assert test is not None
                group = next(group for group in test.regex.groups if group.name == name)
                return self._forms.capture(self._forms.matches.of(test), group.number, numeric)

    def _first_of(self, choices: list[tuple[Cubes, Form]]) -> Form:
        """Return the form of what the first of some branches captures that holds."""
        choices = [
            (both(cubes, where), captured)
            for cubes, form in choices
            for where, captured in self._forms.branches.get(form) or [([Cube((), {})], form)]
        ]
        branches = [Branch(self._conjunctions(cubes), form) for cubes, form in choices]
        branches = [branch for branch in branches if branch.cubes]
        forms = [branch.form for branch in branches]
        if len(forms) == 1:
            return forms[0]
        new = self._forms.first_of(
            tuple((_frozen(cubes), form) for cubes, form in branches), whole=self._forms.are_whole(*forms)
        )
        if new not in self._forms.branches:
            while self._matches:
                self._add_match(self._matches.pop())
            self._forms.branches[new] = choices if self._branches.exclude_one_another(branches) else []
            self._same[new] = self._branches.form(branches, new)
        return self._same[new]

    def _add_match(self, match: RegexTest) -> None:
        """Add the captures of one match, which may be those of several branches."""
        for group in match.regex.groups:
            if group.name is not None and group.always:
                form = self._forms.capture(self._forms.matches.of(match), group.number, group.numeric)
                cubes = self._conjunctions(here("regex", match.subject, match.regex))
                self._branches.form([Branch(cubes, form)], form)

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
        return self._comparisons.of(term, self._read_by(term, whole))


def _frozen(cubes: list[Conjunction]) -> frozenset[object]:
    return frozenset((here_, frozenset(literals.items())) for here_, literals in cubes)
