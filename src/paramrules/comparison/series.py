"""Series: parameters that differ only by numbers, such as one matrix of every layer, and their likeness."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property
from itertools import combinations, permutations
from math import log
from operator import itemgetter
from typing import Final

from paramrules.comparison.items import Item, Kind
from paramrules.comparison.name_words import canonical, contradict, norm_place
from paramrules.comparison.parsed_names import Stems

Ranks = tuple[tuple[int, ...], ...]
ItemPairs = list[tuple[Item, Item]]

_MOST_PARTS: Final = 64
"""The most parts into which a series is split."""


_LEAST: Final = 0.2
_MARGIN: Final = 0.1
"""The least score of a pair of names, from 0 to 1, and its least lead over any other pair."""

_MOST: Final = 500
"""The number of series in a cell beyond which names are not compared."""


class Series:
    """Items with the same stems and kind, in the order of their ranks.

    Attributes:
        items: the items.
        parts: the number of parts that a longer series was split into, if this is one of them, else 1.
    """

    def __init__(self, items: Sequence[Item], parts: int = 1) -> None:
        self.items = sorted(items, key=lambda item: item.ranks)
        self.parts = parts

    @property
    def stems(self) -> Stems:
        """The part that their names share."""
        return self.items[0].stems

    @property
    def kind(self) -> Kind:
        """The kind of each item."""
        return self.items[0].kind

    @cached_property
    def words(self) -> frozenset[str]:
        """The words of their names."""
        return frozenset(self.items[0].words)

    @cached_property
    def place(self) -> int | None:
        """The place in a block, if they are norms and the name tells it."""
        return norm_place(self.items[0].module.rpartition(".")[2]) if self.kind.norm else None

    @cached_property
    def ranks(self) -> Ranks:
        """For each item, the ranks of what is numbered."""
        return tuple(item.ranks for item in self.items)

    @cached_property
    def columns(self) -> list[list[int]]:
        """For each number in the names, its ranks, one an item."""
        return [[ranks[at] for ranks in self.ranks] for at in range(len(self.ranks[0]))]

    @cached_property
    def varying(self) -> tuple[int, ...]:
        """The positions in the ranks that vary."""
        return tuple(at for at, column in enumerate(self.columns) if column.count(column[0]) < len(column))

    @cached_property
    def renumbered(self) -> list[list[int]]:
        """The columns that vary, each renumbered from 0."""
        anew = []
        for at in self.varying:
            places = {rank: place for place, rank in enumerate(sorted(set(self.columns[at])))}
            anew.append([places[rank] for rank in self.columns[at]])
        return anew

    @cached_property
    def form(self) -> Ranks:
        """The ranks that vary, each renumbered from 0."""
        return tuple(zip(*self.renumbered, strict=True)) or ((),) * len(self.items)

    def numbered(self) -> list[tuple[str, ...]]:
        """Return the words in front of each rank that varies."""
        stems = [canonical(stem) for stem, is_numbered in self.stems if is_numbered]
        return [stems[at] for at in self.varying]

    def split(self, others: Sequence["Series"]) -> list["Series"]:
        """Split the series into few parts, each as long as one of the others, if there is one way to do so.

        On ties, keep the split that leaves the layer index, which the others count too.
        """
        lengths = {len(other.items) for other in others}
        if len(self.items) in lengths or len(self.items) < min(lengths):
            return [self]
        ways = []
        for count in range(1, len(self.varying) + 1):
            for apart in combinations(self.varying, count):
                parts = Counter(map(itemgetter(*apart), self.ranks))
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
        for key, item in zip(map(itemgetter(*apart), self.ranks), self.items, strict=True):
            parts_of[key].append(item)
        return [Series(items, number) for _, items in sorted(parts_of.items())]


def series_of(items: Iterable[Item]) -> list[Series]:
    """Return the items as series, in the order of their first items."""
    found: dict[tuple[Stems, Kind], list[Item]] = defaultdict(list)
    for item in items:
        found[item.stems, item.kind].append(item)
    return [Series(each) for each in found.values()]


def runs_alike(a: Series, b: Series) -> bool:
    """Return whether each item of one series has a counterpart in the other."""
    return side_by_side(a, b) is not None


def side_by_side(a: Series, b: Series) -> ItemPairs | None:
    """Return each item of one series with its counterpart in the other, or None if they do not run alike.

    Two series run alike if they have the same numbers, from whatever start. The numbers may be nested in
    another order, and one model may count through what the other counts in stages.
    """
    if len(a.items) != len(b.items):
        return None
    if len(a.items) == 1 or not a.varying or len(a.varying) != len(b.varying):
        return list(zip(a.items, b.items, strict=True))
    return _pair_in_any_nesting(a, b)


def _pair_in_any_nesting(a: Series, b: Series) -> ItemPairs | None:
    """Pair items whose numbers may be nested in another order."""
    at = dict(zip(a.form, a.items, strict=True))
    words_a, words_b = a.numbered(), b.numbered()
    fitting = []
    for order in permutations(range(len(words_a))):
        places = list(zip(*(b.renumbered[order.index(i)] for i in range(len(order))), strict=True))
        if at.keys() >= set(places):
            fitting.append((sum(words_a[i] == words_b[j] for j, i in enumerate(order)), places))
    if not fitting:
        return None
    _, places = max(fitting, key=lambda each: each[0])  # the first of equals: as they stand
    return [(at[place], item) for place, item in zip(places, b.items, strict=True)]


class Cell:
    """Series of both models that may be the same parameters, judging by shape and role."""

    def __init__(self, a: list[Series], b: list[Series]) -> None:
        self.a = a
        self.b = b

    @property
    def balanced(self) -> bool:
        """True if both models have the same number of these parameters."""
        return sum(len(s.items) for s in self.a) == sum(len(s.items) for s in self.b)

    def alone(self, *pair: Series) -> bool:
        """Return whether one of two series has none of its length opposite; it may be part of the other."""
        return any(
            all(len(series.items) != len(other.items) for other in others)
            for series, others in zip(pair, (self.b, self.a), strict=True)
        )

    @cached_property
    def split_up(self) -> "Cell":
        """The cell with every series split that has no counterpart of its length, longest first."""
        cell, further = self, self._split_once()
        while further is not cell:
            cell, further = further, further._split_once()
        return cell

    def _split_once(self) -> "Cell":
        sides = [self.a, self.b]
        every = [(series, side) for side in (0, 1) for series in sides[side]]
        for series, side in sorted(every, key=lambda each: -len(each[0].items)):
            parts = series.split(sides[1 - side])
            if len(parts) > 1:
                sides[side] = [p for each in sides[side] for p in (parts if each is series else [each])]
                return Cell(*sides)
        return self


def by_size(items: Iterable[Item]) -> dict[int, list[Item]]:
    """Return items by their number of elements."""
    found: dict[int, list[Item]] = defaultdict(list)
    for item in items:
        found[item.size].append(item)
    return found


def cells(a: Iterable[Item], b: Iterable[Item], *, loosely: bool) -> list[Cell]:
    """Group items of one size in both models by what they may be."""
    return list(_connected(series_of(a), series_of(b), loosely))


def _connected(a: list[Series], b: list[Series], loosely: bool) -> Iterable[Cell]:
    """Yield the connected groups of series, linked by kinds that fit."""
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


Context = Callable[[Series], frozenset[str]]


def most_alike(cell: Cell, contexts: tuple[Context, Context]) -> list[tuple[Series, Series]]:
    """Return the pairs of a cell whose names are more alike than those of any rival on either side.

    A word weighs more the fewer series of the cell have it (inverse document frequency). `contexts` return
    the words that the other model uses for what surrounds a series and is already paired.
    """
    if len(cell.a) + len(cell.b) > _MOST:
        return []
    weights = _weights([*cell.a, *cell.b])
    of_a, of_b = (
        [context(s) for s in side] for side, context in zip((cell.a, cell.b), contexts, strict=True)
    )
    scores = [
        [
            _score(a, b, around, of_b[j], weights) if runs_alike(a, b) or cell.alone(a, b) else 0.0
            for j, b in enumerate(cell.b)
        ]
        for a, around in zip(cell.a, of_a, strict=True)
    ]
    rows = [sorted(row, reverse=True)[:2] for row in scores]
    columns = [sorted(column, reverse=True)[:2] for column in zip(*scores, strict=True)]
    return [
        (a, b)
        for a, row, highest in zip(cell.a, scores, rows, strict=True)
        for b, score, rivals in zip(cell.b, row, columns, strict=True)
        if score >= _LEAST and _leads(score, highest) and _leads(score, rivals) and runs_alike(a, b)
    ]


def _leads(score: float, highest: list[float]) -> bool:
    return score == highest[0] and (len(highest) == 1 or score - highest[1] >= _MARGIN)


def _weights(series: Iterable[Series]) -> Mapping[str, float]:
    all_words = [each.words for each in series]
    counts = Counter(word for words in all_words for word in words)
    return {word: log(len(all_words) / count) for word, count in counts.items()}


def _score(
    a: Series, b: Series, of_a: frozenset[str], of_b: frozenset[str], weights: Mapping[str, float]
) -> float:
    def weight(words: Iterable[str]) -> float:
        return sum(weights.get(word, 0.0) for word in words)

    own = 2 * weight(a.words & b.words)
    around = weight((of_a & b.words) - a.words) + weight((of_b & a.words) - b.words)
    whole = weight(a.words) + weight(b.words)
    apart = contradict(a.words, b.words) or (None not in (a.place, b.place) and a.place != b.place)
    return (own + around) / whole if own and not apart else 0.0
