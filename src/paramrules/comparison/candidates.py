"""What a parameter without a partner could be, for a person to decide."""

from collections.abc import Sequence

from paramrules.comparison.items import Item

_FEW = 4


def candidates(item: Item, others: Sequence[Item]) -> tuple[str, ...]:
    """The names of a few unpaired parameters of the other model that fit, the likeliest first."""
    fitting = [other for other in others if other.kind.size == item.kind.size]
    fitting = [other for other in fitting if item.kind.fits(other.kind, loosely=True)]
    words = set(item.words)

    def distance(other: Item) -> tuple[bool, bool, int]:
        shared = zip(item.ranks, other.ranks, strict=False)
        return any(a != b for a, b in shared), other.leaf != item.leaf, -len(words & set(other.words))

    return tuple(other.name for other in sorted(fitting, key=distance)[:_FEW])
