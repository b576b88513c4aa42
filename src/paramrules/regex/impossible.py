"""Regexes that are found in no name, because something has to follow `$` or to precede `^`."""

import re
from collections.abc import Iterator
from typing import Final

from paramrules.regex.analysis import branches, children, nullable
from paramrules.regex.nodes import Anchor, Capture, Characters, Choice, Literal, Node, Repeat, Sequence
from paramrules.regex.parse import parse
from paramrules.regex.refusal import Refused

_Places = frozenset[tuple[bool, bool]]
"""Places in a name, each as two flags: it is the beginning, and it has to be the end."""

_ANYWHERE: Final[_Places] = frozenset({(True, False), (False, False)})
_ROUNDS: Final = 4
"""A repeat reaches all places that it can in as many rounds as there are places."""

_NAME = re.compile(r"\$\{?[A-Za-z_]\w*\}?")
_BETWEEN_SLASHES = re.compile(r"[ms]?/.*/[a-z]*")
_ROWS = re.compile(r"\[[\d:, -]*\]")


def refuse_impossible(text: str, tree: Node) -> None:
    """Refuse a regex if it, or one of its alternatives, is found in no name (E328)."""
    if _BETWEEN_SLASHES.fullmatch(text):
        return  # a warning of its own says what is wrong
    for branch in branches(tree):
        if _after(branch, _ANYWHERE, None):
            continue
        start, end = branch.start, branch.end
        written = text[start:end]
        culprit = next((each for each in _anchors(branch) if not _after(branch, _ANYWHERE, each)), None)
        if culprit is None:
            message, help = f"`{written}` is found in no name", _BEYOND
        else:
            sign = text[culprit.start : culprit.end]
            which = "follow" if culprit.kind == "$" else "precede"
            message = f"nothing can {which} `{sign}`, so `{written}` is found in no name"
            help = _help(text, branch, culprit)
        raise Refused("E328", message, start, end, help)


_BEYOND: Final = "`^` is the beginning of a name and `$` its end: nothing stands beyond them"


def _help(text: str, branch: Node, culprit: Anchor) -> str:
    if not isinstance(branch, Sequence) or culprit not in branch.items:
        return _BEYOND
    before, after = text[branch.start : culprit.start], text[culprit.end : branch.end]
    sign = text[culprit.start : culprit.end]
    kept = f"{before}{sign}" if culprit.kind == "$" else f"{sign}{after}"
    if culprit.kind == "$" and _ROWS.fullmatch(after):
        return f"a rule takes whole parameters, not some of their rows: write `{kept}`"
    if _NAME.fullmatch(text[branch.start : branch.end]):
        return "a regex holds no values of names: write `name == x` or `name like x` for a string option `x`"
    mended = [f"`{one}`" for one in (kept, before + after) if _is_found(one)]
    literal = [f"`\\{sign}` for the character itself"] if len(sign) == 1 else []
    return (
        f"write {', or '.join([' or '.join(mended)] * bool(mended) + literal)}"
        if mended or literal
        else _BEYOND
    )


def _is_found(text: str) -> bool:
    try:
        tree = parse(text).tree
        refuse_impossible(text, tree)
    except Refused:
        return False
    return not nullable(tree)


def _anchors(node: Node) -> Iterator[Anchor]:
    if isinstance(node, Anchor) and node.kind in "^$":
        yield node
    for child in children(node):
        yield from _anchors(child)


def _after(node: Node, places: _Places, only: Anchor | None) -> _Places:
    """Return the places at which a match of the node can end that begins at these.

    With `only`, other anchors hold everywhere.
    """
    match node:
        case Literal() | Characters():
            return frozenset({(False, False)}) if any(not ended for _, ended in places) else frozenset()
        case Anchor(kind="^") if only in (None, node):
            return frozenset(place for place in places if place[0])
        case Anchor(kind="$") if only in (None, node):
            return frozenset((first, True) for first, _ in places)
        case Anchor():
            return places
        case Choice():
            return frozenset().union(*(_after(branch, places, only) for branch in node.branches))
        case Repeat():
            return _repeated(node, places, only)
        case Capture():
            return _after(node.item, places, only)
    for item in node.items:
        places = _after(item, places, only)
    return places


def _repeated(node: Repeat, places: _Places, only: Anchor | None) -> _Places:
    for _ in range(min(node.least, _ROUNDS)):
        places = _after(node.item, places, only)
    optional = _ROUNDS if node.most is None else min(node.most - node.least, _ROUNDS)
    for _ in range(optional):
        places |= _after(node.item, places, only)
    return places
