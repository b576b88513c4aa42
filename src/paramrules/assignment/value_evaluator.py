"""Evaluate values, for one entry and the captures of the rule that asks."""

import operator
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeVar

from paramrules.assignment.entry_facts import Facts, number
from paramrules.diagnostics import Diagnostic, RulesError
from paramrules.display import value_text
from paramrules.inventories import ABSENT, Unreadable
from paramrules.rules import terms
from paramrules.rules.arithmetic import NoResultError, compute
from paramrules.rules.terms import Value, terms_in

_Result = TypeVar("_Result")

Scalar = int | float | str | bool | None
"""The value of an option."""

Captures = Mapping[str, str]
NO_CAPTURES: Captures = {}

_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "==": operator.eq,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def captures_of(value: Value) -> set[str]:
    """Return the names of the captures that a value uses; what a let stands for uses none."""
    return {part.name for part in terms_in(value, lets=False) if isinstance(part, terms.Capture)}


_Read = terms.Field | terms.Extent | terms.Attribute | terms.Position
"""The terms that can differ between two parameters with the same captures."""

_NAMED = (
    terms.OptionValue,
    terms.LetValue,
    terms.Capture,
    terms.Field,
    terms.Extent,
    terms.Attribute,
    terms.Count,
    terms.Position,
)


def compare(left: Any, relation: str, right: Any) -> bool:
    """Return `left relation right` for `== < <= > >=`; false between different kinds and for ABSENT."""
    if _kind(left) is not _kind(right) or left is ABSENT:
        return False
    if relation != "==" and _kind(left) not in (float, str):
        return False
    return _COMPARE[relation](left, right)


def _kind(value: object) -> object:
    return float if type(value) is int else type(value)


def module_text(path: str | None) -> str:
    """Return the name of a module for a message."""
    return f"the module `{path}`" if path else "the model itself"


