"""Series: parameters that differ by numbers in their names alone, as the same matrix of every layer."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from functools import cached_property
from itertools import combinations, permutations
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

    def divided(self, others: Sequence["Series"]) -> list["Series"]:
        """The series in few parts that are each as long as one of the others, if there is one way to do so.

        Of several ways that one is taken which leaves what the others count: layers, and not what is in them.
        """
        lengths = {len(other.items) for other in others}
        if len(self.items) in lengths or len(self.items) < min(lengths):
            return [self]
        ways = []
        for count in range(1, len(self.varying) + 1):
            for apart in combinations(self.varying, count):
                parts = Counter(self._apart(item, apart) for item in self.items)
                if len(parts) <= _MOST_PARTS and set(parts.values()) <= lengths:
                    ways.append((len(parts), apart))
        ways = [way for way in ways if way[0] == min(ways)[0]]
        if len(ways) > 1:
            counted = {tuple(other.numbered()) for other in others}
            stems = list(zip(self.varying, self.numbered(), strict=True))
            ways = [way for way in ways if tuple(stem for at, stem in stems if at not in way[1]) in counted]
        if len(ways) != 1:
            return [self]
        (number, apart), parts_of = ways[0], defaultdict(list)
        for item in self.items:
            parts_of[self._apart(item, apart)].append(item)
        return [Series(items, number) for _, items in sorted(parts_of.items())]

    def _apart(self, item: Item, by: Iterable[int]) -> tuple[int, ...]:
        return tuple(item.ranks[at] for at in by)


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
    if len(a.items) == 1 or len(a.varying) != len(b.varying):
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

    def alone(self, *pair: Series) -> bool:
        """Whether one of two has none opposite that is as long: then it may be a part of it, or the whole."""
        return any(
            all(len(series.items) != len(other.items) for other in others)
            for series, others in zip(pair, (self.b, self.a), strict=True)
        )

    def divided(self) -> "Cell":
        """The cell with every series divided that has none opposite that is as long, the longest first."""
        cell, further = self, self._divided_once()
        while further is not cell:
            cell, further = further, further._divided_once()
        return cell

    def _divided_once(self) -> "Cell":
        sides = [self.a, self.b]
        every = [(series, side) for side in (0, 1) for series in sides[side]]
        for series, side in sorted(every, key=lambda each: -len(each[0].items)):
            parts = series.divided(sides[1 - side])
            if len(parts) > 1:
                sides[side] = [p for each in sides[side] for p in (parts if each is series else [each])]
                return Cell(*sides)
        return self


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
