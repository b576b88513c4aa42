"""A plot of rates over depth as SVG: one panel for rates over the optimizer's base, one for absolute ones."""

from collections.abc import Iterable, Mapping, Sequence
from math import log, sqrt
from typing import Final, NamedTuple

from paramrules.assignment import Assignment
from paramrules.display import Table, counted, large
from paramrules.html_report.colors import Color, colors
from paramrules.html_report.depth import Point, points
from paramrules.html_report.markup import shown, style, table_html
from paramrules.html_report.rates import decay, rate

_WIDTH: Final = 960
_LEFT, _RIGHT, _TOP, _PANEL, _BELOW = 64, 16, 30, 170, 84
_LABELS: Final = 24
"""The most places that have a label."""
_LOGARITHMIC: Final = 30
"""The ratio of the largest to the smallest rate from which the axis is logarithmic."""
_SMALL, _LARGE = 3.0, 10.0


class Panel(NamedTuple):
    """One plot.

    Attributes:
        what: `learning rate` or `weight decay`.
        over_base: True if the rates multiply the optimizer's own.
        places: the places along the x axis.
        points: the points.
        is_flat: True if all trained parameters have the same rate, so that there is nothing to plot.
    """

    what: str
    over_base: bool
    places: Sequence[str]
    points: Sequence[Point]
    is_flat: bool


def panels(assignment: Assignment) -> list[Panel]:
    """Return the plots of an assignment: learning rates, then decays; none that would be empty."""
    found = []
    for what, of in (("learning rate", rate), ("weight decay", decay)):
        places, every = points(assignment, of)
        is_flat = len({point.rate for point in every}) == 1
        for over_base in (True, False):
            some = [p for p in every if p.rate.over_base is over_base and p.rate.value is not None]
            if some:
                found.append(Panel(what, over_base, places, some, is_flat))
    return found


def plot(assignment: Assignment) -> str:
    """Return all plots as one HTML fragment, each a `<figure>` with SVG and a table of its points.

    A rate that is the same for all is a line of text.
    """
    hues = colors(assignment.groups)
    labels = [group.label for group in assignment.groups]
    return "".join(_figure(panel, labels, hues) for panel in panels(assignment))


def _figure(panel: Panel, labels: Sequence[str], hues: Sequence[Color]) -> str:
    height = _TOP + _PANEL + _BELOW
    if panel.is_flat:
        return f"<p>{panel.what}: {shown(panel.points[0].rate.text)} for all</p>"
    title = f"{panel.what}, in shares of the optimizer's own" if panel.over_base else panel.what
    parts = [
        f'<figure class="plot"><figcaption>{title}</figcaption><div class="scroll">',
        f'<svg viewBox="0 0 {_WIDTH} {height}" role="img" aria-label="{title} over depth">',
        *_grid(panel),
        *_places(panel.places),
        *_dots(panel, labels, hues),
        "</svg></div>",
        _table(panel, labels),
        "</figure>",
    ]
    return "".join(parts)


class _Scale(NamedTuple):
    """From values to heights. `lowest` is the least positive value of a logarithmic scale; 0 if linear."""

    lowest: float
    largest: float
    has_zero: bool

    def y(self, value: float) -> float:
        """Return the y coordinate of a value."""
        share = value / self.largest if self.largest else 0.0
        if self.lowest and value > 0:
            share = log(value / self.lowest) / log(self.largest / self.lowest)
            share = 0.12 + 0.88 * share if self.has_zero else share
        return round(_TOP + _PANEL * (1 - share), 1)

    def ticks(self) -> list[float]:
        """Return the values that the axis names."""
        if not self.lowest:
            return [self.largest * quarter / 4 for quarter in range(5)] if self.largest else [0.0]
        middle = sqrt(self.lowest * self.largest)
        zero = [0.0] if self.has_zero else []
        return [
            *zero,
            self.lowest,
            sqrt(self.lowest * middle),
            middle,
            sqrt(middle * self.largest),
            self.largest,
        ]


def _scale(values: Iterable[float]) -> _Scale:
    all_values = list(values)
    positive = [value for value in all_values if value > 0]
    largest, least = max(positive, default=0.0), min(positive, default=0.0)
    return _Scale(least if largest > _LOGARITHMIC * least else 0.0, largest, 0 in all_values)


def _values(panel: Panel) -> list[float]:
    return [point.rate.value for point in panel.points if point.rate.value is not None]


def _grid(panel: Panel) -> Iterable[str]:
    scale = _scale(_values(panel))
    for tick in scale.ticks():
        y = scale.y(tick)
        yield f'<line class="grid" x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{y}" y2="{y}"/>'
        yield f'<text class="tick" x="{_LEFT - 8}" y="{y + 4}" text-anchor="end">{tick:.3g}</text>'


def _x(place: int, count: int) -> float:
    wide = _WIDTH - _LEFT - _RIGHT - 2 * _LARGE
    return round(_LEFT + _LARGE + wide * (place + 0.5) / count, 1)


def _places(places: Sequence[str]) -> Iterable[str]:
    step = -(-len(places) // _LABELS)
    y = _TOP + _PANEL + 20
    for at in range(0, len(places), step):
        x = _x(at, len(places))
        name = places[at] if len(places[at]) <= 18 else "…" + places[at][-17:]
        yield (
            f'<text class="tick" x="{x}" y="{y}" text-anchor="end" transform="rotate(-35 {x} {y})">'
            f"{shown(name)}</text>"
        )


def _dots(panel: Panel, labels: Sequence[str], hues: Sequence[Color]) -> Iterable[str]:
    scale = _scale(_values(panel))
    most = max(point.parameters for point in panel.points) or 1
    for point in sorted(panel.points, key=lambda point: -point.parameters):
        x, y = _x(point.place, len(panel.places)), scale.y(point.rate.value or 0.0)
        radius = round(_SMALL + (_LARGE - _SMALL) * sqrt(point.parameters / most), 1)
        color, place = style(hues[point.group]), shown(panel.places[point.place])
        yield (
            f'<circle class="dot" cx="{x}" cy="{y}" r="{radius}" {color} data-place="{place}">'
            f"<title>{shown(_words(panel, point, labels))}</title></circle>"
        )


def _words(panel: Panel, point: Point, labels: Sequence[str]) -> str:
    size = f"{counted(point.tensors, 'tensor')}, {large(point.parameters)} parameters"
    return f"{panel.places[point.place]}: {point.rate.text}, {size}, {_groups(point.groups, labels)}"


def _groups(groups: Mapping[int, int], labels: Sequence[str]) -> str:
    some = [labels[number] for number in groups]
    return ", ".join(some[:3]) + (f" and {len(some) - 3} more" if len(some) > 3 else "")


def _table(panel: Panel, labels: Sequence[str]) -> str:
    heads = ("place", "rate", "tensors", "parameters", "groups")
    rows = [
        (
            panel.places[point.place],
            point.rate.text,
            str(point.tensors),
            large(point.parameters),
            _groups(point.groups, labels),
        )
        for point in panel.points
    ]
    table = table_html(Table(heads, rows, right=heads[2:4]), f"{panel.what} over depth")
    return f"<details><summary>The same as a table</summary>{table}</details>"
