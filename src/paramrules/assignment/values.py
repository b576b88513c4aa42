"""What a value is for one entry and the captures of the rule that asks."""

import operator
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from paramrules.assignment.facts import Facts, number
from paramrules.assignment.options import OptionValue
from paramrules.diagnostics import Diagnostic, RulesError
from paramrules.inventories import ABSENT, Unreadable
from paramrules.rules import terms
from paramrules.rules.arithmetic import NoResultError, compute, shown
from paramrules.rules.terms import Value

Captures = Mapping[str, str]
NO_CAPTURES: Captures = {}

_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "==": operator.eq,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def parts(value: Value) -> Iterator[Value]:
    """A value and all values inside it."""
    yield value
    match value:
        case terms.Arithmetic(arguments=inner) | terms.TupleValue(items=inner):
            for item in inner:
                yield from parts(item)
        case terms.LetValue(value=item):
            yield from parts(item)
        case _:
            pass


def by_parameter(value: Value) -> bool:
    """Whether it can differ between two parameters with the same captures."""
    facts = (terms.Field, terms.Extent, terms.Attribute, terms.Position)
    return any(isinstance(part, facts) for part in parts(value))


def captures_of(value: Value) -> set[str]:
    """The names of the captures that it uses."""
    return {part.name for part in parts(value) if isinstance(part, terms.Capture)}


def compare(left: Any, relation: str, right: Any) -> bool:
    """`left relation right` for `== < <= > >=`; false between different kinds and for ABSENT."""
    if _kind(left) is not _kind(right) or left is ABSENT:
        return False
    if relation != "==" and _kind(left) not in (float, str):
        return False
    return _COMPARE[relation](left, right)


def _kind(value: object) -> object:
    return float if type(value) is int else type(value)


class Values:
    """Evaluates values against one inventory's facts and one assignment's options."""

    def __init__(self, facts: Facts, options: Mapping[str, OptionValue]) -> None:
        self.facts = facts
        self.options = options

    def of(self, value: Value, entry: int, captures: Captures = NO_CAPTURES) -> Any:
        """The value, or ABSENT where a fact in it does not apply to the parameter.

        Raises RulesError (E208) for arithmetic that has no result.
        """
        match value:
            case terms.Constant():
                return value.value
            case terms.Capture():
                text = captures.get(value.name, ABSENT)
                return number(text) if value.numeric and text is not ABSENT else text
            case terms.OptionValue():
                return self.options[value.name]
            case terms.LetValue():
                return self.of(value.value, entry, captures)
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

    def attribute(self, term: terms.Attribute | terms.AttributeTest, entry: int) -> Any:
        """Return the attribute under the first part of a path, read into by the others.

        It may be an object that is set and that no rule can read.

        Raises:
            RulesError: E514 for a number that is not finite.
        """
        found = self.facts.inventory.attribute(term.path[0])[entry]
        for key in term.path[1:]:
            if not isinstance(found, Mapping) or key not in found:
                return ABSENT
            found = found[key]
        if isinstance(found, Unreadable) and found.is_number:
            raise self._unreadable(term, entry, found)
        return found

    def _unreadable(
        self, term: terms.Attribute | terms.AttributeTest, entry: int, found: Unreadable
    ) -> RulesError:
        called, name = f"attr({'.'.join(term.path)})", self.facts.names[entry]
        if found.is_number:
            how, help = (
                f"`{found.what}`, not a finite number",
                f"set it to a finite number on `{name}`, or to `None`",
            )
        else:
            how = f"{found.what}, which a rule cannot read"
            help = (
                f"`{called}` alone asks whether it is set; values are numbers, strings, booleans and tuples"
            )
        return RulesError(Diagnostic("E514", f"`{called}` of `{name}` is {how}", term.span, help=help))

    def holds(self, test: terms.Comparison | terms.ValueAmong, entry: int, captures: Captures) -> bool:
        """The positive form of a comparison at one entry: `==` for `!=`, `in` for `not in`."""
        left = self.of(test.left, entry, captures)
        if isinstance(test, terms.ValueAmong):
            return any(compare(left, "==", self.of(item, entry, captures)) for item in test.items)
        relation = "==" if test.operator == "!=" else test.operator
        return compare(left, relation, self.of(test.right, entry, captures))

    def applies(self, test: terms.Comparison | terms.ValueAmong, entry: int, captures: Captures) -> bool:
        """Whether every fact that the comparison needs applies to the parameter."""
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
                f"{part.span.text} = {shown(self.of(part, entry, captures))}"
                for part in dict.fromkeys(parts(value))
                if not isinstance(part, terms.Constant | terms.Arithmetic | terms.TupleValue)
            )
            raise RulesError(
                Diagnostic(
                    "E208",
                    f"{fault} for the parameter `{name}`",
                    value.span,
                    f"here {used}" if used else "",
                )
            ) from None
