"""Curves: formulas of a block's number and the number of blocks that give the values of a setting."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import product
from math import inf, isclose, log
from typing import Final

from paramrules.inference import costs
from paramrules.inference.effective import close, digits
from paramrules.inference.forms import plus, tidy, times
from paramrules.inference.indexes import Index
from paramrules.inference.quoting import written

_STEPS: Final = (1, 2, 3, 4, 6)
"""The numbers of neighbouring blocks that may share a rate."""

OVER: Final = " / {rate} ** "
"""The text between a factor and a power of the rate that divides it."""

_STEEPEST: Final = 1e4
"""The ratio of one block's value to the next beyond which it is not a rate."""

Values = Mapping[tuple[int, int], float]
"""The commonest value of each model and block."""


@dataclass(frozen=True, slots=True)
class Curve:
    """A formula of a block's number and the number of blocks."""

    text: str
    compute: Callable[[int, int], float]
    cost: float
    options: Mapping[str, float] = field(default_factory=dict)
    factor: float = 1


def curves_of(index: Index, values: Values) -> Iterator[Curve]:
    """Yield what fits the values of all blocks, bounded by the lowest if nothing else does."""
    low = min(values.values())
    above = {key: value for key, value in values.items() if not close(value, low)}
    unbounded = list(_fitting(index, values, (*_geometric(index, values), *_linear(index, values))))
    yield from unbounded
    if len(above) > 2 and not unbounded:
        bounded = [
            Curve(
                f"max({{floor}}, {curve.text})",
                partial(_bounded, low, curve.compute),
                curve.cost + costs.FITTED,
                {**curve.options, "floor": low},
            )
            for curve in _geometric(index, above)
        ]
        yield from _fitting(index, values, bounded)


def _bounded(low: float, compute: Callable[[int, int], float], at: int, depth: int) -> float:
    return max(low, compute(at, depth))


def _fitting(index: Index, values: Values, curves: Sequence[Curve]) -> Iterator[Curve]:
    for curve in curves:
        if all(
            isclose(curve.compute(at, index.depth[model]), value, rel_tol=1e-9)
            for (model, at), value in values.items()
        ):
            yield curve


