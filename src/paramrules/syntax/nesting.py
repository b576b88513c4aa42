"""How deep expressions stand in expressions: no tree is so deep that one cannot walk it by recursion."""

from dataclasses import fields

from paramrules.diagnostics import Diagnostic, Span
from paramrules.syntax import limits
from paramrules.syntax.nodes import Node


def too_deep(statement: Node) -> Diagnostic | None:
    """The finding for a statement that is nested too deeply. Without recursion, since that is the point."""
    level: list[Node] = [statement]
    for _ in range(limits.NESTING + 1):
        level = [child for node in level for child in children(node)]
    if not level:
        return None
    deepest = level[0].span
    return Diagnostic(
        "E110",
        f"the statement is nested more than {limits.NESTING} deep",
        Span(deepest.source, deepest.start, deepest.start + 1),
        help="give parts of it names with `let`",
    )


def children(node: Node) -> list[Node]:
    """The nodes that stand directly in a node."""
    found: list[Node] = []
    for field in fields(node):
        value = getattr(node, field.name)
        found += [
            item for item in (value if isinstance(value, tuple) else (value,)) if isinstance(item, Node)
        ]
    return found
