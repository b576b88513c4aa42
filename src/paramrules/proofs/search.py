"""The search for a parameter that two lists of rules treat differently.

The variables of all rules are decided one after the other, until in every list the first rule that holds is
known. A combination that no parameter can have is left as soon as that shows.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from paramrules.proofs.conjunctions import Conjunction, Variable
from paramrules.proofs.names import Name, Names, Tests
from paramrules.rules.dnf import Atom, Budget
from paramrules.rules.entailment import consistent

PIN = Atom("pinned", "", None)
"""A test that holds at one name of the parameter, which is always the same."""


def pinned(cube: Conjunction) -> Conjunction:
    """Return a conjunction whose own tests hold at the pinned name."""
    if not cube.here:
        return cube
    return cube._replace(literals={**cube.literals, cube.here | {PIN}: True})


class Choice(NamedTuple):
    """One rule of a list: the conjunctions of which one is true where it holds, and its outcome."""

    cubes: Sequence[Conjunction]
    outcome: int


List = Sequence[Choice]
"""The rules of an axis, the last of which always holds. Outcomes that are equal have one number."""


@dataclass(frozen=True, slots=True)
class Situation:
    """The facts and tests of a parameter that are decided so far.

    Attributes:
        facts: what is true and false of the parameter.
        somewhere: the tests that hold together at one of its names, each with such a name.
        nowhere: the tests that hold together at none of them.
    """

    facts: dict[Atom, bool]
    somewhere: dict[Tests, Name]
    nowhere: frozenset[Tests]

    def value(self, variable: Variable) -> bool | None:
        """Return whether a variable is true, None if that is undecided."""
        if isinstance(variable, Atom):
            return self.facts.get(variable)
        if variable in self.somewhere:
            return True
        return False if variable in self.nowhere else None


_Step = tuple[Situation, Variable | None, bool, list[int]]
"""A situation, a variable that is to be decided in it, if any, and how; and rules above which none holds."""


class Search:
    """Tries every combination of variables that some parameter can have."""

    def __init__(self, names: Names, budget: Budget) -> None:
        self._names = names
        self._budget = budget
        self.cells = 0
        """Combinations in which the first rule of every list is known."""

    def differing(
        self, lists: Sequence[List], alike: Callable[[Sequence[int]], bool], start: Situation | None = None
    ) -> Iterator[tuple[Situation, tuple[int, ...]]]:
        """Yield what parameters may have, and the rule of each list that takes them, where these differ.

        Args:
            lists: the rules of each axis of both files.
            alike: whether outcomes, one of each list, make equal groups.
            start: what the parameters have in any case.

        Raises:
            GaveUp: that takes too many steps.
        """
        stack: list[_Step] = [(start or self._anything(), None, True, [0] * len(lists))]
        while stack:
            before, decided, value, places = stack.pop()
            situation = before if decided is None else self.decided(before, decided, value)
            if situation is None:
                continue
            first = [self._first(rules, situation, at) for rules, at in zip(lists, places, strict=True)]
            open_ = next((variable for _, variable in first if variable is not None), None)
            if open_ is None:
                self.cells += 1
                if not alike([rules[at].outcome for rules, (at, _) in zip(lists, first, strict=True)]):
                    yield situation, tuple(at for at, _ in first)
                continue
            places = [at for at, _ in first]
            if len(lists) == 2 and self._one_outcome(lists, situation, places):
                self.cells += 1
                continue
            stack += [(situation, open_, value, places) for value in (True, False)]  # the last is tried first

    def _anything(self) -> Situation:
        nothing: Tests = frozenset()
        name = self._names.find(nothing, frozenset())
        assert name is not None
        return Situation({}, {nothing: name}, frozenset())

    def _first(self, rules: List, situation: Situation, at: int) -> tuple[int, Variable | None]:
        """Return the first rule from a place on that may hold, with a variable on which that depends.

        There is none if it holds, as the last one does.
        """
        holds, variable = _holds(rules[at].cubes, situation)
        while holds is False:
            self._budget.spend()
            at += 1
            holds, variable = _holds(rules[at].cubes, situation)
        return at, variable

    def _one_outcome(self, lists: Sequence[List], situation: Situation, places: Sequence[int]) -> bool:
        """Return whether all rules from these places on that may be the first to hold have one outcome."""
        outcome = lists[0][places[0]].outcome
        for rules, place in zip(lists, places, strict=True):
            at, holds = place, None
            while holds is not True:
                self._budget.spend()
                holds, _ = _holds(rules[at].cubes, situation)
                if holds is not False and rules[at].outcome != outcome:
                    return False
                at += 1
        return True

    def decided(self, situation: Situation, variable: Variable, value: bool) -> Situation | None:
        """Return a situation in which one more variable is decided, None if no parameter has it."""
        if isinstance(variable, Atom):
            facts = {**situation.facts, variable: value}
            return replace(situation, facts=facts) if consistent(facts.items()) else None
        if value:
            return self._somewhere(situation, variable)
        nowhere = situation.nowhere | {variable}
        somewhere = dict(situation.somewhere)
        for tests, name in somewhere.items():
            if variable <= tests:
                return None
            if self._names.holds(variable, name):
                another = self._names.find(tests, nowhere)
                if another is None:
                    return None
                somewhere[tests] = another
        return replace(situation, somewhere=somewhere, nowhere=nowhere)

    def _somewhere(self, situation: Situation, tests: Tests) -> Situation | None:
        """Return a situation in which tests hold together somewhere; those of the pinned name are joined."""
        somewhere = dict(situation.somewhere)
        needed = tests
        if PIN in tests:
            needed = frozenset().union(tests, *(other for other in somewhere if PIN in other))
        if any(blocked <= needed for blocked in situation.nowhere):
            return None
        name = self._names.find(needed, situation.nowhere)
        if name is None:
            return None
        somewhere[tests] = name
        somewhere[needed] = name
        return replace(situation, somewhere=somewhere)


def _holds(cubes: Sequence[Conjunction], situation: Situation) -> tuple[bool | None, Variable | None]:
    """Return whether one of the cubes is true; if that is undecided, a variable of one that may be."""
    open_: Variable | None = None
    for cube in cubes:
        first: Variable | None = None
        for variable, wanted in cube.literals.items():
            value = situation.value(variable)
            if value is None:
                first = first or variable
            elif value is not wanted:
                break
        else:
            if first is None:
                return True, None
            open_ = open_ or first
    return (False, None) if open_ is None else (None, open_)
