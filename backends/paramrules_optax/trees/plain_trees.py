"""Names in trees of dicts, lists and tuples, where most nodes are alike: layers, experts.

jax's structure of a tree has its nodes without the leaves, so that alike nodes are equal. The names inside
them are put together once.
"""

from typing import Any

from jax.tree_util import PyTreeDef, all_leaves

_NODES = frozenset((dict, list, tuple))

_KEYS = frozenset((str, int))
"""The keys that are written alike if they are equal: `True` equals 1, and so do nodes with these keys."""

_DEEPEST = 100
"""The most levels: jax recurses, and a tree may contain itself."""

_MOST_AGAIN = 100_000
"""The most nodes on one level that were there before: what is shared may have names without an end."""

_MOST = 1000
"""The most nodes that differ: those that do so in keys alone have the same hash."""


def is_plain(tree: Any, refused: tuple[type, ...]) -> bool:
    """Return whether a tree has no other nodes or keys, none of these leaves, few levels and few ties."""
    level = [tree]
    for _ in range(_DEEPEST):
        nodes = [node for node in level if node.__class__ in _NODES]
        others = [node for node in level if node.__class__ not in _NODES]
        if not all_leaves(others) or any(issubclass(cls, refused) for cls in set(map(type, others))):
            return False
        if not nodes:
            return True
        if len(nodes) - len(set(map(id, nodes))) > _MOST_AGAIN:
            return False
        level = []
        keys: list[Any] = []
        for node in nodes:
            if node.__class__ is dict:
                keys += node
                level += node.values()
            else:
                level += node
        if not _KEYS.issuperset(map(type, keys)):
            return False
    return False


def names_inside(structure: PyTreeDef) -> list[str] | None:
    """Return the names of the leaves of a plain tree; None if too many nodes differ.

    Nodes that differ are numbered from the root, which is 0. Each is larger than those inside it.
    """
    numbers, nodes, children = {structure: 0}, [structure], []
    for node in nodes:
        own = []
        for child in node.children():
            number = numbers.setdefault(child, len(nodes))
            if number == len(nodes):
                nodes.append(child)
            own.append(number)
        children.append(own)
        if len(nodes) > _MOST:
            return None
    ends = [[""]] * len(nodes)
    for number in sorted(range(len(nodes)), key=lambda number: nodes[number].num_nodes):
        data = nodes[number].node_data()
        if data is not None:
            own, dot = children[number], "." if number else ""
            keys = range(len(own)) if data[1] is None else data[1]
            starts = zip((f"{dot}{key}" for key in keys), own, strict=True)
            ends[number] = [start + end for start, child in starts for end in ends[child]]
    return ends[0]
