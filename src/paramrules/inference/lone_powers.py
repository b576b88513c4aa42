"""Lone powers: values that are all powers of one rate, though no number of a block explains which."""

from collections.abc import Sequence
from itertools import pairwise
from math import isclose, log
from typing import Final

from paramrules.inference import costs
from paramrules.inference.curves import power_of, shortest
from paramrules.inference.effective import FREE, UNSET, Column, close, distinct, is_number
from paramrules.inference.forms import Form, free_of
from paramrules.inference.space import Space, mask_of

_FEWEST: Final = 5
"""The fewest values that are taken for powers: fewer may be so by chance."""


def lone_powers(column: Column, left: Column, space: Space) -> list[Form]:
    """Return the values of a setting as powers of one rate; nothing if they are few, or not all are.

    timm gives a model without layers of its own a rate for each twelve tensors.

    Args:
        column: the values.
        left: those that no formula explains; FREE for others.
        space: the entries.
    """
    values = [value for value in distinct(column) if value is not UNSET and value != 1]
    if len(distinct(left)) < _FEWEST or not all(is_number(value) and value > 0 for value in values):
        return []
    rate = _rate(values)
    if rate == 1:
        return []
    free, everything = free_of(column), (1 << len(space)) - 1
    forms = []
    for value in values:
        exponent = round(log(value) / log(rate))
        if not isclose(power_of(rate, exponent), value, rel_tol=1e-9):
            return []
        ok = free | mask_of([other is not FREE and close(other, value) for other in column])
        text = "{rate}" if exponent == 1 else f"{{rate}} ** {exponent}"
        forms.append(Form(text, ok, everything, costs.POWER, "power", options={"rate": rate}))
    return forms


def _rate(values: Sequence[float]) -> float:
    """Return the ratio of the two nearest values, with few digits."""
    nearest = 1 / min(high / low for low, high in pairwise(sorted(values)))
    return shortest(nearest, lambda rate: isclose(rate, nearest, rel_tol=1e-8)) or nearest
