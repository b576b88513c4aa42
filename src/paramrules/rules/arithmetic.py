"""Arithmetic in floats and integers of bounded size, so that no file can make it slow."""

import math
import operator
from collections.abc import Callable
from typing import Any, cast

from paramrules.display import value_text

LARGEST = 2**63
"""The largest magnitude of an integer; a larger result is an error."""


_NUMBER = (int, float)


class NoResultError(Exception):
    """A result does not exist; the text is the reason, as part of a diagnostic's message."""


def compute(name: str, values: list[Any]) -> int | float:
    """Return `name(*values)` for an operator or a function of the language.

    Raises:
        NoResultError: a value is not a number, or the result is not finite or too large.
    """
    for value in values:
        if isinstance(value, bool) or not isinstance(value, _NUMBER):
            raise NoResultError(f"`{name}` needs numbers, not {value_text(value)}")
    try:
        result = _OPERATORS[name](*values)
    except ZeroDivisionError:
        raise NoResultError("division by zero") from None
    except OverflowError:
        raise NoResultError("the result is too large") from None
    except ValueError:
        raise NoResultError(f"`{name}` of {' and '.join(map(value_text, values))} does not exist") from None
    if isinstance(result, complex) or (isinstance(result, float) and not math.isfinite(result)):
        raise NoResultError("the result is not a finite number")
    if abs(result) > LARGEST and isinstance(result, int):
        raise NoResultError("the result is too large")
    return cast(int | float, result)


def _power(base: float, exponent: float) -> float:
    if isinstance(base, int) and isinstance(exponent, int) and abs(base) > 1 and exponent > 64:
        raise OverflowError
    result: float = base**exponent
    return result


_OPERATORS: dict[str, Callable[..., Any]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "//": operator.floordiv,
    "%": operator.mod,
    "**": _power,
    "neg": operator.neg,
    "min": lambda *values: min(values),
    "max": lambda *values: max(values),
    "sqrt": math.sqrt,
    "log": math.log,
    "exp": math.exp,
    "abs": abs,
    "floor": math.floor,
    "ceil": math.ceil,
}
