"""The pairing of two models' parameters, from certain evidence to likely evidence.

Each pair records its evidence. A parameter that could be one of several stays without a partner, and is
reported with these candidates.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from itertools import pairwise, takewhile
from typing import Final, NamedTuple

from paramrules.comparison.containers import Containers, below, corresponding
from paramrules.comparison.items import Item, Side
from paramrules.comparison.mapping_file import Mapped
from paramrules.comparison.name_parts import Stems, canonical, contradict, depth
from paramrules.comparison.parts import fused
from paramrules.comparison.places import in_places
from paramrules.comparison.series import Cell, Ranks, Series, by_size, cells, most_alike, side_by_side

MAPPING: Final = "mapping"
NAME: Final = "name"
NORMALISED: Final = "normalised name"
SIMILAR: Final = "similar name"
SHAPE: Final = "shape"
ORDER: Final = "shape and order"
PARTS: Final = "parts"
TIED: Final = "tied name"


Proposal = tuple[list[tuple[Series, Series]], str]
"""Pairs of series, and the name of the evidence."""
Evidence = Callable[[Cell], Proposal]
KnownCells = dict[int, tuple[tuple[int, int], list[Cell]]]
"""The cells of each size, with the number of items in each model that they were made of."""


class Partners(NamedTuple):
    """Two parameters that are the same, and the evidence."""

    a: Item
    b: Item
    how: str


class Pairing:
    """The pairs of two models found so far.

    Attributes:
        pairs: the pairs, in the order found.
        left: for each side, the parameters without a partner, by number.
    """

    def __init__(self, a: Side, b: Side) -> None:
        self.sides = (a, b)
        self.pairs: list[Partners] = []
        self.left: tuple[dict[int, Item], ...] = tuple(
            {item.number: item for item in side.items} for side in self.sides
        )
        self.unmatched: tuple[dict[int, Item], ...] = ({}, {})
        self._given: list[Containers] = []
        self._view: tuple[dict[int, Item], ...] = self.left
        self._entries: tuple[list[Item], ...] = (a.entries, b.entries)
        self.parts: list[tuple[tuple[Item, ...], tuple[Item, ...], str]] = []
        self._partner: dict[int, int] = {}
        self._known: tuple[int, list[Containers]] = (0, [])
        self._around: tuple[dict[str, set[str]], ...] = (defaultdict(set), defaultdict(set))
        self._partners: tuple[dict[str, set[str]], ...] = (defaultdict(set), defaultdict(set))

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
                next(iter(items.values())).stems[: depth(_container(start))]
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
        for items, unmatched in zip(self.left, self.unmatched, strict=True):
            items.update(unmatched)

    def _run(self) -> None:
        self._by_key(NAME, lambda item: (item.name, item.ranks))
        self._by_key(NORMALISED, lambda item: (item.words, item.leaf, item.ranks))
        self._search_all()
        self._search_modules()
        self._take_siblings()
        self._search_modules()
        self._take_only_ones()
        self._by_key(NAME, lambda item: item.name, anyhow=True)
        self._by_key(NORMALISED, lambda item: (item.words, item.leaf, item.ranks), anyhow=True)
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
        self._by_key(SIMILAR, lambda item: (item.words, item.leaf, item.ranks))
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
        evidence: tuple[Evidence, ...] = (self._unique, self._by_place, self._alike, self._in_order)
        known: KnownCells = {}
        at = 0
        while at < len(evidence):
            found = False
            for cell in self._cells(biases, loosely, known):
                found = self._apply(evidence[at], cell) or self._apply(evidence[at], cell.split_up) or found
            at = 0 if found else at + 1

    def _apply(self, evidence: Evidence, cell: Cell) -> bool:
        """Pair the evidence's proposals for a cell; return whether there were any."""
        pairs, how = evidence(cell)
        taken = [self._take_series(a, b, how) for a, b in _whole(pairs) if self._in_place(a, b)]
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

    def _unique(self, cell: Cell) -> Proposal:
        """Propose series that run alike with exactly one of the other side.

        Several that run alike are distinguished by the numbers that are constant in a series, if both sides
        have the same ones (the stages of a ResNet).
        """
        if cell.balanced and len(cell.a) == len(cell.b) == 1:
            return [(cell.a[0], cell.b[0])], SHAPE
        forms = [_by(side, lambda series: series.form) for side in (cell.a, cell.b)]
        pairs: list[tuple[Series, Series]] = []
        for form, of_a in forms[0].items():
            of_b = forms[1].get(form, [])
            first, second = (_by(of, _ranks) for of in (of_a, of_b))
            if len(of_a) == len(of_b) == 1 or (
                first.keys() == second.keys() and len(first) == len(of_a) == len(of_b)
            ):
                pairs += zip(sorted(of_a, key=_ranks), sorted(of_b, key=_ranks), strict=True)
        same = {form: len(of) for form, of in forms[0].items()} == {f: len(of) for f, of in forms[1].items()}
        return [(a, b) for a, b in pairs if same or a.words & b.words], SHAPE

    def _by_place(self, cell: Cell) -> Proposal:
        """Propose the norms of a block in the order that their names tell in both models."""
        blocks = [_by(side, lambda series: series.form) for side in (cell.a, cell.b)]
        pairs: list[tuple[Series, Series]] = []
        for form, of_a in blocks[0].items():
            of_b = blocks[1].get(form, [])
            if 1 < len(of_a) == len(of_b) and _in_one_block(of_a) and _in_one_block(of_b):
                pairs += zip(in_places(of_a) or (), in_places(of_b) or (), strict=False)
        return pairs, SIMILAR

    def _alike(self, cell: Cell) -> Proposal:
        """Propose series whose names are more alike than those of any rival."""
        return most_alike(cell, (self._context(0), self._context(1))), SIMILAR

    def _in_order(self, cell: Cell) -> Proposal:
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
            return [], ORDER
        if any(contradict(frozenset(x.words), frozenset(y.words)) for x, y in zip(a, b, strict=True)):
            return [], ORDER
        return [(Series([x]), Series([y])) for x, y in zip(a, b, strict=True)], ORDER

    def _keeps_order(self, a: list[Item], b: list[Item]) -> bool:
        """Return whether the pairs around these items come in the same order in both models."""
        around = [_common([item.module for item in items]) for items in (a, b)]
        numbers = sorted(
            (pair.a.number, pair.b.number)
            for pair in self.pairs
            if pair.a.leaf != "bias"
            and pair.a.name.startswith(around[0])
            and pair.b.name.startswith(around[1])
        )
        return all(before[1] < after[1] for before, after in pairwise(numbers))

    def _in_place(self, a: Series, b: Series) -> bool:
        """Return whether the partners of what surrounds one series are near the other, as far as known."""
        here, there = (_container(series.items[0].module) for series in (a, b))
        for side, mine, other in ((0, here, there), (1, there, here)):
            partners = self._partners[side].get(mine)
            if partners and not any(_near(other, place) for place in partners):
                return False
        return True

    def _corresponding(self) -> list[Containers]:
        """Return the modules that correspond, as the pairs found so far show."""
        if self._known[0] != len(self.pairs):
            stems = [
                (self.sides[0].items[pair.a.number].stems, self.sides[1].items[pair.b.number].stems)
                for pair in self.pairs
            ]
            self._known = len(self.pairs), corresponding(stems)
        return [*self._known[1], *self._given]

    def _context(self, side: int) -> Callable[[Series], frozenset[str]]:
        around = self._around[side]
        return lambda series: frozenset(around.get(_container(series.items[0].module), ()))

    def _take_series(self, a: Series, b: Series, how: str) -> bool:
        """Pair two series item by item if they run alike; return whether they do."""
        pairs = side_by_side(a, b) or []
        pairs = [(x, y) for x, y in pairs if not self._weights_apart(x, y)]
        for x, y in pairs:
            if x.number in self.left[0] and y.number in self.left[1]:
                self._take(x, y, how)
        return bool(pairs)

    def _weights_apart(self, a: Item, b: Item) -> bool:
        """Return whether these are biases of two layers whose weights are not partners."""
        if a.leaf != "bias" or b.leaf != "bias":
            return False
        weights = [
            next((item for item in side.modules[each.module] if item.leaf == "weight"), None)
            for side, each in zip(self.sides, (a, b), strict=True)
        ]
        return None not in weights and self._partner.get(weights[0].number) != weights[1].number

    def _take(self, a: Item, b: Item, how: str) -> None:
        """Pair two parameters, and the rest of their modules."""
        self._record(a, b, how)
        self._take_rest(a, b, how)

    def _take_rest(self, a: Item, b: Item, how: str) -> None:
        """Pair the rest of two modules, where names and shapes agree."""
        rest = [self._rest(side, item.module) for side, item in enumerate((a, b))]
        for leaf, x in rest[0].items():
            y = rest[1].get(leaf)
            if x and y and x.kind.fits(y.kind, loosely=True):
                self._record(x, y, NORMALISED if how == NAME and x.name != y.name else how)

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
                [
                    item
                    for item in _below(left, module).values()
                    if "position" in (*item.words, *canonical(item.leaf))
                ]
                for left, module in zip(self.left, modules, strict=True)
            ]
            if len(tables[0]) == len(tables[1]) == 1:
                (a,), (b,) = tables
                if {*a.kind.shape} & {*b.kind.shape} - {1}:
                    self._take(a, b, SIMILAR)

    def _take_siblings(self) -> None:
        """Pair the norms beside layers that are paired, where both layers have one of that kind."""
        beside = [_by_parent(item for item in left.values() if item.kind.norm) for left in self.left]
        parents = dict.fromkeys((_container(pair.a.module), _container(pair.b.module)) for pair in self.pairs)
        for first, second in parents:
            if first and second:
                for cell in self._beside(beside[0].get(first, ()), beside[1].get(second, ())):
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
            for parts, whole in fused(self._view[side].values(), self._view[1 - side].values()):
                several = (parts, (whole,)) if side == 0 else ((whole,), parts)
                self.parts.append((*several, PARTS))
                for number, items in enumerate(several):
                    for item in items:
                        self._remove(number, item)

    def _take_tied(self) -> None:
        """Pair what one model ties and the other does not, by the tied names."""

        def key(item: Item) -> Hashable:
            return item.words, item.leaf, item.ranks

        for side in (0, 1):
            partners = {pair[1 - side].number: pair for pair in self.pairs}
            names: dict[Hashable, Item] = {}
            for entry in self.sides[1 - side].entries:
                if entry.number in partners:
                    names[key(entry)] = entry
            for item in list(self.left[side].values()):
                entry = names.get(key(item))
                if entry and entry.size == item.size:
                    pair = partners[entry.number]
                    one = (item, entry)
                    self.parts.append(((one[side],), (one[1 - side],), TIED))
                    self._remove(side, item)
                    del pair

    def _rest(self, side: int, module: str) -> dict[str, Item | None]:
        found: dict[str, Item | None] = {}
        for item in self.sides[side].modules.get(module, ()):
            if item.number in self.left[side]:
                found[item.leaf] = None if item.leaf in found else item
        return found

    def _record(self, a: Item, b: Item, how: str) -> None:
        self.pairs.append(Partners(a, b, how))
        self._partner[a.number] = b.number
        for side, item, other in ((0, a, b), (1, b, a)):
            self._remove(side, item)
            if not item.ranks or item.ranks[0] == 0:
                module, place = item.module, _container(other.module)
                while module:
                    self._around[side][module].update(other.words)
                    self._partners[side][module].add(place)
                    module = _container(module)

    def _remove(self, side: int, item: Item) -> None:
        del self.left[side][item.number]
        if self._view is not self.left:
            self._view[side].pop(item.number, None)


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


