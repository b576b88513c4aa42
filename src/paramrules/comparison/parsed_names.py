"""The names of a model as stems and ranks of what is numbered: `h.0`, `h_0` and `h0` are one name.

Numbers are compared by their rank among their siblings, because one framework counts from 0 where another
counts from 1 or leaves out the first number (`linear`, `linear_1`).
"""

from collections import defaultdict
from collections.abc import Iterable
from functools import cache
from typing import Final, NamedTuple

Stem = tuple[str, bool]
"""A component without its number, and True if it has siblings that differ from it only by the number."""

Stems = tuple[Stem, ...]

_DIGITS: Final = 18
"""The most digits of a number; mapping files have the same limit."""

_UNCOUNTED: Final = -1
"""The number of `linear` beside `linear_1`."""


class ParsedName(NamedTuple):
    """A name as its stems and the ranks, from 0, of what is numbered in it."""

    stems: Stems
    ranks: tuple[int, ...]


def parse_names(names: Iterable[str]) -> list[ParsedName]:
    """Parse all names of a model.

    >>> parse_names(["h.0.norm.weight", "h.1.norm.weight"])[1]
    ParsedName(stems=(('h', True), ('norm', False), ('weight', False)), ranks=(1,))
    """
    root = _Node(None, "", 0)
    root.stems, root.ranks = (), ()
    nodes: dict[str, _Node] = {}
    ends = [_node(name, nodes, root) for name in names]
    reached = {*ends, *[node.before for node in nodes.values()]}
    used = [node for node in nodes.values() if node in reached]
    ranks = _ranks(used)
    interned: dict[tuple[int, str, bool], Stems] = {}
    for node in used:  # each after the one before it
        before = node.before
        siblings = ranks.get((before, node.stem))
        key = id(before.stems), node.stem, siblings is not None
        stems = interned.get(key)
        if stems is None:
            stems = interned[key] = (*before.stems, (node.stem, siblings is not None))
        node.stems = stems
        node.ranks = (*before.ranks, siblings[node.number]) if siblings else before.ranks
    return [ParsedName(end.stems, end.ranks) for end in ends]


class _Node:
    """A component, shared by all names that start so; a bare number belongs to the one before.

    Attributes:
        before: the component before it; the root's is the root itself.
        stem: it without its number.
        number: its number.
        stems: the stems of the name up to it.
        ranks: the ranks of what is numbered up to it.
    """

    __slots__ = ("before", "number", "ranks", "stem", "stems")
    stems: Stems
    ranks: tuple[int, ...]

    def __init__(self, before: "_Node | None", stem: str, number: int) -> None:
        self.before: _Node = before or self
        self.stem = stem
        self.number = number


def _node(name: str, nodes: dict[str, _Node], root: _Node) -> _Node:
    """Return the last component of a name, and add its components to `nodes`, by the name up to them."""
    new = []
    path, dot = name, "."
    while dot and path not in nodes:
        before, dot, component = path.rpartition(".")
        new.append((path, component))
        path = before
    node = nodes[path] if dot else root
    for path, component in reversed(new):
        stem, number = _numbered(component)
        if stem or node.number != _UNCOUNTED:
            node = _Node(node, stem, number)
        else:
            node = _Node(node.before, node.stem, number)
        nodes[path] = node
    return node


@cache
def _numbered(component: str) -> tuple[str, int]:
    stem = component.rstrip("0123456789")
    digits = component[len(stem) :]
    if not 0 < len(digits) <= _DIGITS:
        return component, _UNCOUNTED
    return stem.removesuffix("_"), int(digits)


def _ranks(nodes: Iterable[_Node]) -> dict[tuple[_Node, str], dict[int, int]]:
    """Return the ranks of the numbers behind stems that have several, by what stands before and the stem."""
    numbers: dict[tuple[_Node, str], set[int]] = defaultdict(set)
    uncounted = []
    for node in nodes:
        if node.number == _UNCOUNTED:
            uncounted.append(node)
        else:
            numbers[node.before, node.stem].add(node.number)
    for node in uncounted:
        place = node.before, node.stem
        if place in numbers:
            numbers[place].add(_UNCOUNTED)
    return {
        place: {number: rank for rank, number in enumerate(sorted(found))}
        for place, found in numbers.items()
        if len(found) > 1
    }


def depth(module: str) -> int:
    """Return the number of stems of a module's name.

    >>> depth("text_model.layers.3"), depth("")
    (2, 0)
    """
    return len(parse_names([module])[0].stems) if module else 0
