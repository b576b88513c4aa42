"""Names of parameters with the numbers of layers folded: `blocks.{0..11}.norm1.weight`.

Braces hold runs of numbers and single numbers: `{0..3,7}`. A folded name stands for every combination of its
braces and nothing else, so `unfold` returns exactly the names that went in. Braces and backslashes in the
names themselves are escaped with a backslash.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import permutations, product
from math import prod
from typing import Final, NamedTuple

_NUMBER: Final = re.compile(r"(?<![0-9])(?:0|[1-9][0-9]{0,8})(?![0-9])")
"""A number as it is written without leading zeros, so that it can be written again."""

_BETWEEN: Final = "._"
"""The characters around a number that counts layers: `blocks.0.norm1`, `layers_0`; not the 1 of `norm1`."""

_LEAST_GLUED: Final = 3
"""The least number of values that fold inside a word: `h{0..11}_attn`, but `norm1` and `norm2`."""

_ALL_ORDERS: Final = 3
"""The most numbers in a name for which all orders of folding are compared."""

_MOST: Final = 1_000_000
"""The most names that a folded name may stand for."""

_RUN: Final = re.compile(r"([0-9]{1,9})(?:\.\.([0-9]{1,9}))?")
_ESCAPED: Final = re.compile(r"\\(.)|\{([^{}]*)\}", re.DOTALL)


class Folded(NamedTuple):
    """Names that differ by numbers alone.

    Attributes:
        name: the folded name; of a single name, the name itself.
        names: what it stands for, in their order.
    """

    name: str
    names: tuple[str, ...]


class _Skeleton(NamedTuple):
    """The text of a name around its numbers, and for each number whether it stands by itself."""

    texts: tuple[str, ...]
    separate: tuple[bool, ...]


def fold(names: Iterable[str]) -> list[Folded]:
    """Return the names with their numbers folded, each folded name at the place of its first member.

    >>> [folded.name for folded in fold(["h.0.w", "h.1.w", "h.2.w", "h.5.w", "norm.w"])]
    ['h.{0..2,5}.w', 'norm.w']
    """
    order = {name: place for place, name in enumerate(dict.fromkeys(names))}
    alike: dict[_Skeleton, dict[tuple[int, ...], str]] = {}
    for name in order:
        skeleton, numbers = _split(name)
        alike.setdefault(skeleton, {})[numbers] = name
    found = []
    for skeleton, named in alike.items():
        for box in _boxes(list(named), skeleton.separate):
            members = sorted((named[numbers] for numbers in product(*box)), key=order.__getitem__)
            written = (*map(_braces, box), "")
            parts = zip(map(_escaped, skeleton.texts), written, strict=True)
            found.append(Folded("".join(text + number for text, number in parts), tuple(members)))
    return sorted(found, key=lambda each: order[each.names[0]])


def fold_pairs(pairs: Iterable[tuple[str, str]]) -> list[tuple[Folded, Folded]]:
    """Return pairs of names folded side by side: the n-th names that the two stand for are partners.

    >>> [(a.name, b.name) for a, b in fold_pairs([("h.0.w", "h_0.k"), ("h.1.w", "h_1.k")])]
    [('h.{0,1}.w', 'h_{0,1}.k')]
    """
    partners: dict[str, list[str]] = {}
    for a, b in pairs:
        partners.setdefault(a, []).append(b)
    found = []
    for one in fold(partners):
        beside = [partners[name] for name in unfold(one.name)]
        others = fold(name for names in beside for name in names)
        if len(others) == 1 and beside == [[name] for name in unfold(others[0].name)]:
            found.append((one, others[0]))
        else:
            found += [(_single(name), _single(other)) for name in one.names for other in partners[name]]
    return found


def unfold(name: str) -> list[str]:
    """Return the names that a folded name stands for.

    Raises:
        ValueError: something other than numbers stands in braces, or it stands for more than a million names.

    >>> unfold("blocks.{0..1,4}.bias")
    ['blocks.0.bias', 'blocks.1.bias', 'blocks.4.bias']
    """
    choices = [(part,) if isinstance(part, str) else part for part in pieces(name)]
    if prod(map(len, choices)) > _MOST:
        raise ValueError(f"`{name}` stands for more than {_MOST:,} names")
    return ["".join(choice) for choice in product(*choices)]


def pieces(name: str) -> list[str | list[str]]:
    """Return the text of a folded name outside of braces, and between it the numbers of each pair of braces.

    Raises:
        ValueError: something other than numbers stands in braces.

    >>> pieces("blocks.{0..1,4}.bias")
    ['blocks.', ['0', '1', '4'], '.bias']
    """
    found: list[str | list[str]] = []
    end = 0
    for marked in _ESCAPED.finditer(name):
        found.append(name[end : marked.start()])
        end = marked.end()
        found.append(marked[1] if marked[1] is not None else _numbers(marked[2]))
    return [*found, name[end:]]


def _split(name: str) -> tuple[_Skeleton, tuple[int, ...]]:
    """Return the skeleton of a name, and its numbers."""
    texts, separate, numbers, end = [], [], [], 0
    for found in _NUMBER.finditer(name):
        before = name[found.start() - 1] if found.start() else "."
        after = name[found.end() : found.end() + 1] or "."
        texts.append(name[end : found.start()])
        separate.append(before in _BETWEEN and after in _BETWEEN)
        numbers.append(int(found[0]))
        end = found.end()
    return _Skeleton((*texts, name[end:]), tuple(separate)), tuple(numbers)


_Box = tuple[tuple[int, ...], ...]
"""For each number of a name its values; it stands for all combinations."""


def _boxes(numbers: Sequence[tuple[int, ...]], separate: Sequence[bool]) -> list[_Box]:
    """Return few disjoint boxes that together hold exactly these tuples.

    Boxes are joined along one number after the other. Which goes first decides how many are left.
    """
    single: list[_Box] = [tuple((number,) for number in each) for each in numbers]
    along = range(len(separate))
    orders = permutations(along) if len(separate) <= _ALL_ORDERS else (along, reversed(along))
    return min((_joined(single, order, separate) for order in orders), key=len)


def _joined(boxes: list[_Box], order: Iterable[int], separate: Sequence[bool]) -> list[_Box]:
    for at in order:
        if len({box[at] for box in boxes}) == 1:
            continue
        rest: dict[_Box, list[int]] = {}
        for box in boxes:
            rest.setdefault((*box[:at], *box[at + 1 :]), []).extend(box[at])
        boxes = [
            (*others[:at], values, *others[at:])
            for others, joined in rest.items()
            for values in _values(sorted(joined), separate[at])
        ]
    return boxes


def _values(joined: list[int], separate: bool) -> list[tuple[int, ...]]:
    return [tuple(joined)] if separate or len(joined) >= _LEAST_GLUED else [(each,) for each in joined]


def _braces(values: tuple[int, ...]) -> str:
    """Return values as they stand in a folded name: `7`, `{0..11}`, `{0..3,7}`."""
    if len(values) == 1:
        return str(values[0])
    return f"{{{','.join(_run(first, last) for first, last in _runs(values))}}}"


def _run(first: int, last: int) -> str:
    return str(first) if first == last else f"{first}{',' if last == first + 1 else '..'}{last}"


def _runs(values: tuple[int, ...]) -> Iterator[tuple[int, int]]:
    """Yield the first and last number of each run of consecutive ones."""
    start = 0
    for end in range(1, len(values) + 1):
        if end == len(values) or values[end] != values[end - 1] + 1:
            yield values[start], values[end - 1]
            start = end


def _numbers(braces: str) -> list[str]:
    numbers: list[str] = []
    for run in map(_RUN.fullmatch, braces.split(",")):
        values = range(int(run[1]), int(run[2] or run[1]) + 1) if run else range(0)
        if not values:
            raise ValueError(f"`{{{braces}}}` does not hold numbers: write `{{0..3,7}}`")
        if len(values) > _MOST:
            raise ValueError(f"`{{{braces}}}` holds more than {_MOST:,} numbers")
        numbers += map(str, values)
    return numbers


def _single(name: str) -> Folded:
    return Folded(_escaped(name), (name,))


def _escaped(text: str) -> str:
    return re.sub(r"[\\{}]", r"\\\g<0>", text)
