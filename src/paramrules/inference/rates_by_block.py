"""Series: settings that follow the number of a block, and other powers of the rates at which they do."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from paramrules.inference import costs
from paramrules.inference.curves import OVER, Curve, curves_of, power_of
from paramrules.inference.effective import FREE, Column, digits, distinct, is_number
from paramrules.inference.forms import Form, free_of, plus, times
from paramrules.inference.indexes import Index, values_at
from paramrules.inference.space import Space, bits_of, mask_of

_MOST: Final = 4
"""The number of series that are looked at further, those that explain most for their cost."""

_NEAR: Final = 3
"""The power of a rate beyond which a number in place of one that follows the depth fits by chance."""


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
            for curve in curves_of(index, values):
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
    over = OVER in series.text
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