class Values:
    """The evaluator of values, over one inventory's facts and one assignment's options."""

    def __init__(self, facts: Facts, options: Mapping[str, Scalar]) -> None:
        self.facts = facts
        self.options = options
        self._lets: dict[tuple[int, int], Any] = {}
        self._read: dict[int, frozenset[_Read]] = {}

    def by_parameter(self, value: Value) -> bool:
        """Return whether a value can differ between two parameters with the same captures."""
        return bool(self._reads(value))

    def _reads(self, value: Value) -> frozenset[_Read]:
        """Return the terms in a value that can differ between two parameters with the same captures."""
        if id(value) not in self._read:
            read: set[_Read] = set()
            for part in terms_in(value, lets=False):
                if isinstance(part, terms.LetValue):
                    read |= self._reads(part.value)
                elif isinstance(part, _Read):
                    read.add(part)
            self._read[id(value)] = frozenset(read)
        return self._read[id(value)]

    def once(
        self, used: Iterable[Value], compute: Callable[[Captures, int], _Result]
    ) -> Callable[[Captures, int], _Result]:
        """Return a function that computes something once for all entries that some values cannot tell apart.

        Values with an attribute, which may be of any type, are computed for each.

        Args:
            used: the values.
            compute: computes it from nothing but these, for captures and an entry with them.
        """
        used = list(used)
        read = set().union(*map(self._reads, used))
        if any(isinstance(term, terms.Attribute) for term in read):
            return compute
        names = sorted(set().union(*map(captures_of, used)))
        texts_of: Callable[[Captures], Any] = operator.itemgetter(*names) if names else lambda captures: ()
        telling = list(map(self._telling, read))
        told = telling[0] if len(telling) == 1 else lambda entry: tuple([tell(entry) for tell in telling])
        known: dict[Any, _Result] = {}

        def computed(captures: Captures, entry: int) -> _Result:
            key = (texts_of(captures), told(entry)) if telling else texts_of(captures)
            if key not in known:
                known[key] = compute(captures, entry)
            return known[key]

        return computed

    def _telling(self, term: _Read) -> Callable[[int], object]:
        """Return a function that is equal for two entries if the term's values are."""
        match term:
            case terms.Position():
                return self.facts.ranks(term.match).get
            case terms.Field():
                return self.facts.column(term.name).__getitem__
            case _:
                return self.facts.column("shape").__getitem__

    def of(self, value: Value, entry: int, captures: Captures = NO_CAPTURES) -> Any:
        """Return the value, or ABSENT if a fact in it does not apply to the parameter.

        Raises:
            RulesError: E208, for arithmetic without a result.
        """
        match value:
            case terms.Constant():
                return value.value
            case terms.Capture():
                text = captures.get(value.name, ABSENT)
                return self._number(value, text, entry) if value.numeric and text is not ABSENT else text
            case terms.OptionValue():
                return self.options[value.name]
            case terms.LetValue():
                return self._let(value.value, entry)
            case terms.Arithmetic():
                return self._arithmetic(value, entry, captures)
            case terms.Field():
                fact = self.facts.column(value.name)[entry]
                return ABSENT if fact is None else fact
            case terms.Extent():
                shape = self.facts.column("shape")[entry]
                return shape[value.position] if -len(shape) <= value.position < len(shape) else ABSENT
            case terms.Attribute():
                found = self.attribute(value, entry)
                if isinstance(found, Unreadable):
                    raise self._unreadable(value, entry, found)
                return found
            case terms.Count():
                return len(self.facts.positions(value.match))
            case terms.Position():
                place = self.facts.position(value.match, entry)
                return ABSENT if place is None else place
            case _:
                items = tuple(self.of(item, entry, captures) for item in value.items)
                return ABSENT if ABSENT in items else items

    def _number(self, capture: terms.Capture, digits: str, entry: int) -> int:
        found = number(digits)
        if isinstance(found, int):
            return found
        raise RulesError(
            Diagnostic(
                "E208",
                f"`{capture.name}` is a number of {len(digits)} digits for the parameter "
                f"`{self.facts.names[entry]}`, and numbers have at most 18",
                capture.span,
            )
        )

    def _let(self, value: Value, entry: int) -> Any:
        """Return what a let stands for: computed once for each entry, or once for all."""
        key = id(value), entry if self.by_parameter(value) else -1
        if key not in self._lets:
            self._lets[key] = self.of(value, entry)
        return self._lets[key]

    def set_on(self, term: terms.Attribute | terms.AttributeTest) -> Sequence[Any]:
        """Return the column of the attribute of the first part of a path."""
        inventory = self.facts.inventory
        read = inventory.attribute if term.function == "attr" else inventory.module_attribute
        return read(term.path[0])

    def attribute(self, term: terms.Attribute | terms.AttributeTest, entry: int) -> Any:
        """Return the attribute of the first part of a path, indexed by the others.

        It may be an object that is set and that no rule can read.

        Raises:
            RulesError: E514 for a number that is not finite, and for a path into an object.
        """
        found = self.set_on(term)[entry]
        for at, key in enumerate(term.path[1:], 1):
            if isinstance(found, Unreadable):
                raise self._closed(term, ".".join(term.path[:at]), entry, found)
            if not isinstance(found, Mapping) or key not in found:
                return ABSENT
            found = found[key]
        if isinstance(found, Unreadable) and found.is_number:
            raise self._unreadable(term, entry, found)
        return found

    def _unreadable(
        self, term: terms.Attribute | terms.AttributeTest, entry: int, found: Unreadable
    ) -> RulesError:
        called, name = terms.called(term), self._holder(term, entry)
        if found.is_number:
            how, help = (
                f"`{found.what}`, not a finite number",
                f"set it to a finite number on {name}, or to `None`",
            )
        else:
            how = f"{found.what}, which a rule cannot read"
            help = (
                f"`{called}` alone asks whether it is set; values are numbers, strings, booleans and tuples"
            )
        return RulesError(Diagnostic("E514", f"`{called}` of {name} is {how}", term.span, help=help))

    def _closed(
        self, term: terms.Attribute | terms.AttributeTest, outer: str, entry: int, found: Unreadable
    ) -> RulesError:
        name, leaf = self._holder(term, entry), term.path[-1]
        what = "parameter" if term.function == "attr" else "module"
        return RulesError(
            Diagnostic(
                "E514",
                f"`{term.function}({outer})` of {name} is {found.what}, into which a rule cannot look",
                term.span,
                help="a dot reads into a mapping. Set what an attribute or a method of the object says on "
                f"the {what} itself, as in `{what}.{leaf} = ...`, and write `{term.function}({leaf})`",
            )
        )

    def _holder(self, term: terms.Attribute | terms.AttributeTest, entry: int) -> str:
        """Return the name of the parameter or the module that has the attribute."""
        if term.function == "attr":
            return f"`{self.facts.names[entry]}`"
        return module_text(self.facts.inventory.marked_module(term.path[0])[entry])

    def holds(self, test: terms.Comparison | terms.ValueAmong, entry: int, captures: Captures) -> bool:
        """Return whether the positive form of a comparison holds: `==` for `!=`, `in` for `not in`."""
        left = self.of(test.left, entry, captures)
        if isinstance(test, terms.ValueAmong):
            return any(compare(left, "==", self.of(item, entry, captures)) for item in test.items)
        relation = "==" if test.operator == "!=" else test.operator
        return compare(left, relation, self.of(test.right, entry, captures))

    def applies(self, test: terms.Comparison | terms.ValueAmong, entry: int, captures: Captures) -> bool:
        """Return whether every fact that the comparison needs applies to the parameter."""
        items = test.items if isinstance(test, terms.ValueAmong) else (test.right,)
        return all(self.of(value, entry, captures) is not ABSENT for value in (test.left, *items))

    def _arithmetic(self, value: terms.Arithmetic, entry: int, captures: Captures) -> Any:
        arguments = [self.of(argument, entry, captures) for argument in value.arguments]
        if ABSENT in arguments:
            return ABSENT
        try:
            return compute(value.operator, arguments)
        except NoResultError as fault:
            name = self.facts.names[entry]
            used = ", ".join(
                f"{part.span.text} = {value_text(self.of(part, entry, captures))}"
                for part in dict.fromkeys(terms_in(value, lets=False))
                if isinstance(part, _NAMED)
            )
            raise RulesError(
                Diagnostic(
                    "E208",
                    f"{fault} for the parameter `{name}`",
                    value.span,
                    f"here {used}" if used else "",
                )
            ) from None
