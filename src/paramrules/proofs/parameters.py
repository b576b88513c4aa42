"""Parameters of a situation that the search has found: their names, and a tensor."""

from collections.abc import Iterator
from itertools import chain, islice
from typing import Final

from paramrules.proofs.examples import changed
from paramrules.proofs.names import Name, Names
from paramrules.proofs.search import Situation
from paramrules.proofs.tensors import Tensor, Tensors
from paramrules.rules.dnf import Atom
from paramrules.rules.terms import Flag

TIED: Final = Atom("other", "tied", Flag)
"""The fact that a parameter has several names."""

_TENSORS: Final = 6
"""Tensors of one situation that are tried."""
_NUMBERS: Final = 8
"""Names with other numbers that are tried."""


class Parameters:
    """Makes parameters of what is known about names and tensors in two files."""

    def __init__(self, names: Names, tensors: Tensors) -> None:
        self._names = names
        self._tensors = tensors

    def all(self, situation: Situation) -> Iterator[tuple[list[Name], Tensor]]:
        """Yield parameters of a situation; none if there are none.

        Raises:
            GaveUp: none was found, and yet there may be one.
        """
        names = self._at(situation)
        if not names:
            return
        facts = {fact: value for fact, value in situation.facts.items() if fact != TIED}
        tensors = list(islice(self._tensors.all(facts), _TENSORS))
        yield from ((names, tensor) for tensor in tensors)
        for more in chain(self._filled(names), islice(changed(names), _NUMBERS)):
            yield from ((more, tensor) for tensor in tensors[:1])

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
