"""Conjunctions of which one is true where a predicate holds: variables that are true, and that are false."""

from typing import Final, NamedTuple

from paramrules.rules.dnf import Atom

Variable = Atom | frozenset[Atom]
"""A fact about the parameter, or tests that hold together at one of its names."""


class Conjunction(NamedTuple):
    """The variables that are true, and those that are false.

    The tests of `here` hold at the name at which the predicate does; other sets that are true hold somewhere.
    """

    here: frozenset[Atom]
    literals: dict[Variable, bool]


ALWAYS: Final = Conjunction(frozenset(), {})
"""The conjunction that is true of every parameter."""


def tests(cubes: list[Conjunction]) -> set[Atom]:
    """Return the tests of names in conjunctions."""
    sets = (variable for cube in cubes for variable in cube.literals if isinstance(variable, frozenset))
    return {test for together in sets for test in together}


def facts(cubes: list[Conjunction]) -> set[Atom]:
    """Return the facts about parameters in conjunctions."""
    return {variable for cube in cubes for variable in cube.literals if isinstance(variable, Atom)}
