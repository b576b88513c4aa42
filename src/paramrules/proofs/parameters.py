"""Parameters of a situation that the search has found: their names, and a tensor."""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Final

from paramrules.proofs.examples import Model, changed
from paramrules.proofs.names import Name, Names, Tests
from paramrules.proofs.search import Situation
from paramrules.proofs.tensors import Tensors
from paramrules.rules.dnf import Atom, GaveUp
from paramrules.rules.terms import Flag

TIED: Final = Atom("other", "tied", Flag)
"""The fact that a parameter has several names."""

_TENSORS: Final = 6
"""Tensors of one situation that are tried."""
_LARGE: Final = 2
"""Tensors among them that may be large."""
_FOUND: Final = 60
"""Tensors of one situation that are made."""
_BESIDE: Final = 3
"""Names with other numbers that parameters beside it have."""
_NUMBERS: Final = 8
"""Names with other numbers that are tried."""


class Parameters:
    """Makes parameters of what is known about names and tensors in two files."""

    def __init__(self, names: Names, tensors: Tensors, matched: Iterable[Atom]) -> None:
        self._names = names
        self._tensors = tensors
        self._matched = [frozenset((test,)) for test in matched]

    def all(self, situation: Situation) -> Iterator[Model]:
        """Yield models whose first parameter has a situation; none if there are none.

        Raises:
            GaveUp: none was found, and yet there may be one.
        """
        names = self._at(situation)
        if not names:
            return
        facts = {fact: value for fact, value in situation.facts.items() if fact != TIED}
        found = list(islice(self._tensors.all(facts), _FOUND))
        tensors = found[:_TENSORS] + found[_TENSORS:][-_LARGE:]
        yield from (Model(names, tensor, []) for tensor in tensors)
        if not tensors:
            return
        ends = tensors if len(tensors) == 1 else [tensors[0], tensors[-1]]
        bases = [names, *self._others(situation, names)]
        for base in bases[1:]:
            yield from (Model(base, tensor, []) for tensor in ends)
        for base in bases:
            filled = list(self._filled(base))
            yield from (Model(more, tensor, []) for more in filled for tensor in ends)
            for some in (base, *filled[-1:]):
                yield from (Model(more, tensors[0], []) for more in islice(changed(some), _NUMBERS))
        for base in bases:
            yield from (Model(base, tensors[0], beside) for beside in self._beside(base))
            if self._matched and len(base) == 1:
                others = islice(changed(base), _BESIDE)
                yield from (Model(more, tensors[0], base) for more in others)

    def _others(self, situation: Situation, names: list[Name]) -> Iterator[list[Name]]:
        """Yield other names with a situation.

        At the first no test holds that would need a comparison to fail, at others matches that are counted.
        """
        if len(names) > 1:
            return
        everything: Tests = frozenset().union(*situation.somewhere)
        texts = (frozenset(test for test in tests if test.kind != "other") for tests in situation.nowhere)
        without = frozenset(known for known in texts if known)
        wanted = [(everything, without)] if without != situation.nowhere else []
        wanted += [(everything | tests, situation.nowhere) for tests in self._matched]
        for tests, nowhere in wanted:
            name = self._names.find(tests, nowhere)
            if name is not None and name != names[0]:
                yield [name]

    def _beside(self, names: list[Name]) -> Iterator[list[Name]]:
        """Yield names of further parameters, which are counted: one, and more with other numbers."""
        for tests in self._matched:
            others = frozenset(other for other in self._matched if other != tests)
            for nowhere in dict.fromkeys((others, frozenset[Tests]())):
                try:
                    one = self._names.another(tests, nowhere, names)
                except GaveUp:
                    continue
                texts = {name.text for name in names}
                other = [name for (name,) in changed([one]) if name.text not in texts]
                more = [name for name in other if self._names.holds(tests, name)]
                for count in range(min(len(more), _BESIDE) + 1):
                    yield [one, *more[:count]]

    def _filled(self, names: list[Name]) -> Iterator[list[Name]]:
        """Yield the names with values of attributes that the tests of the situation do not ask for."""
        for value in (0, 0.5, 2):
            filled = [self._names.filled(name, value + at) for at, name in enumerate(names)]
            if filled != names:
                yield filled

    def _at(self, situation: Situation) -> list[Name]:
        """Return as few names as may be at which a situation holds; none if only a tied parameter has it.

        Raises:
            GaveUp: no names were found, and yet there may be some.
        """
        names, tied = self._names, situation.facts.get(TIED)
        everything: frozenset[Atom] = frozenset().union(*situation.somewhere)
        one = names.find(everything, situation.nowhere)
        if tied is not True and one is not None:
            return [one]
        if tied is False:
            return []
        chosen = [] if one is None else [one]
        wanted = sorted(situation.somewhere, key=lambda tests: (-len(tests), sorted(map(repr, tests))))
        for tests in wanted:
            if not any(names.holds(tests, name) for name in chosen):
                chosen.append(names.another(tests, situation.nowhere, chosen))
        if len(chosen) == 1:
            chosen.append(names.another(frozenset(), situation.nowhere, chosen))
        return chosen
