"""What a parameter without a partner could be, for a person to decide."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Final, NamedTuple

from paramrules.comparison.items import Item

_FEW: Final = 4


class Candidates(NamedTuple):
    """A few names, the likeliest first; `together`: it could only be all of them in one."""

    names: tuple[str, ...]
    together: bool


class Rest:
    """The parameters of one model that have no partner."""

    def __init__(self, items: Sequence[Item]) -> None:
        self._by_size: dict[int, list[Item]] = defaultdict(list)
        beside: dict[tuple[str, str], list[Item]] = defaultdict(list)
        for item in items:
            self._by_size[item.kind.size].append(item)
            beside[item.module.rpartition(".")[0], item.leaf].append(item)
        self._in_parts: dict[tuple[int, str], list[list[Item]]] = defaultdict(list)
        for (_, leaf), parts in beside.items():
            if len(parts) > 1:
                self._in_parts[sum(part.kind.size for part in parts), leaf].append(parts)

    def candidates(self, item: Item) -> Candidates:
        """What an unpaired parameter of the other model could be: of its size, or of its size together."""
        sized = self._by_size.get(item.kind.size, ())
        fitting = [other for other in sized if item.kind.fits(other.kind, loosely=True)]
        if fitting:
            likely = sorted(fitting, key=lambda other: _distance(item, other))[:_FEW]
            nearest = _distance(item, likely[0])[0]
            near = tuple(other.name for other in likely if _distance(item, other)[0] == nearest)
            return Candidates(near, False)
        in_parts = self._in_parts.get((item.kind.size, item.leaf), ())
        parts = min(in_parts, key=lambda parts: _distance(item, parts[0]), default=())
        return Candidates(tuple(part.name for part in parts), bool(parts))


def _distance(item: Item, other: Item) -> tuple[bool, bool, int]:
    """Another layer is the farthest, then another leaf, then fewer words in common."""
    ranks = zip(item.ranks, other.ranks, strict=False)
    return any(a != b for a, b in ranks), item.leaf != other.leaf, -len(set(item.words) & set(other.words))
