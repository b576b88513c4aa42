"""The language's arithmetic, as it stands in its description: Python's, of bounded size, always finite."""

import math
from collections.abc import Callable, Sequence

BOUND = 2**63


class Wrong(Exception):
    """Something cannot be computed; `code` says what kind of thing."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


FUNCTIONS: dict[str, Callable[..., object]] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": lambda a, b: a / b,
    "//": lambda a, b: a // b,
    "%": lambda a, b: a % b,
    "**": lambda a, b: power(a, b),
    "neg": lambda a: -a,
    "min": min,
    "max": max,
    "sqrt": math.sqrt,
    "log": math.log,
    "exp": math.exp,
    "abs": abs,
    "floor": math.floor,
    "ceil": math.ceil,
}


def is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def compute(operator: str, values: Sequence[object]) -> object:
    """Raises Wrong("E208") for whatever is not a number, or gives none that is finite and of bounded size."""
    if not all(is_number(value) for value in values):
        raise Wrong("E208")
    try:
        function = FUNCTIONS[operator]
        result = function(values) if operator in ("min", "max") else function(*values)
    except (ZeroDivisionError, OverflowError, ValueError):
        raise Wrong("E208") from None
    if isinstance(result, complex) or (isinstance(result, float) and not math.isfinite(result)):
        raise Wrong("E208")
    if isinstance(result, int) and abs(result) > BOUND:
        raise Wrong("E208")
    return result


def power(base: float, exponent: float) -> object:
    if isinstance(base, int) and isinstance(exponent, int) and abs(base) > 1 and exponent > 64:
        raise OverflowError
    return base**exponent
