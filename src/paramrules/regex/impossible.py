"""Regexes that are found in no name, because something has to follow `$` or to precede `^`."""

import re
from collections.abc import Iterator
from functools import lru_cache, reduce
from itertools import islice
from operator import or_
from typing import Final

from paramrules.regex.analysis import branches, children, nullable
from paramrules.regex.nodes import Anchor, Capture, Characters, Choice, Literal, Node, Repeat, Sequence
from paramrules.regex.parse import parse
from paramrules.regex.refusal import Refused

_Steps = tuple[int, int, int, int]
"""For each place in a name, the places at which a match that begins there can end, as bits.

Place 0 is the beginning and place 1 any later one; at 2 and 3 likewise, and the name has to end there.
"""

_STAY: Final[_Steps] = (1, 2, 4, 8)
_TAKE: Final[_Steps] = (2, 2, 0, 0)
_BEGIN: Final[_Steps] = (1, 0, 4, 0)
_END: Final[_Steps] = (4, 8, 4, 8)

_ROUNDS: Final = 4
"""A repeat reaches all places that it can in as many rounds as there are places."""

_TRIED: Final = 20_000
"""Characters that are walked in search of the anchor at fault, the regex once for each anchor."""

_NAME = re.compile(r"\$\{?[A-Za-z_]\w*\}?")
_BETWEEN_SLASHES = re.compile(r"[ms]?/.*/[a-z]*")
_ROWS = re.compile(r"\[[\d:, -]*\]")


def refuse_impossible(text: str, tree: Node) -> None:
    """Refuse a regex if it, or one of its alternatives, is found in no name (E328)."""
    if _BETWEEN_SLASHES.fullmatch(text):
        return  # a warning of its own says what is wrong
    for branch in branches(tree):
        if _possible(branch):
            continue
        start, end = branch.start, branch.end
        written = text[start:end]
        tried = islice(_anchors(branch), 1 + _TRIED // len(text))
        culprit = next((each for each in tried if not _possible(branch, each)), None)
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
    except Refused:
        return False
    return not nullable(tree) and all(map(_possible, branches(tree)))


def _anchors(node: Node) -> Iterator[Anchor]:
    if isinstance(node, Anchor) and node.kind in "^$":
        yield node
    for child in children(node):
        yield from _anchors(child)


def _possible(node: Node, only: Anchor | None = None) -> bool:
    """Return whether a name can match. With `only`, other anchors hold everywhere."""
    at_start, later, *_ = _steps(node, only)
    return bool(at_start or later)


def _steps(node: Node, only: Anchor | None) -> _Steps:
    """Return where matches of the node can end. Each node is visited once, however often it is repeated."""
    match node:
        case Literal() | Characters():
            return _TAKE
        case Anchor(kind="^") if only in (None, node):
            return _BEGIN
        case Anchor(kind="$") if only in (None, node):
            return _END
        case Anchor():
            return _STAY
        case Choice():
            return reduce(_either, (_steps(branch, only) for branch in node.branches))
        case Repeat():
            return _repeated(node, _steps(node.item, only))
        case Capture():
            return _steps(node.item, only)
        case _:
            return reduce(_then, (_steps(item, only) for item in node.items), _STAY)


def _repeated(node: Repeat, once: _Steps) -> _Steps:
    steps = reduce(_then, [once] * min(node.least, _ROUNDS), _STAY)
    optional = _ROUNDS if node.most is None else min(node.most - node.least, _ROUNDS)
    return reduce(_then, [_either(_STAY, once)] * optional, steps)


@lru_cache(maxsize=1024)
def _either(one: _Steps, other: _Steps) -> _Steps:
    return one[0] | other[0], one[1] | other[1], one[2] | other[2], one[3] | other[3]


@lru_cache(maxsize=1024)
def _then(one: _Steps, other: _Steps) -> _Steps:
    """Return the steps of one node and then another."""

    def after(reached: int) -> int:
        return reduce(or_, (ends for place, ends in enumerate(other) if reached >> place & 1), 0)

    return after(one[0]), after(one[1]), after(one[2]), after(one[3])
