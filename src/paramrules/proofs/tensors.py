"""Tensors for which given facts are true, and others are not: shapes, fans, dtypes, roles, own classes."""

from collections.abc import Iterable, Iterator, Mapping
from itertools import product
from typing import Final, NamedTuple

from paramrules.proofs.class_names import Classes
from paramrules.proofs.shapes import compares, constant, near, shapes
from paramrules.rules.builtin_names import CONSTANTS, OF_LAYER
from paramrules.rules.dnf import Atom, Budget
from paramrules.rules.terms import Flag

Facts = Mapping[Atom, bool]

_USUAL: Final = {"dtype": "float32", "role": "weight"}


class Tensor(NamedTuple):
    """A tensor, apart from its names."""

    shape: tuple[int, ...]
    fans: tuple[tuple[str, int], ...]
    dtype: str
    role: str
    trainable: bool
    variable: tuple[str, ...]


class Tensors:
    """The facts about tensors in two files."""

    def __init__(self, facts: Iterable[Atom], budget: Budget) -> None:
        self._budget = budget
        facts = list(facts)
        variables = frozenset(str(fact.what) for fact in facts if fact.kind == "class")
        self._variables = Classes(variables, budget)
        self._numbers: dict[str, set[float]] = {}
        for fact in facts:
            if fact.kind == "number":
                self._numbers.setdefault(fact.subject, set()).add(constant(fact))

    def all(self, facts: Facts) -> Iterator[Tensor]:
        """Yield tensors with these facts, small ones first; no two facts contradict each other.

        Raises:
            GaveUp: none was found, and yet there may be one.
        """
        constants = {subject: _constant(subject, facts) for subject in CONSTANTS}
        variable = self._variable(facts)
        if None in constants.values() or variable is None:
            return
        trainable = facts.get(Atom("other", "trainable", Flag), True)
        fans = list(self._fans(facts))
        for shape in shapes(facts, self._budget):
            for chosen in fans:
                yield Tensor(
                    shape, chosen, str(constants["dtype"]), str(constants["role"]), trainable, variable
                )

    def _variable(self, facts: Facts) -> tuple[str, ...] | None:
        own = {str(fact.what): value for fact, value in facts.items() if fact.kind == "class"}
        wanted = frozenset(name for name, value in own.items() if value)
        for names, held in self._variables.covering(wanted):
            if not any(own.get(each) is False for each in held):
                return names
        return None

    def _fans(self, facts: Facts) -> Iterator[tuple[tuple[str, int], ...]]:
        """Yield the fans, and what rules read of a layer's weight, where facts are about them."""
        asked = sorted(
            {f.subject for f in facts if f.kind == "number" and f.subject in ("fan_in", "fan_out", *OF_LAYER)}
        )
        values: list[list[int | None]] = [[None, *near(self._numbers[subject])] for subject in asked]
        for chosen in product(*values):
            self._budget.spend()
            numbers = dict(zip(asked, chosen, strict=True))
            if all(
                compares(fact, numbers[fact.subject]) == value
                for fact, value in facts.items()
                if fact.kind == "number" and fact.subject in numbers
            ):
                yield tuple((name, number) for name, number in numbers.items() if number is not None)


def _constant(subject: str, facts: Facts) -> str | None:
    """Return a dtype or a role with these facts, the usual one if it may be; None if there is none."""
    values = {str(fact.what): value for fact, value in facts.items() if fact.subject == subject}
    true = [word for word, value in values.items() if value]
    if true:
        return true[0]
    words = (_USUAL[subject], *CONSTANTS[subject])
    return next((word for word in words if values.get(word) is not False), None)
