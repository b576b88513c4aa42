"""Kinds of parameters: what explains those of one kind is the same, but for the numbers in their names.

A mixture of experts has tens of thousands of tensors and a few dozen kinds of them. A tied parameter, and one
whose name has invisible characters, is of a kind of its own.
"""

from array import array
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Final

from paramrules.assignment.facts_read import facts_read
from paramrules.assignment.predicate_evaluator import Evaluator
from paramrules.diagnostics import printable
from paramrules.facts import FACTS
from paramrules.inventories import ABSENT, Parameter
from paramrules.rules import terms
from paramrules.rules.terms import Predicate, RegexTest, Term, terms_in

Column = Sequence[Hashable]
"""A value for each parameter, or for each entry."""

_SHOWN: Final = [
    *((fact, fact) for fact in ("shape", "stored", "layer", "dtype", "variable", "role")),
    *((fact.name, fact.source or fact.name) for fact in FACTS if fact.name in Parameter.__dataclass_fields__),
]
"""The facts that an explanation shows, each with that without which nobody knows it."""


class Kinds:
    """The kinds of a model's parameters, each with a number."""

    def __init__(self, evaluator: Evaluator) -> None:
        self._evaluator = evaluator
        self._facts = evaluator.facts
        self._numbered: dict[int, tuple[Column, Sequence[int]]] = {}

    def of_facts(self) -> Sequence[int]:
        """Return for each parameter its kind, in which all facts are the same."""
        inventory = self._facts.inventory
        columns = [inventory.column(fact) for fact, source in _SHOWN if source not in inventory.unknown]
        if "attr" not in inventory.unknown:
            columns.append([_attributes(each) for each in inventory.column("attributes")])
        return self._joined([inventory.owners, *columns])

    def of(self, predicate: Predicate, outcomes: Column) -> Sequence[int]:
        """Return for each parameter its kind: the same facts decide the predicate, with the same outcome."""
        inside = list(terms_in(predicate))
        own = [outcomes, *(column for term in inside for column in self._computed(term))]
        if any(isinstance(term, terms.Capture | terms.Position) for term in inside):
            own += [self._captured(term) for term in inside if isinstance(term, RegexTest)]
        return self._joined((column for term in inside for column in self._seen(term)), own)

    def _joined(self, columns: Iterable[Column], own: Iterable[Column] = ()) -> Sequence[int]:
        """Return the kinds that columns of the model tell apart, and columns made for this alone."""
        different = {id(column): column for column in (self._alone, *columns)}
        return numbers(zip(*map(self._numbers_of, different.values()), *own, strict=False))

    def _numbers_of(self, column: Column) -> Sequence[int]:
        """Return numbers for values, which are faster to compare."""
        if id(column) not in self._numbered:
            self._numbered[id(column)] = column, numbers(column)  # kept alive, for its id
        return self._numbered[id(column)][1]

    @cached_property
    def _alone(self) -> Column:
        names, tied = self._facts.names, self._facts.inventory.aliases
        return [
            number if number in tied or printable(names[number]) != names[number] else -1
            for number in range(self._facts.count)
        ]

    def _seen(self, term: Term) -> Iterator[Column]:
        """Yield the columns of the model that a term reads."""
        read = facts_read(term)
        if read is not None:
            yield from map(self._facts.read, read)
        elif isinstance(term, RegexTest):
            yield self._facts.folded
        elif isinstance(term, terms.GlobTest | terms.TextTest):
            yield self._facts.texts(term.subject)

    def _computed(self, term: Term) -> Iterator[Column]:
        """Yield what else a term sees of each parameter, captures excepted."""
        match term:
            case terms.RegexTest():
                yield from self._found(term)
            case terms.Attribute() | terms.AttributeTest():
                set_on = self._evaluator.values.set_on(term)
                if any(value is not ABSENT for value in set_on):
                    yield list(map(repr, set_on))
                    if term.function == "module_attr":
                        yield self._facts.inventory.marked_module(term.path[0])

    def _found(self, test: RegexTest) -> Iterator[Column]:
        """Yield the place that a regex finds in each name, if this does not follow from the folded names."""
        texts = self._facts.texts(test.subject)
        if test.regex.takes_digits_alike:
            one_of_each = dict(zip(self._facts.folded, texts, strict=True)).values()
            if not any(isinstance(_place(test, text), str) for text in one_of_each):
                return
        yield [_place(test, text) for text in texts]

    def _captured(self, test: RegexTest) -> Column:
        found = self._facts.found(test)
        return [found.get(entry) for entry in range(self._facts.count)]


def _place(test: RegexTest, text: str) -> Hashable:
    """Return the place that a regex finds; what stands there if it begins or ends within a number."""
    found = test.regex.search(text)
    if not found:
        return None
    is_cut = any(text[max(at - 1, 0) : at + 1].isdecimal() for at in found.span(0) if 0 < at < len(text))
    return found[0] if is_cut else found.span(0)


def _attributes(attributes: Mapping[str, object]) -> Hashable:
    return tuple((name, str(value)) for name, value in attributes.items())


def numbers(values: Iterable[Hashable]) -> Sequence[int]:
    """Return a number for each value, the same for equal ones, in four bytes each."""
    known: dict[Hashable, int] = {}
    return array("I", [known.setdefault(value, len(known)) for value in values])