def _by_parent(items: Iterable[Item]) -> dict[str, list[Item]]:
    found: dict[str, list[Item]] = defaultdict(list)
    for item in items:
        found[_container(item.module)].append(item)
    return found


def _by(series: Iterable[Series], key: Callable[[Series], Ranks]) -> dict[Ranks, list[Series]]:
    found: dict[Ranks, list[Series]] = defaultdict(list)
    for each in series:
        found[key(each)].append(each)
    return found


def _in_one_block(series: list[Series]) -> bool:
    """Return whether the series are numbered by the same modules."""
    return len({tuple(stem for stem in each.stems if stem[1]) for each in series}) == 1


def _rank(item: Item) -> tuple[int, ...]:
    return item.ranks


def _number(item: Item) -> tuple[int, ...]:
    return (item.number,)


def _ranks(series: Series) -> Ranks:
    return series.ranks


def _whole(pairs: list[tuple[Series, Series]]) -> list[tuple[Series, Series]]:
    """Return the pairs without those of split series of which some parts have no partner."""
    for side in (0, 1):
        found = Counter(pair[side].stems for pair in pairs)
        pairs = [pair for pair in pairs if found[pair[side].stems] >= pair[side].parts]
    return pairs


def _container(module: str) -> str:
    """Return the module around a module."""
    return module.rpartition(".")[0]


def _near(module: str, other: str) -> bool:
    """Return whether one module contains the other, or one module other than the root contains both."""
    if not module or not other:
        return True
    a, b = module.split("."), other.split(".")
    shared = sum(takewhile(bool, (x == y for x, y in zip(a, b, strict=False))))
    return shared >= max(1, min(len(a), len(b)) - 1)


def _common(modules: list[str]) -> str:
    """Return the prefix of the innermost module that contains all of them."""
    parts = [module.split(".")[:-1] for module in modules]
    shared = []
    for column in zip(*parts, strict=False):
        if len(set(column)) > 1:
            break
        shared.append(column[0])
    return ".".join((*shared, "")) if shared else ""
