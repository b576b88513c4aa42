"""How large a file is with its lets written out: a few lines of lets can double each other without end.

What walks over terms does so by recursion, and through each use of a let.
"""

from collections.abc import Mapping

from paramrules.rules.scope import Declared, Let
from paramrules.syntax.nesting import children
from paramrules.syntax.nodes import Expression, Node, Reference

LARGEST = 5_000_000
"""Expressions in one file, each use of a let counted as all that it stands for (E110)."""


def size_of(node: Expression, names: Mapping[str, Let | Declared]) -> tuple[int, int]:
    """Expressions inside expressions, and their number, the lets among them written out."""
    level: list[Node] = [node]
    above = depth = number = 0
    while level:
        depth, number = max(depth, above), number + len(level)
        for each in level:
            let = names.get(each.name) if isinstance(each, Reference) else None
            if isinstance(let, Let):
                depth, number = max(depth, above + let.depth + 1), number + let.number
        level = [child for each in level for child in children(each)]
        above += 1
    return depth, number
