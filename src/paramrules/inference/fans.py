"""Fans: settings that follow the width of a layer, as in muP.

References:
    Yang et al., Tensor Programs V, https://arxiv.org/abs/2203.03466, table 8.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from math import isclose, sqrt
from typing import Final, NamedTuple

from paramrules.display import value_text
from paramrules.inference import costs
from paramrules.inference.effective import Column, digits, distinct, is_number
from paramrules.inference.forms import Form, free_of, tidy
from paramrules.inference.space import Space, bits_of, mask_of

_FIELDS: Final = ("fan_in", "fan_out")
_MOST: Final = 2
"""The number of constants tried for each shape, the commonest first."""


class _Shape(NamedTuple):
    """A formula in a constant `c` and a fan: its text, its constant from a value, and its value."""

    text: str
    constant: Callable[[float, int], float]
    compute: Callable[[float, int], float]


_SHAPES: Final = (
    _Shape("{c} / {fan}", lambda value, fan: value * fan, lambda c, fan: c / fan),
    _Shape("{fan} / {c}", lambda value, fan: fan / value, lambda c, fan: fan / c),
    _Shape("sqrt({c} / {fan})", lambda value, fan: value * value * fan, lambda c, fan: sqrt(c / fan)),
)


def by_fans(column: Column, space: Space) -> Iterator[Form]:
    """Yield formulas of a fan that fit at least two different values beside the commonest.

    With the commonest, which other parameters have as well, a formula fits by chance too often.
    """
    free = free_of(column)
    numbers = [value for value in distinct(column) if is_number(value)]
    usual = {float(f"{numbers[0]:.9e}")}
    for field in _FIELDS:
        if "fan_in" in space.unknown or field in space.unknown:
            continue
        fans = space.column(field)
        known = mask_of([bool(fan) for fan in fans])
        for shape in _SHAPES:
            found: Counter[float] = Counter()
            values: dict[float, set[float]] = {}
            for entry in bits_of(known & ~free):
                value = column[entry]
                if is_number(value) and value > 0:
                    constant = float(f"{shape.constant(value, fans[entry]):.9e}")
                    found[constant] += 1
                    values.setdefault(constant, set()).add(float(f"{value:.9e}"))
            several = [constant for constant in found if len(values[constant] - usual) > 1]
            for constant in sorted(several, key=lambda c: (-found[c], digits(c), c))[:_MOST]:
                good = [
                    bool(fan)
                    and is_number(value)
                    and isclose(value, shape.compute(constant, fan), rel_tol=1e-9)
                    for fan, value in zip(fans, column, strict=True)
                ]
                text = shape.text.format(c=value_text(tidy(constant)), fan=field)
                ok = mask_of(good) | free & known
                cost = costs.FORMULA + costs.DIGIT * max(0, digits(constant) - 3)
                yield Form(text, ok, known, cost, "fan")
