"""Read the parameters of a model from the lines of a lock's tree."""

import re
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from paramrules.inventories.parameter import Layer
from paramrules.locks import limits, words
from paramrules.locks.fold_tree import Leaf
from paramrules.locks.locked import LockedAxis, Shape
from paramrules.locks.unfold_tree import Tree, TreeFault

_NAME: Final = rf"(?:{words.QUOTED}|[A-Za-z0-9_.-]+)"
_COUNTING: Final = re.compile(
    rf"([A-Za-z0-9_#/]+)(  frozen)?(?:  tied ({_NAME}(?:, {_NAME})*))?(?:  stacked ({_NAME})\[([0-9:, ]+)\])?"
)
_PLACE: Final = re.compile(r"([0-9]{1,9}): ([0-9]{1,9})")


class Columns(NamedTuple):
    """The facts about a model's parameters that a lock holds, as in `LockedModel`."""

    names: Sequence[str]
    shapes: Sequence[Shape]
    labels: Sequence[tuple[int, ...]]
    frozen: frozenset[int]
    ties: Mapping[int, tuple[str, ...]]
    stacks: Mapping[int, Layer]


class _Facts(NamedTuple):
    shape: Shape
    labels: tuple[int, ...]
    frozen: bool
    tied: tuple[str, ...]
    layer: Layer | None


def read_columns(lines: Sequence[str], axes: Sequence[LockedAxis], before: int = 0) -> Columns:
    """Return the parameters that the lines of a tree stand for.

    Args:
        lines: the lines.
        axes: the axes, whose labels they have.
        before: the number of parameters of other models in the lock.

    Raises:
        TreeFault: a line cannot be understood.
    """
    tree = Tree(lines)
    if before + tree.count > limits.TENSORS:
        raise TreeFault(0, f"a lock stands for at most {limits.TENSORS:,} tensors, and this one for more")
    places = [{slot.name: number for number, slot in enumerate(axis.slots)} for axis in axes]
    known: dict[Leaf, _Facts] = {}
    shapes: dict[str, Shape] = {}
    names: list[str] = []
    seen: set[str] = set()
    found: list[_Facts] = []
    for line, name, leaf in tree.leaves():
        facts = known.get(leaf)
        if facts is None:
            if leaf.fixed not in shapes:
                shapes[leaf.fixed] = tuple(map(int, re.findall("[0-9]+", leaf.fixed)))
            facts = known[leaf] = _facts(line, leaf.counting, shapes[leaf.fixed], places)
        for each in (name, *facts.tied) if facts.tied else (name,):
            if each in seen:
                raise TreeFault(line, f"`{each}` has a line above already")
            seen.add(each)
        names.append(name)
        found.append(facts)
    return Columns(
        names,
        [facts.shape for facts in found],
        [facts.labels for facts in found],
        frozenset(number for number, facts in enumerate(found) if facts.frozen),
        {number: facts.tied for number, facts in enumerate(found) if facts.tied},
        {number: facts.layer for number, facts in enumerate(found) if facts.layer},
    )


def _facts(line: int, counting: str, shape: Shape, places: Sequence[Mapping[str, int]]) -> _Facts:
    found = _COUNTING.fullmatch(counting)
    if found is None:
        raise TreeFault(line, "labels should follow the shape, and then `frozen`, `tied` or `stacked`")
    labels = found[1].split("/")
    if len(labels) != len(places):
        raise TreeFault(line, f"it should have a label for each axis: {len(places)}, not {len(labels)}")
    for label, place in zip(labels, places, strict=True):
        if label not in place:
            raise TreeFault(line, f"`{label}` is not a label of its axis")
    try:
        tied = tuple(map(words.unquoted, re.findall(_NAME, found[3] or "")))
        layer = _layer(found[4], found[5]) if found[4] else None
    except ValueError:
        raise TreeFault(line, "its marks do not hold names and places") from None
    numbers = tuple(place[label] for label, place in zip(labels, places, strict=True))
    return _Facts(shape, numbers, bool(found[2]), tied, layer)


def _layer(array: str, places: str) -> Layer:
    found = [_PLACE.fullmatch(each) for each in places.split(", ")]
    if not all(found):
        raise ValueError(places)
    axes, at = zip(*((int(each[1]), int(each[2])) for each in found if each), strict=True)
    return Layer(words.unquoted(array), axes, at)
