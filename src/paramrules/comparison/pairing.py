"""The pairing of two models' parameters, from certain evidence to likely evidence.

Each pair records its evidence. A parameter that could be one of several stays without a partner, and is
reported with these candidates.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from itertools import pairwise

from paramrules.comparison.containers import below, common_prefix, container
from paramrules.comparison.evidence import SeriesPairs, by_place, unique, whole
from paramrules.comparison.found import (
    MAPPING,
    NAME,
    NORMALISED,
    ORDER,
    PARTS,
    SHAPE,
    SIMILAR,
    Found,
)
from paramrules.comparison.items import Item
from paramrules.comparison.mapping_file import Mapped
from paramrules.comparison.name_words import canonical, contradict
from paramrules.comparison.parsed_names import Stems, depth
from paramrules.comparison.parts import fused
from paramrules.comparison.series import Cell, ItemPairs, Series, by_size, cells, most_alike, side_by_side

Way = Callable[[Cell], bool]
"""A function that pairs parameters within a cell, and returns whether it found any."""

KnownCells = dict[int, tuple[tuple[int, int], list[Cell]]]
"""The cells of each size, with the number of items in each model that they were made of."""


class Pairing(Found):
    """The passes that pair two models."""

    def given(self, mapped: Iterable[Mapped]) -> None:
        """Pair the parameters of a mapping, the rest of their modules, and what starts as it says."""
        starts = []
        for names in mapped:
            if names.is_start:
                starts.append((names.a[0], names.b[0]))
                continue
            numbers = [
                [side.inventory.index(name) for name in each]
                for side, each in zip(self.sides, names[:2], strict=True)
            ]
            if all(len(each) == 1 for each in numbers):
                a, b = (items[each[0]] for items, each in zip(self.left, numbers, strict=True))
                self._record(a, b, MAPPING)
            else:
                for side, each in enumerate(numbers):
                    for number in each:
                        del self.left[side][number]
        for a, b, _ in list(self.pairs):
            self._take_rest(a, b, MAPPING)
        for pair in sorted(starts, key=lambda pair: -len(pair[0]) - len(pair[1])):
            self._below_starts(pair)

    def _below_starts(self, starts: tuple[str, str]) -> None:
        """Pair the parameters whose names start so, and leave the rest of them without a partner."""
        everything = self.left
        inside = tuple(
            {number: item for number, item in items.items() if item.name.startswith(start)}
            for items, start in zip(everything, starts, strict=True)
        )
        for items, some in zip(everything, inside, strict=True):
            for number in some:
                del items[number]
        if all(inside):
            first, second = (
                next(iter(items.values())).stems[: depth(container(start))]
                for items, start in zip(inside, starts, strict=True)
            )
            self.left = self._view = inside
            self._given = [(first, second)]
            self._run()
            self._given = []
            self.left = self._view = everything
        for unmatched, items in zip(self.unmatched, inside, strict=True):
            unmatched.update(items)

    def run(self) -> None:
        """Run all passes, from certain evidence to likely evidence."""
        self._run()
        self.left = tuple(
            dict(sorted({**items, **unmatched}.items()))
            for items, unmatched in zip(self.left, self.unmatched, strict=True)
        )

    def _run(self) -> None:
        self._by_key(NAME, lambda item: (item.name, item.ranks))
        self._by_key(NORMALISED, _likeness)
        self._search_all()
        self._search_modules()
        self._take_siblings()
        self._search_modules()
        self._take_only_ones()
        self._by_key(NAME, lambda item: item.name, anyhow=True)
        self._by_key(NORMALISED, _likeness, anyhow=True)
        self._take_position_tables()
        self._take_tied()

    def _search_all(self) -> None:
        for biases, loosely in ((False, False), (True, False), (True, True)):
            self._search(biases, loosely)
        self._take_parts()

    def _search_modules(self) -> None:
        """Search in modules that correspond, innermost first, and everywhere, until nothing is found."""
        tried: set[object] = set()
        while self._search_one(tried):
            pass

    def _search_one(self, tried: set[object]) -> bool:
        """Search in modules not yet tried with what they still contain; return whether anything is found."""
        for modules in (*self._corresponding(), ((), ())):
            view = tuple(map(_below, self.left, modules))
            key = modules, *map(len, view)
            if all(view) and key not in tried:
                tried.add(key)
                before = len(self.left[0]) + len(self.left[1])
                self._within(view)
                if len(self.left[0]) + len(self.left[1]) < before:
                    return True
        return False

    def _within(self, view: tuple[dict[int, Item], ...]) -> None:
        self._view = view
        self._entries = tuple(list(items.values()) for items in view)
        self._by_key(SIMILAR, _likeness)
        self._search_all()
        self._view = self.left
        self._entries = tuple(side.entries for side in self.sides)

    def _by_key(self, how: str, key: Callable[[Item], Hashable], anyhow: bool = False) -> None:
        """Pair parameters whose key is unique in both models; a tied parameter has one for each name."""
        first, second = (self._keyed(side, key) for side in (0, 1))
        for value, a in first.items():
            b = second.get(value)
            if (
                a
                and b
                and a.number in self.left[0]
                and b.number in self.left[1]
                and (anyhow or a.kind.fits(b.kind, loosely=True))
            ):
                self._take(a, b, how)

    def _keyed(self, side: int, key: Callable[[Item], Hashable]) -> dict[Hashable, Item | None]:
        found: dict[Hashable, Item | None] = {}
        for item in self._entries[side]:
            if item.number in self.left[side]:
                value = key(item)
                known = found.setdefault(value, item)
                if known and known.number != item.number:
                    found[value] = None
        return found

    def _search(self, biases: bool, loosely: bool) -> None:
        """Pair by shape, likeness and order, the surest first, until none of them finds more."""
        ways: tuple[Way, ...] = (
            lambda cell: self._take_proposed(unique(cell), SHAPE),
            lambda cell: self._take_proposed(by_place(cell), SIMILAR),
            lambda cell: self._take_proposed(self._alike(cell), SIMILAR),
            self._take_in_order,
        )
        known: KnownCells = {}
        at = 0
        while at < len(ways):
            found = False
            for cell in self._cells(biases, loosely, known):
                found = ways[at](cell) or ways[at](cell.split_up) or found
            at = 0 if found else at + 1

    def _take_proposed(self, proposed: SeriesPairs, how: str) -> bool:
        """Pair the proposed series that are in place; return whether there were any."""
        taken = [
            self._take_series(a, b, how) for a, b in whole(proposed) if self._in_place(a.items[0], b.items[0])
        ]
        return any(taken)

    def _take_in_order(self, cell: Cell) -> bool:
        """Pair the remaining parameters one by one in their order; return whether there were any."""
        taken = [self._take_pairs([(a, b)], ORDER) for a, b in self._in_order(cell) if self._in_place(a, b)]
        return any(taken)

    def _cells(self, biases: bool, loosely: bool, known: KnownCells) -> Iterator[Cell]:
        """Yield the cells of what is left; `known` keeps those of each size until some of it is paired."""
        first, second = (
            by_size([item for item in side.values() if biases or item.leaf != "bias"]) for side in self._view
        )
        for size, a in first.items():
            if b := second.get(size):
                counts = len(a), len(b)
                if size not in known or known[size][0] != counts:
                    known[size] = counts, cells(a, b, loosely=loosely)
                yield from known[size][1]

    def _alike(self, cell: Cell) -> SeriesPairs:
        """Propose series whose names are more alike than those of any rival."""
        return most_alike(cell, (self._context(0), self._context(1)))

    def _in_order(self, cell: Cell) -> Iterable[tuple[Item, Item]]:
        """Propose the remaining parameters one by one, if the order of both models means something.

        Parameters that differ only by numbers have the order of these. Others have the model's order, which
        counts if it is not alphabetical and if the pairs around them come in the same order in both models.
        """
        counted = [len({series.stems for series in of}) == 1 for of in (cell.a, cell.b)]
        known = all(by or not side.is_sorted for by, side in zip(counted, self.sides, strict=True))
        a, b = (
            sorted((item for series in of for item in series.items), key=_rank if by else _number)
            for of, by in zip((cell.a, cell.b), counted, strict=True)
        )
        if not cell.balanced or not known or not (any(counted) or self._keeps_order(a, b)):
            return []
        words = {(x.words, y.words) for x, y in zip(a, b, strict=True)}
        if any(contradict(frozenset(x), frozenset(y)) for x, y in words):
            return []
        return zip(a, b, strict=True)

    def _keeps_order(self, a: list[Item], b: list[Item]) -> bool:
        """Return whether the pairs around these items come in the same order in both models."""
        around = [common_prefix([item.module for item in items]) for items in (a, b)]
        numbers = sorted(
            (pair.a.number, pair.b.number)
            for pair in self.pairs
            if pair.a.leaf != "bias"
            and pair.a.name.startswith(around[0])
            and pair.b.name.startswith(around[1])
        )
        return all(before[1] < after[1] for before, after in pairwise(numbers))

    def _take_series(self, a: Series, b: Series, how: str) -> bool:
        """Pair two series item by item if they run alike; return whether they do."""
        return self._take_pairs(side_by_side(a, b) or [], how)

    def _take_pairs(self, proposed: ItemPairs, how: str) -> bool:
        """Pair items that belong together, unless their weights are apart; return whether there were any."""
        pairs = [(x, y) for x, y in proposed if not self._weights_apart(x, y)]
        for x, y in pairs:
            if x.number in self.left[0] and y.number in self.left[1]:
                self._take(x, y, how)
        return bool(pairs)

    def _take_only_ones(self) -> None:
        """Pair what is the only one of its size in either model, wherever it is."""
        counts = [Counter(item.size for item in side.items) for side in self.sides]
        for cell in self._cells(True, True, {}):
            if len(cell.a) == len(cell.b) == 1 and cell.balanced:
                (a,), (b,) = cell.a, cell.b
                if counts[0][a.items[0].size] == len(a.items) and counts[1][b.items[0].size] == len(b.items):
                    self._take_series(a, b, SHAPE)

    def _take_position_tables(self) -> None:
        """Pair tables of positions of other lengths, where modules that correspond have one each."""
        for modules in (*self._corresponding(), ((), ())):
            tables = [
                [item for item in _below(left, module).values() if "position" in _all_words(item)]
                for left, module in zip(self.left, modules, strict=True)
            ]
            if len(tables[0]) == len(tables[1]) == 1:
                (a,), (b,) = tables
                words = _all_words(a), _all_words(b)
                same = not contradict(*words) and ("relative" in words[0]) == ("relative" in words[1])
                if same and {*a.kind.shape} & {*b.kind.shape} - {1}:
                    self._take(a, b, SIMILAR)

    def _take_siblings(self) -> None:
        """Pair the norms beside layers that are paired, where both layers have one of that kind."""
        beside = [_by_container(item for item in left.values() if item.kind.norm) for left in self.left]
        parents = dict.fromkeys((container(pair.a.module), container(pair.b.module)) for pair in self.pairs)
        for first, second in parents:
            if first and first in beside[0] and second and second in beside[1]:
                for cell in self._beside(beside[0][first], beside[1][second]):
                    a, b = ([item for series in of for item in series.items] for of in (cell.a, cell.b))
                    if len(a) == len(b) == 1 and a[0].number in self.left[0] and b[0].number in self.left[1]:
                        self._take(a[0], b[0], SHAPE)

    @staticmethod
    def _beside(a: Iterable[Item], b: Iterable[Item]) -> Iterator[Cell]:
        of_b = by_size(b)
        for size, items in by_size(a).items():
            yield from cells(items, of_b.get(size, ()), loosely=True)

    def _take_parts(self) -> None:
        """Pair what one model stores in several tensors and the other in one."""
        for side in (0, 1):
            for parts, one in fused(self._view[side].values(), self._view[1 - side].values()):
                several = (parts, (one,)) if side == 0 else ((one,), parts)
                self.parts.append((*several, PARTS))
                for number, items in enumerate(several):
                    for item in items:
                        self._remove(number, item)

    def _take_tied(self) -> None:
        """Add to its pair what one model ties and the other does not, by the tied names."""
        for side in (0, 1):
            own = {(pair.a, pair.b)[1 - side].number: pair for pair in self.pairs}
            names = {
                _likeness(entry): entry
                for entry in self._entries[1 - side]
                if entry.number in own and entry is not self.sides[1 - side].items[entry.number]
            }
            for item in list(self.left[side].values()):
                entry = names.get(_likeness(item))
                if entry and entry.size == item.size:
                    self.tied[own[entry.number].a.number].append((side, item))
                    self._remove(side, item)


def _all_words(item: Item) -> frozenset[str]:
    return frozenset((*item.words, *canonical(item.leaf)))


def _likeness(item: Item) -> Hashable:
    """Return what is equal in names that differ only by separators, spelling and words for a leaf."""
    return item.words, item.leaf, item.ranks


def _below(items: Mapping[int, Item], module: Stems) -> dict[int, Item]:
    """Return the items below a module, with the stems that they have there."""
    known: dict[Stems, Stems | None] = {}
    found = {}
    for number, item in items.items():
        if item.stems not in known:
            known[item.stems] = below(item.stems, module)
        if stems := known[item.stems]:
            found[number] = item._replace(stems=stems)
    return found


def _by_container(items: Iterable[Item]) -> dict[str, list[Item]]:
    found: dict[str, list[Item]] = defaultdict(list)
    for item in items:
        found[container(item.module)].append(item)
    return found


def _rank(item: Item) -> tuple[int, ...]:
    return item.ranks


def _number(item: Item) -> tuple[int, ...]:
    return (item.number,)
