"""Facts read off a tree: what it can match, what its groups capture, which plain texts it contains."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from paramrules.regex.characters import DIGITS, disjoint, subset
from paramrules.regex.nodes import Anchor, Capture, Characters, Choice, Literal, Node, Repeat, Sequence
from paramrules.regex.parse import Parsed


def children(node: Node) -> tuple[Node, ...]:
    """Return the nodes directly below."""
    match node:
        case Sequence():
            return node.items
        case Choice():
            return node.branches
        case Repeat() | Capture():
            return (node.item,)
        case _:
            return ()


def nullable(node: Node, holding: str = "^$bB") -> bool:
    """Return whether the node can match without taking a character, where these anchors hold."""
    match node:
        case Literal() | Characters():
            return False
        case Choice():
            return any(nullable(branch, holding) for branch in node.branches)
        case Repeat():
            return node.least == 0 or nullable(node.item, holding)
        case Anchor():
            return node.kind in holding
        case _:
            return all(nullable(child, holding) for child in children(node))


def takes_digits_alike(node: Node) -> bool:
    """Return whether a match stays one, groups included, where other digits stand in place of the digits."""
    match node:
        case Literal():
            return not any("0" <= character <= "9" for character in node.text)
        case Characters():
            return subset(DIGITS, node.ranges) or disjoint(DIGITS, node.ranges)
        case _:
            return all(map(takes_digits_alike, children(node)))


def size(node: Node) -> int:
    """Return how many states the node becomes in a program, counted repeats written out."""
    match node:
        case Literal():
            return len(node.text)
        case Characters() | Anchor():
            return 1
        case Sequence():
            return sum(map(size, node.items)) or 1
        case Choice():
            return sum(map(size, node.branches)) + 1
        case Repeat():
            item, optional = size(node.item), 1 if node.most is None else node.most - node.least
            return node.least * item + optional * (item + 2) or 1
        case _:
            return size(node.item) + 2


def _digits_only(node: Node) -> bool:
    match node:
        case Literal():
            return node.text.isascii() and node.text.isdigit()
        case Characters():
            return subset(node.ranges, DIGITS)
        case _:
            return all(map(_digits_only, children(node)))


class Group(NamedTuple):
    """A capturing group.

    Attributes:
        number: its number, from 1.
        name: the `i` of `(?<i>...)`, None if it has none.
        numeric: it can match only digits, and at least one.
        always: it takes part in every match of the regex: it stands in no branch, and under no `?` or `*`.
        words: the words of a group that is one alternation of them, `(encoder|decoder)`, in the order
            written; in lower case under `(?i)`. Empty for any other group.
    """

    number: int
    name: str | None
    numeric: bool
    always: bool
    words: tuple[str, ...] = ()


def groups(parsed: Parsed) -> tuple[Group, ...]:
    """Return the capturing groups. One that may be empty is not numeric: the empty text is not a number."""
    certain = {capture.number for capture in _certain(parsed.tree)} if parsed.groups else set()
    return tuple(
        Group(
            number=capture.number,
            name=capture.name,
            numeric=_digits_only(capture.item) and not nullable(capture.item),
            always=capture.number in certain,
            words=_words(capture.item, parsed.ignore_case),
        )
        for capture in parsed.groups
    )


def _words(node: Node, folded: bool) -> tuple[str, ...]:
    """Return the words of an alternation of nothing else; digits are numbers, and have their own order."""
    if not isinstance(node, Choice) or _digits_only(node):
        return ()
    words = tuple(branch.text for branch in node.branches if isinstance(branch, Literal) and branch.text)
    if len(words) < len(node.branches):
        return ()
    return tuple(map(str.lower, words)) if folded else words


def _certain(node: Node) -> Iterator[Capture]:
    """Yield the groups that take part in every match."""
    if isinstance(node, Capture):
        yield node
    if not isinstance(node, Choice) and not (isinstance(node, Repeat) and node.least == 0):
        for child in children(node):
            yield from _certain(child)


class Run(NamedTuple):
    """A text that is part of every match.

    Attributes:
        text: the text, in lower case if `folded`.
        first: it stands at the beginning of the name.
        folded: it stands there in any case.
    """

    text: str
    first: bool
    folded: bool


_NOT_PLAIN = re.compile(r"[*+?\[{$]|\\[A-Za-z]|(?<!\\)\.")
"""A quick test that skips most regexes, and a few plain ones in an odd spelling."""


def literals(text: str, parsed: Parsed) -> tuple[Run, ...]:
    """Return the texts of a regex that looks for nothing else, such as `bias|^norm`; empty for any other."""
    if _NOT_PLAIN.search(text, 4 if parsed.ignore_case else 0):
        return ()
    found: list[Run] = []
    for branch in branches(parsed.tree):
        items = _items(branch)
        at_start = isinstance(items[0], Anchor) and items[0].kind == "^"
        rest = items[1:] if at_start else items
        if not all(isinstance(item, Literal) for item in rest):
            return ()
        plain = "".join(item.text for item in rest if isinstance(item, Literal))
        if parsed.ignore_case and not plain.isascii():
            return ()
        found.append(_run(plain, at_start, parsed))
    return tuple(found)


def runs(parsed: Parsed) -> list[list[Run]]:
    """Return, for each branch of a regex, the texts that are part of every match of it."""
    found: list[list[Run]] = []
    for branch in branches(parsed.tree):
        texts: list[Run] = []
        joined, at_start = "", False
        for item in (*_items(branch), None):
            if isinstance(item, Literal):
                joined += item.text
                continue
            if joined:
                texts.append(_run(joined, at_start, parsed))
            joined, at_start = "", item is not None and isinstance(item, Anchor) and item.kind == "^"
        found.append(texts)
    return found


def prefix(parsed: Parsed) -> str:
    """Return a text with which every name begins that the regex is found in; "" if none is known.

    >>> prefix(parse(r"^blocks\\.1\\.(attn|mlp)"))
    'blocks.1.'
    """
    first, *others = runs(parsed)
    return first[0].text if not others and first and first[0].first and not first[0].folded else ""


def _run(text: str, at_start: bool, parsed: Parsed) -> Run:
    return Run(text.lower() if parsed.ignore_case else text, at_start, parsed.ignore_case)


def branches(tree: Node) -> tuple[Node, ...]:
    """Return the alternatives of a regex, itself if it has none."""
    while isinstance(tree, Capture):
        tree = tree.item
    return tree.branches if isinstance(tree, Choice) else (tree,)


def _items(node: Node) -> tuple[Node, ...]:
    """Return the parts of a sequence, groups inlined."""
    while isinstance(node, Capture):
        node = node.item
    return (
        tuple(each for item in node.items for each in _items(item)) if isinstance(node, Sequence) else (node,)
    )
