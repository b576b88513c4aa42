"""W817: separators before the numbers of layers."""

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import Final

from paramrules.diagnostics import Diagnostic
from paramrules.regex.characters import DIGITS, subset
from paramrules.regex.nodes import Capture, Characters, Choice, Literal, Node, Repeat, Sequence
from paramrules.rules.terms import RegexTest

_INSIDE: Final = re.compile(r"(\\\.|_)[0-9]")
_LAST: Final = re.compile(r"(?:\\\.|_)$")


def separator_findings(test: RegexTest) -> Iterator[Diagnostic]:
    """Yield a warning if a regex has one separator before a number: `blocks\\.\\d`, or `blocks_\\d`."""
    text = test.regex.text
    found = sorted(_separators(text, test.regex.parsed.tree))
    if not found:
        return
    mended, at = "", 0
    for start, end in found:
        mended += text[at:start] + "[._]"
        at = end
    other = "blocks_0" if text[found[0][0] : found[0][1]].endswith(".") else "blocks.0"
    yield Diagnostic(
        "W817",
        f"other frameworks write the number of a layer differently, as in `{other}`",
        test.span,
        help=f"write `{mended + text[at:]}`",
    )


def _separators(text: str, node: Node) -> Iterator[tuple[int, int]]:
    """Yield the start and end of each dot or `_` before a number."""
    match node:
        case Sequence():
            for before, after in pairwise(node.items):
                last = _LAST.search(text[before.start : before.end]) if isinstance(before, Literal) else None
                if last and _is_number(after):
                    yield before.start + last.start(), before.end
            for item in node.items:
                yield from _separators(text, item)
        case Literal():
            for separator in _INSIDE.finditer(text, node.start, node.end):
                yield separator.span(1)
        case Choice():
            for branch in node.branches:
                yield from _separators(text, branch)
        case Repeat() | Capture():
            yield from _separators(text, node.item)


def _is_number(node: Node) -> bool:
    match node:
        case Characters():
            return subset(node.ranges, DIGITS)
        case Repeat():
            return node.least > 0 and _is_number(node.item)
        case Capture():
            return _is_number(node.item)
        case Choice():
            return all(map(_is_number, node.branches))
        case _:
            return False
