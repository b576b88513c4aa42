"""W402: an unescaped dot between name characters."""

from collections.abc import Iterator

from paramrules.regex.characters import DOT, WORD, subset
from paramrules.regex.facts import nullable
from paramrules.regex.faults import Fault
from paramrules.regex.nodes import Anchor, Capture, Characters, Choice, Literal, Node, Repeat, Sequence


def warn_dots(text: str, tree: Node) -> Iterator[Fault]:
    """One finding for a regex, at its first such dot; the help shows it with all of them escaped."""
    dots = sorted(_dots(tree)) if "." in text else []
    if not dots:
        return
    mended, at = "", 0
    for dot in dots:
        mended += text[at:dot] + "\\"
        at = dot
    mended += text[at:]
    first = dots[0]
    yield Fault(
        "W402",
        "an unescaped `.` stands for any character",
        first,
        first + 1,
        label="this also matches a letter, a digit or `_`",
        help=f"write `{mended}`",
    )


def _dots(node: Node) -> Iterator[int]:
    match node:
        case Sequence():
            for index, item in enumerate(node.items):
                if (
                    isinstance(item, Characters)
                    and item.ranges == DOT
                    and 0 < index < len(node.items) - 1
                    and _borders(node.items[index - 1], last=True)
                    and _borders(node.items[index + 1], last=False)
                ):
                    yield item.start
                else:
                    yield from _dots(item)
        case Choice():
            for branch in node.branches:
                yield from _dots(branch)
        case Repeat() | Capture():
            yield from _dots(node.item)


def _borders(node: Node, *, last: bool) -> bool:
    """Whether its last (or first) character is a name's, in every match."""
    match node:
        case Literal():
            letter = node.text[-1:] if last else node.text[:1]
            return letter.isascii() and (letter.isalnum() or letter == "_")
        case Characters():
            return subset(node.ranges, WORD)
        case Anchor():
            return False
        case Sequence():
            return bool(node.items) and _borders(node.items[-1 if last else 0], last=last)
        case Choice():
            return all(_borders(branch, last=last) for branch in node.branches)
        case Repeat():
            return node.least > 0 and not nullable(node.item) and _borders(node.item, last=last)
        case _:
            return _borders(node.item, last=last)
