"""The plain texts in a regex: which it looks for, and which it cannot do without."""

import re
from typing import NamedTuple

from paramrules.regex.nodes import Anchor, Capture, Choice, Literal, Node, Sequence
from paramrules.regex.parse import Parsed, parse

_NOT_PLAIN = re.compile(r"[*+?\[{$]|\\[A-Za-z]|(?<!\\)\.")
"""A quick look that leaves most regexes out, and a few plain ones that are oddly written."""


class Run(NamedTuple):
    """A text in every match; `first`: at the beginning; `folded`: in any case, given in lower case."""

    text: str
    first: bool
    folded: bool


def literals(text: str) -> tuple[Run, ...]:
    """The texts of a regex that looks for nothing else, as `bias|^norm`; empty for any other."""
    if _NOT_PLAIN.search(text, 4 if text.startswith("(?i)") else 0):
        return ()
    parsed = parse(text)
    found: list[Run] = []
    for branch in _branches(parsed.tree):
        items = _items(branch)
        first = isinstance(items[0], Anchor) and items[0].kind == "^"
        rest = items[1:] if first else items
        if not all(isinstance(item, Literal) for item in rest):
            return ()
        plain = "".join(item.text for item in rest if isinstance(item, Literal))
        if parsed.ignore_case and not plain.isascii():
            return ()
        found.append(_run(plain, first, parsed))
    return tuple(found)


def runs(text: str) -> list[list[Run]]:
    """For each branch of a regex the texts that it cannot do without."""
    parsed = parse(text)
    found: list[list[Run]] = []
    for branch in _branches(parsed.tree):
        texts: list[Run] = []
        joined, first = "", False
        for item in (*_items(branch), None):
            if isinstance(item, Literal):
                joined += item.text
                continue
            if joined:
                texts.append(_run(joined, first, parsed))
            joined, first = "", item is not None and isinstance(item, Anchor) and item.kind == "^"
        found.append(texts)
    return found


def _run(text: str, first: bool, parsed: Parsed) -> Run:
    return Run(text.lower() if parsed.ignore_case else text, first, parsed.ignore_case)


def _branches(tree: Node) -> tuple[Node, ...]:
    while isinstance(tree, Capture):
        tree = tree.item
    return tree.branches if isinstance(tree, Choice) else (tree,)


def _items(node: Node) -> tuple[Node, ...]:
    """One after the other, brackets around a part left out."""
    while isinstance(node, Capture):
        node = node.item
    return (
        tuple(each for item in node.items for each in _items(item)) if isinstance(node, Sequence) else (node,)
    )
