"""The pairs of two models found so far, and what they tell of the parameters that are left."""

from collections import defaultdict
from collections.abc import Callable
from typing import Final, NamedTuple

from paramrules.comparison.containers import Containers, container, corresponding, near
from paramrules.comparison.items import Item, Side
from paramrules.comparison.series import Series

MAPPING: Final = "mapping"
NAME: Final = "name"
NORMALISED: Final = "normalised name"
SIMILAR: Final = "similar name"
SHAPE: Final = "shape"
ORDER: Final = "shape and order"
PARTS: Final = "parts"
TIED: Final = "tied name"


class Partners(NamedTuple):
    """Two parameters that are the same, and the evidence."""

    a: Item
    b: Item
    how: str


class Found:
    """The pairs of two models found so far.

    Attributes:
        pairs: the pairs, in the order found.
        left: for each side, the parameters without a partner, by number.
        parts: parameters that are together one of the other model, with the evidence.
        tied: for the first parameter of a pair, further ones that the other model ties, each with its side.
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
        self.tied: dict[int, list[tuple[int, Item]]] = defaultdict(list)
        self._partner: dict[int, int] = {}
        self._known: tuple[int, list[Containers]] = (0, [])
        self._around: tuple[dict[str, set[str]], ...] = (defaultdict(set), defaultdict(set))
        self._partners: tuple[dict[str, set[str]], ...] = (defaultdict(set), defaultdict(set))

    def _in_place(self, a: Item, b: Item) -> bool:
        """Return whether the partners of what surrounds one parameter are near the other, as far as known."""
        here, there = container(a.module), container(b.module)
        for partners, place in ((self._partners[0].get(here), there), (self._partners[1].get(there), here)):
            if partners and not any(near(place, other) for other in partners):
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
        return lambda series: frozenset(around.get(container(series.items[0].module), ()))

    def _weights_apart(self, a: Item, b: Item) -> bool:
        """Return whether these are biases of two layers whose weights are not partners."""
        if a.leaf != "bias" or b.leaf != "bias":
            return False
        first, second = (
            next((item.number for item in side.modules.get(each.module, ()) if item.leaf == "weight"), None)
            for side, each in zip(self.sides, (a, b), strict=True)
        )
        return first is not None and second is not None and self._partner.get(first) != second

    def _take(self, a: Item, b: Item, how: str) -> None:
        """Pair two parameters, and the rest of their modules."""
        self._record(a, b, how)
        self._take_rest(a, b, how)

    def _take_rest(self, a: Item, b: Item, how: str) -> None:
        """Pair the rest of two modules, where names and shapes agree."""
        first = self._rest(0, a.module)
        second = self._rest(1, b.module) if first else {}
        for leaf, x in first.items():
            y = second.get(leaf)
            if x and y and x.kind.fits(y.kind, loosely=True):
                self._record(x, y, NORMALISED if how == NAME and x.name != y.name else how)

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
                module, place = item.module, container(other.module)
                while module:
                    self._around[side][module].update(other.words)
                    self._partners[side][module].add(place)
                    module = container(module)

    def _remove(self, side: int, item: Item) -> None:
        del self.left[side][item.number]
        if self._view is not self.left:
            self._view[side].pop(item.number, None)
