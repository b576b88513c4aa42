"""Pairs the parameters of two models, from what is certain to what is likely.

Nothing is guessed: what could be one of several stays without a partner, and is reported with these.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable
from itertools import pairwise
from typing import Final, NamedTuple

from paramrules.comparison.items import Item, Side
from paramrules.comparison.mapping import Mapped
from paramrules.comparison.series import Cell, Series, cells, side_by_side
from paramrules.comparison.similarity import likest

MAPPING: Final = "mapping"
NAME: Final = "name"
NORMALISED: Final = "normalised name"
SIMILAR: Final = "similar name"
SHAPE: Final = "shape"
ORDER: Final = "shape and order"

_DEPTH: Final = 3
"""How often series are divided in search of counterparts."""


class Found(NamedTuple):
    """Two parameters that are the same one, and how that was found."""

    a: Item
    b: Item
    how: str


class Pairing:
    """What has been paired of two models so far.

    Attributes:
        pairs: in the order found.
        left: for each side the parameters without a partner, by number.
    """

    def __init__(self, a: Side, b: Side) -> None:
        self.sides = (a, b)
        self.pairs: list[Found] = []
        self.left: tuple[dict[int, Item], ...] = tuple(
            {item.number: item for item in side.items} for side in self.sides
        )
        self._around: tuple[dict[str, set[str]], ...] = (defaultdict(set), defaultdict(set))

    def given(self, mapped: Iterable[Mapped]) -> None:
        """Pairs what a mapping says, and then the rest of modules that it pairs."""
        for names in mapped:
            numbers = [
                [side.inventory.index(name) for name in each]
                for side, each in zip(self.sides, names, strict=True)
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

    def run(self) -> None:
        """All passes, from certain to likely."""
        self._by_key(NAME, lambda item: (item.name, item.ranks))
        self._by_key(NORMALISED, lambda item: (item.words, item.leaf, item.ranks))
        for biases, loosely in ((False, False), (True, False), (True, True)):
            self._search(biases, loosely)
        self._by_key(NAME, lambda item: item.name, anyhow=True)

    def _by_key(self, how: str, key: Callable[[Item], Hashable], anyhow: bool = False) -> None:
        """Pairs what has a key that no other has; tied parameters have one for each name."""
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
        for item in self.sides[side].entries:
            if item.number in self.left[side]:
                value = key(item)
                known = found.setdefault(value, item)
                if known and known.number != item.number:
                    found[value] = None
        return found

    def _search(self, biases: bool, loosely: bool) -> None:
        """What shapes, likeness and order say, the surest first, until none says more."""
        evidence = (self._unique, self._alike, self._in_order)
        at = 0
        while at < len(evidence):
            found = False
            for cell in self._cells(biases, loosely):
                for _ in range(_DEPTH):
                    pairs, how = evidence[at](cell)
                    pairs = _whole(pairs)
                    for a, b in pairs:
                        found = self._take_series(a, b, how) or found
                    if pairs:
                        break
                    cell = cell.divided()
            at = 0 if found else at + 1

    def _cells(self, biases: bool, loosely: bool) -> list[Cell]:
        left = ([item for item in side.values() if biases or item.leaf != "bias"] for side in self.left)
        return cells(*left, loosely=loosely)

    def _unique(self, cell: Cell) -> tuple[list[tuple[Series, Series]], str]:
        """Series that run as none other of their side does, and one of the other side."""
        if len(cell.a) == len(cell.b) == 1 and cell.balanced:
            return [(cell.a[0], cell.b[0])], SHAPE
        for runs in (lambda s: s.ranks, lambda s: s.form):
            first, second = (_only(side, runs) for side in (cell.a, cell.b))
            pairs = [
                (a, second[key])
                for key, a in first.items()
                if key in second and (cell.balanced or a.words & second[key].words)
            ]
            if pairs:
                return pairs, SHAPE
        return [], SHAPE

    def _alike(self, cell: Cell) -> tuple[list[tuple[Series, Series]], str]:
        """Series whose names are more like one another than like any other's."""
        return likest(cell, (self._context(0), self._context(1))), SIMILAR

    def _in_order(self, cell: Cell) -> tuple[list[tuple[Series, Series]], str]:
        """Series in the order in which both models have them, where that order says something."""
        if not cell.balanced or len(cell.a) != len(cell.b):
            return [], ORDER
        sides = [sorted(side, key=lambda s: s.items[0].number) for side in (cell.a, cell.b)]
        for side, mine in zip(self.sides, sides, strict=True):
            if side.is_sorted and not _numbered_alone(mine):
                return [], ORDER
        pairs = list(zip(*sides, strict=True))
        numbered = any(map(_numbered_alone, sides))
        if any(a.form != b.form for a, b in pairs) or not (numbered or self._keeps_order(*sides)):
            return [], ORDER
        return pairs, ORDER

    def _keeps_order(self, a: list[Series], b: list[Series]) -> bool:
        """Whether what was paired around them comes in the same order in both models."""
        around = [_common([s.items[0].module for s in side]) for side in (a, b)]
        numbers = sorted(
            (pair.a.number, pair.b.number)
            for pair in self.pairs
            if pair.a.leaf != "bias"
            and pair.a.name.startswith(around[0])
            and pair.b.name.startswith(around[1])
        )
        return all(before[1] < after[1] for before, after in pairwise(numbers))

    def _context(self, side: int) -> Callable[[Series], frozenset[str]]:
        around = self._around[side]
        return lambda series: frozenset(around.get(series.items[0].module.rpartition(".")[0], ()))

    def _take_series(self, a: Series, b: Series, how: str) -> bool:
        """Pairs two series item by item, if they run alike; says whether it did."""
        pairs = side_by_side(a, b) or []
        for x, y in pairs:
            if x.number in self.left[0] and y.number in self.left[1]:
                self._take(x, y, how)
        return bool(pairs)

    def _take(self, a: Item, b: Item, how: str) -> None:
        """Pairs two parameters, and the rest of their modules."""
        self._record(a, b, how)
        self._take_rest(a, b, how)

    def _take_rest(self, a: Item, b: Item, how: str) -> None:
        """Pairs what is left of two modules, where it has the same name and shape."""
        rest = [self._rest(side, item.module) for side, item in enumerate((a, b))]
        for leaf, x in rest[0].items():
            y = rest[1].get(leaf)
            if x and y and x.kind.fits(y.kind, loosely=True):
                self._record(x, y, NORMALISED if how == NAME and x.name != y.name else how)

    def _rest(self, side: int, module: str) -> dict[str, Item | None]:
        found: dict[str, Item | None] = {}
        for item in self.sides[side].modules.get(module, ()):
            if item.number in self.left[side]:
                found[item.leaf] = None if item.leaf in found else item
        return found

    def _record(self, a: Item, b: Item, how: str) -> None:
        self.pairs.append(Found(a, b, how))
        for side, item, other in ((0, a, b), (1, b, a)):
            del self.left[side][item.number]
            if not item.ranks or item.ranks[0] == 0:
                module = item.module
                while module:
                    self._around[side][module].update(other.words)
                    module = module.rpartition(".")[0]


def _only(side: Iterable[Series], runs: Callable[[Series], Hashable]) -> dict[Hashable, Series]:
    found: dict[Hashable, list[Series]] = defaultdict(list)
    for series in side:
        found[runs(series)].append(series)
    return {key: each[0] for key, each in found.items() if len(each) == 1}


def _whole(pairs: list[tuple[Series, Series]]) -> list[tuple[Series, Series]]:
    """The pairs without those of divided series of which some parts have no partner."""
    for side in (0, 1):
        found = Counter(pair[side].template for pair in pairs)
        pairs = [pair for pair in pairs if found[pair[side].template] >= pair[side].parts]
    return pairs


def _numbered_alone(series: list[Series]) -> bool:
    """Whether they differ by a number alone."""
    return len({each.template for each in series}) == 1


def _common(modules: list[str]) -> str:
    """The module in which all of them are."""
    parts = [module.split(".")[:-1] for module in modules]
    shared = []
    for column in zip(*parts, strict=False):
        if len(set(column)) > 1:
            break
        shared.append(column[0])
    return ".".join((*shared, "")) if shared else ""
