"""Series: settings that follow the number of a block, and powers of the rate at which they do."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import product
from math import inf, isclose, log
from typing import Any, Final

from paramrules.inference import costs
from paramrules.inference.effective import FREE, Column, close, digits, distinct, is_number
from paramrules.inference.forms import Form, free_of, plus, tidy, times
from paramrules.inference.indexes import Index, values_at
from paramrules.inference.quoting import written
from paramrules.inference.space import Space, bits_of, mask_of

_MOST: Final = 4
"""The number of series that are looked at further, those that explain most for their cost."""

_STEPS: Final = (1, 2, 3, 4, 6)
"""The numbers of neighbouring blocks that may share a rate."""

_NEAR: Final = 3
"""The power of a rate beyond which a number in place of one that follows the depth fits by chance."""

_OVER: Final = " / {rate} ** "
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


def series_of(column: Column, space: Space, indexes: Sequence[Index]) -> list[Form]:
    """Return the series that fit a setting, with the other powers of their rates that it has."""
    free = free_of(column)
    found = []
    for index in indexes:
        values = {
            key: value
            for key, counts in values_at(index, column, space).items()
            if is_number(value := _commonest(counts))
        }
        if len(distinct(list(values.values()))) > 1:
            for curve in _curves(index, values):
                found += [(curve, form) for form in _forms(curve, index, column, space, free)]
    found.sort(key=lambda each: (-each[1].ok.bit_count() / each[1].cost, each[1].cost, each[1].text))
    forms = {(form.text, id(form.index)): form for _, form in found[:_MOST]}
    cells = _cells(column, space)
    everything = (1 << len(space)) - 1
    for curve, form in found[:_MOST]:
        for power in _powers(curve, form, cells, everything, free):
            forms.setdefault((power.text, id(power.index)), power)
    return list(forms.values())


def _commonest(counts: Counter[Any]) -> Any:
    """Return the commonest value, the first of equals; None if there is none that has to be right."""
    return next((value for value, _ in counts.most_common() if value is not FREE), None)


def _curves(index: Index, values: Values) -> Iterator[Curve]:
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


def _forms(curve: Curve, index: Index, column: Column, space: Space, free: int) -> Iterator[Form]:
    """Yield a curve, and round multiples of it that some parameters of the blocks have."""
    ratios: dict[int, float] = {}
    for entry in bits_of(index.numbered & ~free):
        value = curve.compute(index.at[entry], index.depth[space.model[entry]])
        if is_number(column[entry]) and value:
            ratios[entry] = float(f"{column[entry] / value:.9e}")
    counts = Counter(ratios.values())
    for factor in sorted(counts, key=lambda ratio: (ratio != 1, -counts[ratio], ratio))[:3]:
        if factor == 1 or (counts[factor] > 1 and factor > 0 and digits(factor) <= 2):
            ok = mask_of([ratios.get(entry) == factor for entry in range(len(space))])
            cost = costs.FORMULA + index.cost + curve.cost + (factor != 1) * costs.FITTED
            text = times(factor, curve.text)
            ok |= free & index.numbered
            yield Form(text, ok, index.mask, cost, "series", index, curve.options)


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
                text = f"{written(tidy(factor))}{_OVER}{exponent}"
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


def _cells(column: Column, space: Space) -> dict[tuple[int, float], int]:
    """Return the entries of each model that have each number."""
    found: dict[tuple[int, float], list[int]] = {}
    for entry, (model, value) in enumerate(zip(space.model, column, strict=True)):
        if is_number(value):
            found.setdefault((model, value), []).append(entry)
    return {key: sum(1 << entry for entry in entries) for key, entries in found.items()}


def _powers(
    curve: Curve, series: Form, cells: Mapping[tuple[int, float], int], everything: int, free: int
) -> Iterator[Form]:
    """Yield other powers of the rate of a series, with its factor or a round one.

    They are near its end, and near the number of its blocks.
    """
    index, rate = series.index, series.options.get("rate")
    if index is None or rate is None:
        return
    low = series.options.get("floor", 0.0)
    shown = max(index.depth)
    over = _OVER in series.text
    offsets = [(True, off) for off in (1, 0, 2, 3, -1)] + [(False, off) for off in range(1, min(shown, 4))]
    if "{depth}" not in series.text:
        offsets = [(False, off) for off in range(1, 2 * shown + 4)]
    for beyond, off in offsets:
        powers = [
            max(low, power_of(1 / rate if over else rate, (depth if beyond else 0) + off))
            for depth in index.depth
        ]
        exponent = plus("{depth}", off) if beyond else str(off)
        shape = "{{rate}}" if exponent == "1" else "{{rate}} ** ({})" if " " in exponent else "{{rate}} ** {}"
        text = ("1 / " if over else "") + shape.format(exponent)
        text = f"max({{floor}}, {text})" if low else text
        reached: dict[float, int] = {}
        for (model, value), mask in cells.items():
            if powers[model]:  # 0 where it is too small for a float
                ratio = float(f"{value / powers[model]:.9e}")
                reached[ratio] = reached.get(ratio, 0) | mask
        cost = costs.POWER + 0.15 * (abs(off - 1) if beyond else off)
        cost += costs.FITTED * (not beyond and off > _NEAR)
        near = sorted(r for r in reached if r not in (0, 1) and digits(r) == 1)[: 3 * (abs(off) < 2)]
        for factor in dict.fromkeys((1.0, curve.factor, *near)):
            ok = reached.get(factor, 0)
            if ok:
                dear = cost + (factor != 1) * (costs.POWER if factor == curve.factor else costs.FITTED)
                yield Form(
                    times(factor, text),
                    ok | free,
                    everything,
                    dear,
                    "power",
                    index,
                    series.options,
                    beyond=beyond,
                )
