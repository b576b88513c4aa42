"""Block tests: comparisons of the number of a block, such as `i < 4`."""

from collections.abc import Callable, Iterator, Set
from functools import partial
from typing import Final

from paramrules.inference import costs
from paramrules.inference.indexes import Index
from paramrules.inference.space import Space, bits_of

OF_BLOCK: Final = "{block} and "
"""The match in front of the comparison of a number that it captures."""

_MOST_BLOCKS: Final = 100
"""The number of blocks beyond which a number is compared only where settings change."""

_MOST_CHANGES: Final = 20
"""The most numbers beyond these: settings that change more often are a series."""

_PARTS: Final = (
    ("{depth} // 2", 1, 2, "half", "half"),
    ("{depth} // 3", 1, 3, "third", "two thirds"),
    ("2 * {depth} // 3", 2, 3, "two thirds", "third"),
    ("{depth} // 4", 1, 4, "quarter", "three quarters"),
    ("3 * {depth} // 4", 3, 4, "three quarters", "quarter"),
)
"""Parts of all blocks: the text, the fraction, its name, and that of the rest."""

Compare = Callable[[int, int], bool]
"""A test of a block's number and the number of blocks."""


def block_tests(index: Index, space: Space) -> Iterator[tuple[str, float, str, Compare]]:
    """Yield comparisons of a block's number: the text, its cost, words for it, and the test."""
    own = OF_BLOCK if index.place else ""
    deepest = max(index.depth)
    numbers = [*range(1, min(deepest, _MOST_BLOCKS)), *_changes(index, space)]
    for number in numbers:
        further, blocks = costs.FURTHER * (number - 1), _blocks(number)
        for comparison, end, cost, is_inside in (
            (f"< {number}", "first", costs.INDEX, partial(_is_below, number)),
            (f">= {{depth}} - {number}", "last", costs.RECENT, partial(_is_among_last, number)),
            (f">= {number}", "all but the first", costs.INDEX + costs.BUT, partial(_is_from, number)),
            (
                f"< {{depth}} - {number}",
                "all but the last",
                costs.RECENT + costs.BUT,
                partial(_is_before, number),
            ),
        ):
            yield f"{own}{{place}} {comparison}", cost + further, f"{end} {blocks}", is_inside
    if len({depth for depth in index.depth if depth}) > 1:  # of one depth, a part of it is a number
        cost = costs.INDEX + costs.HALF
        for text, share, whole, part, rest in _PARTS:
            yield f"{own}{{place}} < {text}", cost, f"first {part}", partial(_is_in_part, share, whole)
            yield f"{own}{{place}} >= {text}", cost, f"last {rest}", partial(_is_after_part, share, whole)
    for period in range(2, min(deepest, 5)):
        words = f"one block in {period}"
        for nth in range(period):
            yield f"{own}{{place}} % {period} == {nth}", costs.INDEX, words, partial(_is_nth, period, nth)


def _changes(index: Index, space: Space) -> Set[int]:
    """Return the numbers of blocks, from 100, at which settings change, from the first and from the last."""
    if max(index.depth) <= _MOST_BLOCKS:
        return frozenset()
    found: set[int] = set()
    rows = space.by_parameter([repr(row) for row in each.settings] for each in space.groupings)
    for model, depth in enumerate(index.depth):
        settings: list[set[str]] = [set() for _ in range(depth)]
        for entry in bits_of(index.numbered):
            if space.model[entry] == model:
                settings[index.at[entry]].add(rows[entry])
        for at in range(1, depth):
            if settings[at] != settings[at - 1]:
                found |= {at, depth - at}
    far = {number for number in found if number >= _MOST_BLOCKS}
    return far if len(far) <= _MOST_CHANGES else frozenset()


def _blocks(count: int) -> str:
    return "block" if count == 1 else f"{count} blocks"


def _is_below(number: int, at: int, depth: int) -> bool:
    return at < number


def _is_among_last(number: int, at: int, depth: int) -> bool:
    return at >= depth - number


def _is_from(number: int, at: int, depth: int) -> bool:
    return at >= number


def _is_before(number: int, at: int, depth: int) -> bool:
    return at < depth - number


def _is_in_part(share: int, whole: int, at: int, depth: int) -> bool:
    return at < share * depth // whole


def _is_after_part(share: int, whole: int, at: int, depth: int) -> bool:
    return at >= share * depth // whole


def _is_nth(period: int, rest: int, at: int, depth: int) -> bool:
    return at % period == rest
