"""Forms: what a setting may be written as, and for which parameters it is right."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import isclose
from typing import Any

from paramrules.inference import costs
from paramrules.inference.effective import (
    FREE,
    MOST_CONSTANTS,
    UNSET,
    Column,
    close,
    digits,
    distinct,
    is_number,
)
from paramrules.inference.indexes import Index
from paramrules.inference.quoting import written
from paramrules.inference.space import Space, mask_of


@dataclass(frozen=True, slots=True)
class Form:
    """A way to write a value.

    Attributes:
        text: the value as a rule writes it, "" for no setting. `{index}` and `{depth}` stand for those of
            `index`, `{rate}` and `{floor}` for options.
        ok: the entries whose value it gives.
        domain: the entries for which it can be computed.
        cost: what it takes to read.
        kind: `constant`, `series` (counts the parameter's own block), `power` (of the rate of a series) or
            `fan`.
        index: the index that it counts by.
        options: the value of each option that it uses.
        value: the constant.
        beyond: of a power, True if it counts all blocks, as the stem's rate does.
    """

    text: str
    ok: int
    domain: int
    cost: float
    kind: str = "constant"
    index: Index | None = None
    options: Mapping[str, float] = field(default_factory=dict)
    value: Any = None
    beyond: bool = False


def constants(column: Column, space: Space, among: Column | None = None) -> list[Form]:
    """Return a form for each value of a setting, the commonest first: of `among`, if not all are wanted."""
    everything = (1 << len(space)) - 1
    free = free_of(column)
    forms = []
    for value in distinct(column if among is None else among)[:MOST_CONSTANTS]:
        ok = free | mask_of([other is not FREE and close(other, value) for other in column])
        cost = costs.CONSTANT
        if is_number(value) and value:
            cost += costs.DIGIT * (digits(abs(tidy(value))) - 1)
        text = "" if value is UNSET else written(tidy(value))
        forms.append(Form(text, ok, everything, cost, value=value))
    return forms


def free_of(column: Column) -> int:
    """Return the entries for which any value will do."""
    return mask_of([value is FREE for value in column])


def tidy(value: Any) -> Any:
    """Return a number as people write it: a whole one as an integer, others without rounding noise."""
    if not isinstance(value, float):
        return value
    short = float(f"{value:.11e}")
    if isclose(short, value, rel_tol=1e-12) and digits(abs(short)) < 8:
        value = short
    return int(value) if value.is_integer() and abs(value) < 1e6 else value


def plus(text: str, number: int) -> str:
    """Return a sum: `depth + 1`, `depth - 2`, or `depth`."""
    return text if number == 0 else f"{text} {'+' if number > 0 else '-'} {abs(number)}"


def times(factor: float, text: str) -> str:
    """Return a product, without a factor of 1."""
    return text if factor == 1 else f"{written(tidy(factor))} * {text}"
