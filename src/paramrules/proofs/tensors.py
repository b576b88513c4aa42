"""Tensors for which given facts are true, and others are not: shapes, fans, dtypes, roles, own classes."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from itertools import product
from typing import Final, NamedTuple

from paramrules.facts import FACTS, GIVEN
from paramrules.proofs.class_names import Classes
from paramrules.proofs.shapes import compares, constant, near, shapes
from paramrules.rules.arithmetic import LARGEST
from paramrules.rules.builtin_names import CONSTANTS
from paramrules.rules.dnf import Atom, Budget, GaveUp
from paramrules.rules.terms import Flag

Facts = Mapping[Atom, bool]

_READ: Final = (3, 5, 7, 11, 13, 17)
"""Values of numbers that only values read."""
_VARIABLE: Final = "torch.nn.parameter.Parameter"
"""The class of a parameter, or a base of it, where it may be."""
_USUAL: Final = {"dtype": "float32", "role": "weight"}
_FLAGS: Final = [(fact.name, bool(fact.default)) for fact in GIVEN.values() if fact.is_flag]
_NUMBERS: Final = {fact.name for fact in FACTS if not fact.is_flag and (fact.is_given or fact.source)}
"""Numbers that do not follow from the shape."""
_FURTHER: Final = {"dtype": ("custom",), "role": ()}
"""Words that rules have no name for: a framework may have a dtype of its own."""


class Tensor(NamedTuple):
    """A tensor, apart from its names."""

    shape: tuple[int, ...]
    fans: tuple[tuple[str, int], ...]
    dtype: str
    role: str
    flags: tuple[tuple[str, bool], ...]
    variable: tuple[str, ...]


class Tensors:
    """The facts about tensors in two files."""

    def __init__(
        self, facts: Iterable[Atom], fields: Collection[str], positions: Iterable[int], budget: Budget
    ) -> None:
        self._budget = budget
        self._fields = sorted(fields)
        self._axes = max((at + 1 if at >= 0 else -at for at in positions), default=0)
        facts = list(facts)
        variables = dict.fromkeys(str(fact.what) for fact in facts if fact.kind == "class")
        self._variables = Classes(list(variables), budget)
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
        flags = tuple((flag, facts.get(Atom("other", flag, Flag), default)) for flag, default in _FLAGS)
        fans = list(self._fans(facts))
        for shape in shapes(facts, self._axes, self._budget):
            for chosen in fans:
                yield Tensor(shape, chosen, str(constants["dtype"]), str(constants["role"]), flags, variable)

    def _variable(self, facts: Facts) -> tuple[str, ...] | None:
        own = {str(fact.what): value for fact, value in facts.items() if fact.kind == "class"}
        wanted = frozenset(name for name, value in own.items() if value)
        usual = (
            () if any(not own.get(each, True) for each in self._variables.held(_VARIABLE)) else (_VARIABLE,)
        )
        for names, held in self._variables.covering(wanted):
            if not any(own.get(each) is False for each in held):
                return (*names, *usual)
        return None

    def _fans(self, facts: Facts) -> Iterator[tuple[tuple[str, int], ...]]:
        """Yield the fans, and what rules read of a layer's weight, where facts are about them.

        Those that only values read are all there or all missing.

        Raises:
            GaveUp: only numbers that no inventory holds have these facts.
        """
        asked = sorted({f.subject for f in facts if f.kind == "number" and f.subject in _NUMBERS})
        values: list[list[int | None]] = [[None, *near(self._numbers[subject])] for subject in asked]
        found = large = False
        for chosen in product(*values):
            self._budget.spend()
            numbers = dict(zip(asked, chosen, strict=True))
            if all(
                compares(fact, numbers[fact.subject]) == value
                for fact, value in facts.items()
                if fact.kind == "number" and fact.subject in numbers
            ):
                given = {name: number for name, number in numbers.items() if number is not None}
                if any(number > LARGEST for number in given.values()):
                    large = True
                    continue
                found = True
                yield tuple(given.items())
                if more := {f: n for f, n in zip(self._fields, _READ, strict=False) if f not in numbers}:
                    yield tuple((given | more).items())
        if large and not found:
            raise GaveUp


def _constant(subject: str, facts: Facts) -> str | None:
    """Return a dtype or a role with these facts, the usual one if it may be; None if there is none."""
    values = {str(fact.what): value for fact, value in facts.items() if fact.subject == subject}
    true = [word for word, value in values.items() if value]
    if true:
        return true[0]
    words = (_USUAL[subject], *CONSTANTS[subject], *_FURTHER[subject])
    return next((word for word in words if values.get(word) is not False), None)