def _geometric(index: Index, values: Values) -> Iterator[Curve]:
    """Yield powers of a rate: counted from the last block, from a fixed number, and from the first block."""
    if len(values) < 2 or any(value <= 0 for value in values.values()):
        return
    for step in _STEPS:
        rate = _rate(values, step)
        if rate is None or rate == 1 or not 1 / _STEEPEST < rate < _STEEPEST:
            continue
        place = "{index}" if step == 1 else f"{{index}} // {step}"
        factor = _factor(values, rate)
        cost = (step > 1) * costs.FITTED
        if factor != 1:
            cost += costs.FITTED + costs.DIGIT * digits(factor)
        plain, cost = cost, cost + costs.DIGIT * max(digits(rate) - 2, 0)
        exponents = {key: round(log(value / factor) / log(rate)) for key, value in values.items()}
        tops = {exponent + at // step for (_, at), exponent in exponents.items()}
        ends = {exponent + at // step - index.depth[model] for (model, at), exponent in exponents.items()}
        if step == 1 and len(ends) == 1:
            (off,) = ends
            exponent = f"({plus('{depth}', off)} - {place})"
            far = 0.1 * abs(off) + (abs(off) > 2) * costs.FITTED
            compute = partial(_from_end, factor, rate, off)
            text = times(factor, f"{{rate}} ** {exponent}")
            yield Curve(text, compute, cost + far, {"rate": rate}, factor)
            inverse = _inverse(values, rate, partial(_divided_from_end, factor, off, index.depth))
            if digits(inverse) < digits(rate) - 2:
                far += costs.DIGIT * max(digits(inverse) - 2, 0)
                text = f"{written(tidy(factor))}{OVER}{exponent}"
                compute = partial(_from_end, factor, 1 / inverse, off)
                yield Curve(text, compute, plain + far, {"rate": inverse}, factor)
        if len(tops) == 1:
            (top,) = tops
            text = f"{{rate}} ** ({top} - {place})"
            compute = partial(_from_top, factor, rate, top, step)
            yield Curve(times(factor, text), compute, cost + 2 * costs.FITTED, {"rate": rate}, factor)
            if step == 1:
                yield _upward(values, rate, factor, -top, plain)


def _inverse(values: Values, rate: float, compute: Callable[[float, int, int], float]) -> float:
    """Return the number with fewest digits that gives the values: 2.6 for a rate of 1 / 2.6.

    Args:
        values: the values.
        rate: the rate of which it is the inverse.
        compute: the value that such a number gives to a model's block.
    """

    def fits(number: float) -> bool:
        return all(
            isclose(compute(number, model, at), value, rel_tol=1e-9) for (model, at), value in values.items()
        )

    return shortest(1 / rate, fits) or 1 / rate


def _upward(values: Values, rate: float, factor: float, off: int, cost: float) -> Curve:
    """Return the powers of the inverse rate, counted from the first block."""
    inverse = _inverse(values, rate, lambda one, _, at: _from_start(factor, one, off, at, 0))
    text = "{rate} ** {index}" if off == 0 else f"{{rate}} ** ({plus('{index}', off)})"
    compute = partial(_from_start, factor, inverse, off)
    return Curve(
        times(factor, text),
        compute,
        cost + 0.2 * abs(off) + 0.3 + costs.DIGIT * max(digits(inverse) - 2, 0),
        {"rate": inverse},
        factor,
    )


def _from_end(factor: float, rate: float, off: int, at: int, depth: int) -> float:
    return factor * power_of(rate, depth + off - at)


def _from_top(factor: float, rate: float, top: int, step: int, at: int, depth: int) -> float:
    return factor * power_of(rate, top - at // step)


def _from_start(factor: float, rate: float, off: int, at: int, depth: int) -> float:
    return factor * power_of(rate, at + off)


def _divided_from_end(
    factor: float, off: int, depths: Sequence[int], number: float, model: int, at: int
) -> float:
    return _from_end(factor, 1 / number, off, at, depths[model])


def power_of(rate: float, exponent: int) -> float:
    """Return a power; infinity for one that is too large, which is the value of no parameter."""
    try:
        return float(rate**exponent)
    except OverflowError:
        return inf


def _factor(values: Values, rate: float) -> float:
    """Return the factor of powers: 1 if they are whole without one, else the roundest near the last block."""
    exponents = [log(value) / log(rate) for value in values.values()]
    if all(abs(exponent - round(exponent)) < 1e-6 for exponent in exponents):
        return 1
    last = values[max(values, key=lambda key: (key[1], -key[0]))]
    near = [float(f"{last / rate**off:.9e}") for off in (0, 1)]
    return min(near, key=lambda factor: (digits(factor), factor))


def _rate(values: Values, step: int) -> float | None:
    """Return the ratio of each `step` blocks to the next, with few digits; None if it differs."""
    ratios = []
    for (model, at), value in values.items():
        following, beside = values.get((model, at + step)), values.get((model, at + 1))
        if following is not None:
            ratios.append(value / following)
        if beside is not None and at // step == (at + 1) // step and not close(value, beside):
            return None
    if not ratios:
        return None
    for near in (1e-9 / len(values), 1e-8):  # the error of a rate grows with its powers
        rate = shortest(ratios[0], partial(_is_near, ratios, near))
        if rate is not None:
            return rate
    return None


def _is_near(ratios: Sequence[float], near: float, rate: float) -> bool:
    return all(isclose(ratio, rate, rel_tol=near) for ratio in ratios)


def shortest(number: float, fits: Callable[[float], bool]) -> float | None:
    """Return the number with fewest digits near this one that fits."""
    short = (float(f"{number:.{count}e}") for count in range(12))
    return next((candidate for candidate in (*short, number) if fits(candidate)), None)


_LINES: Final[tuple[tuple[str, Callable[[int, int], float]], ...]] = (
    ("({index} + 1) / {depth}", lambda at, depth: (at + 1) / depth),
    ("({index} + 1) / ({depth} + 1)", lambda at, depth: (at + 1) / (depth + 1)),
    ("1 - {index} / {depth}", lambda at, depth: 1 - at / depth),
)
"""Lines from the first block to the last, of which there may be multiples."""


def _multiple(factor: float, compute: Callable[[int, int], float], at: int, depth: int) -> float:
    return factor * compute(at, depth)


def _linear(index: Index, values: Values) -> Iterator[Curve]:
    """Yield straight lines from the first block to the last."""
    if len(values) < 3:
        return
    end = max(values, key=lambda key: (key[1], -key[0]))
    for text, compute in _LINES:
        whole = compute(end[1], index.depth[end[0]])
        factor = float(f"{values[end] / whole:.9e}") if whole else 1
        cost = costs.FITTED + (factor != 1) * (costs.FITTED + costs.DIGIT * digits(factor))
        text = f"({text})" if factor != 1 and text.startswith("1 - ") else text
        yield Curve(times(factor, text), partial(_multiple, factor, compute), cost)
    first = {value for (_, at), value in values.items() if at == 0}
    last = {value for (model, at), value in values.items() if at == index.depth[model] - 1}
    for low, high in product(sorted(first)[:1], sorted(last)[:1]):
        rise = float(f"{high - low:.11e}")
        text = f"{tidy(low)} {'-' if rise < 0 else '+'} {tidy(abs(rise))} * {{index}} / ({{depth}} - 1)"
        cost = 2 * costs.FITTED + costs.DIGIT * (digits(low) + digits(abs(rise)))
        yield Curve(text, partial(_between, low, rise), cost)


def _between(low: float, rise: float, at: int, depth: int) -> float:
    return low + rise * at / max(depth - 1, 1)
