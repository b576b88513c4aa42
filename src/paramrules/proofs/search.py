"""The search for a parameter that two lists of rules treat differently.

The variables of all rules are decided one after the other, until in every list the first rule that holds is
known. A combination that no parameter can have is left as soon as that shows.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from paramrules.proofs.names import Name, Names, Tests
from paramrules.proofs.predicates import Conjunction, Variable
from paramrules.rules.dnf import Atom, Budget
from paramrules.rules.entailment import consistent

PIN = Atom("pinned", "", None)
"""A test that holds at one name of the parameter, which is always the same."""


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


class Search:
    """Tries every combination of variables that some parameter can have."""

    def __init__(self, names: Names, budget: Budget) -> None:
        self._names = names
        self._budget = budget
        self.cells = 0
        """Combinations in which the first rule of every list is known."""

    def differing(
        self, lists: Sequence[List], alike: Callable[[Sequence[int]], bool]
    ) -> Iterator[tuple[Situation, tuple[int, ...]]]:
        """Yield what parameters may have, and the rule of each list that takes them, where these differ.

        Args:
            lists: the rules of each axis of both files.
            alike: whether outcomes, one of each list, make equal groups.

        Raises:
            GaveUp: that takes too many steps.
        """
        nothing: Tests = frozenset()
        name = self._names.find(nothing, frozenset())
        assert name is not None
        stack = [Situation({}, {nothing: name}, frozenset())]
        while stack:
            situation = stack.pop()
            self._budget.spend(sum(map(len, lists)))
            possible = [_possible(rules, situation) for rules in lists]
            first = [found[0] for found in possible]
            open_ = next((variable for _, variable in first if variable is not None), None)
            if open_ is None:
                self.cells += 1
                if not alike([rules[at].outcome for rules, (at, _) in zip(lists, first, strict=True)]):
                    yield situation, tuple(at for at, _ in first)
                continue
            some = zip(lists, possible, strict=True)
            outcomes = {rules[at].outcome for rules, found in some for at, _ in found}
            if len(lists) == 2 and len(outcomes) == 1:
                self.cells += 1
                continue
            for value in (True, False):  # the last is tried first
                after = self.decided(situation, open_, value)
                if after is not None:
                    stack.append(after)

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


def _possible(rules: List, situation: Situation) -> list[tuple[int, Variable | None]]:
    """Return the rules that may be the first to hold, each with a variable on which that depends.

    The last one has none: it holds.
    """
    found: list[tuple[int, Variable | None]] = []
    at, holds = 0, None
    while holds is not True:
        holds, variable = _holds(rules[at].cubes, situation)
        if holds is not False:
            found.append((at, variable))
        at += 1
    return found


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
