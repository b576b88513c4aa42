"""Series: parameters that differ by numbers in their names alone, as the same matrix of every layer."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from functools import cached_property
from itertools import permutations
from typing import Final

from paramrules.comparison.items import Item, Kind
from paramrules.comparison.names import Template
from paramrules.comparison.words import canonical

Ranks = tuple[tuple[int, ...], ...]

_MOST_PARTS: Final = 64
"""Into how many parts a series is divided at most."""


class Series:
    """Items of one template and kind, in the order of their ranks.

    `parts` is into how many a longer series was divided of which this is one.
    """

    def __init__(self, items: Sequence[Item], parts: int = 1) -> None:
        self.items = sorted(items, key=lambda item: item.ranks)
        self.parts = parts

    @property
    def template(self) -> Template:
        """What their names have in common."""
        return self.items[0].template

    @property
    def kind(self) -> Kind:
        """What each of them is."""
        return self.items[0].kind

    @cached_property
    def words(self) -> frozenset[str]:
        """The words of their names."""
        return frozenset(self.items[0].words)

    @cached_property
    def ranks(self) -> Ranks:
        """Of each the places of what is numbered."""
        return tuple(item.ranks for item in self.items)

    @cached_property
    def varying(self) -> tuple[int, ...]:
        """Which of the ranks are not all equal."""
        columns = list(zip(*self.ranks, strict=True))
        return tuple(at for at, column in enumerate(columns) if min(column) != max(column))

    @cached_property
    def form(self) -> Ranks:
        """The ranks that vary, each counted anew from 0."""
        columns = [[ranks[at] for ranks in self.ranks] for at in self.varying]
        anew = [{rank: place for place, rank in enumerate(sorted(set(column)))} for column in columns]
        return tuple(
            tuple(places[ranks[at]] for places, at in zip(anew, self.varying, strict=True))
            for ranks in self.ranks
        )

    def numbered(self) -> list[tuple[str, ...]]:
        """The words in front of each rank that varies."""
        stems = [canonical(stem) for stem, is_numbered in self.template if is_numbered]
        return [stems[at] for at in self.varying]

    def divided(self) -> list["Series"]:
        """The series by the innermost rank that varies; itself alone where none does."""
        if not self.varying:
            return [self]
        at = self.varying[-1]
        parts: dict[int, list[Item]] = defaultdict(list)
        for item in self.items:
            parts[item.ranks[at]].append(item)
        if len(parts) > _MOST_PARTS:
            return [self]
        return [Series(items, self.parts * len(parts)) for _, items in sorted(parts.items())]


def series_of(items: Iterable[Item]) -> list[Series]:
    """The items as series, in the order in which the first of each stands."""
    found: dict[tuple[Template, Kind], list[Item]] = defaultdict(list)
    for item in items:
        found[item.template, item.kind].append(item)
    return [Series(each) for each in found.values()]


def runs_alike(a: Series, b: Series) -> bool:
    """Whether each item of one series has a counterpart in the other."""
    return side_by_side(a, b) is not None


def side_by_side(a: Series, b: Series) -> list[tuple[Item, Item]] | None:
    """Each item of one series with its counterpart in the other; None where they do not run alike.

    They run alike where the same numbers are there, whatever these start with; also where the numbers are
    nested the other way round, or one model counts through what the other counts in stages.
    """
    if len(a.items) != len(b.items):
        return None
    if a.ranks == b.ranks or (a.form == b.form and len(a.varying) < 2):
        return list(zip(a.items, b.items, strict=True))
    if len(a.varying) != len(b.varying):
        return list(zip(a.items, b.items, strict=True))
    return _turned(a, b)


def _turned(a: Series, b: Series) -> list[tuple[Item, Item]] | None:
    """The same where the numbers may be nested in another order."""
    at = dict(zip(a.form, a.items, strict=True))
    words_a, words_b = a.numbered(), b.numbered()
    fitting = [
        (sum(words_a[i] == words_b[j] for j, i in enumerate(order)), order)
        for order in permutations(range(len(words_a)))
        if all(tuple(places[order.index(i)] for i in range(len(order))) in at for places in b.form)
    ]
    if not fitting:
        return None
    _, order = max(fitting, key=lambda each: each[0])  # the first of equals: as they stand
    back = [order.index(i) for i in range(len(order))]
    return [(at[tuple(places[i] for i in back)], item) for places, item in zip(b.form, b.items, strict=True)]


class Cell:
    """Series of both models any of which may be the same parameters, as far as shape and role can say."""

    def __init__(self, a: list[Series], b: list[Series]) -> None:
        self.a = a
        self.b = b

    @property
    def balanced(self) -> bool:
        """Whether both models have as many parameters of this kind."""
        return sum(len(s.items) for s in self.a) == sum(len(s.items) for s in self.b)

    def divided(self) -> "Cell":
        """The cell with every series divided that is longer than some opposite, and as long as none."""
        lengths = [{len(series.items) for series in side} for side in (self.a, self.b)]
        return Cell(_divided(self.a, lengths[1]), _divided(self.b, lengths[0]))


def _divided(side: Iterable[Series], others: set[int]) -> list[Series]:
    return [
        part
        for series in side
        for part in (
            series.divided()
            if len(series.items) not in others and len(series.items) > min(others)
            else [series]
        )
    ]


def cells(a: Iterable[Item], b: Iterable[Item], *, loosely: bool) -> list[Cell]:
    """The items that are left, sorted by what they may be."""
    found: list[Cell] = []
    by_size: dict[int, tuple[list[Series], list[Series]]] = defaultdict(lambda: ([], []))
    for side, items in enumerate((a, b)):
        for series in series_of(items):
            by_size[series.kind.size][side].append(series)
    for in_a, in_b in by_size.values():
        if in_a and in_b:
            found += _connected(in_a, in_b, loosely)
    return found


def _connected(a: list[Series], b: list[Series], loosely: bool) -> Iterable[Cell]:
    """The groups of series that hang together by kinds that fit."""
    groups: list[tuple[set[Kind], set[Kind]]] = []
    others = {series.kind for series in b}
    for kind in {series.kind: None for series in a}:
        mine, theirs = {kind}, {other for other in others if kind.fits(other, loosely=loosely)}
        apart = []
        for group in groups:
            if group[1] & theirs:
                mine |= group[0]
                theirs |= group[1]
            else:
                apart.append(group)
        groups = [*apart, (mine, theirs)]
    for mine, theirs in groups:
        if theirs:
            yield Cell([s for s in a if s.kind in mine], [s for s in b if s.kind in theirs])
