"""Values of an attribute for which given tests hold, and others do not."""

from collections.abc import Sequence
from math import inf, isfinite, nextafter
from typing import Final

from paramrules.assignment.predicate_evaluator import is_set
from paramrules.assignment.value_evaluator import compare
from paramrules.inventories import ABSENT
from paramrules.inventories.attributes import LARGEST_INTEGER
from paramrules.rules.dnf import Atom

Tests = frozenset[Atom]

_PLAIN: Final = (ABSENT, True, False, None, 0, 1, 2, "", "a")


class AttributeValues:
    """The tests of one attribute in two files, and which of them can hold together.

    The tests compare it with constants, so every value behaves as one of a few does.
    """

    def __init__(self, tests: Sequence[Atom]) -> None:
        constants = [_comparison(test)[1] for test in tests]
        numbers = [c for c in constants if isinstance(c, int | float) and not isinstance(c, bool)]
        between = [a / 2 + b / 2 for a in numbers for b in numbers]
        beside = [nextafter(n, to) for n in numbers for to in (-inf, inf)]
        texts = [c for c in constants if isinstance(c, str)]
        values = [*_PLAIN, *constants, *(n + d for n in numbers for d in (-1, 1)), *between]
        values += [number for number in beside if isfinite(number)]
        values += [int(n) + d for n in (*numbers, *between) for d in (-1, 0, 1)]
        values += [more for text in texts for more in (text + "a", text[:-1])]
        self._tests = tests
        self._held: dict[Tests, object] = {}
        for value in values:
            if not isinstance(value, int) or abs(value) <= LARGEST_INTEGER:
                self._held.setdefault(self.held(value), value)

    def held(self, value: object) -> Tests:
        """Return the tests that hold for a value."""
        return frozenset(test for test in self._tests if holds(test, value))

    def ways(self, wanted: Tests) -> list[tuple[object, Tests]]:
        """Return values for which the wanted tests hold, each with all that hold for it."""
        enough = [held for held in self._held if wanted <= held]
        return [(self._held[held], held) for held in enough if not any(other < held for other in enough)]


def holds(test: Atom, value: object) -> bool:
    """Return whether a test of an attribute holds for a value."""
    relation, constant = _comparison(test)
    if relation == "set":
        return is_set(value)
    if relation == "present":
        return value is not ABSENT
    return compare(value, relation, constant)


def _comparison(test: Atom) -> tuple[str, object]:
    """Return the operator of a test, `set` or `present` among them, and its constant."""
    assert isinstance(test.what, tuple)
    _, relation, constant, *_ = test.what
    return relation, constant
