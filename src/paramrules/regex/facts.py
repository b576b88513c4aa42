"""What can be read off a tree: whether it matches the empty string, and what its groups are."""

from collections.abc import Iterator

from paramrules.regex.characters import DIGITS, subset
from paramrules.regex.nodes import Anchor, Capture, Characters, Choice, Literal, Node, Repeat, Sequence
from paramrules.regex.regex import Group


def nullable(node: Node) -> bool:
    """Whether it matches without taking a character; an anchor counts as doing so."""
    match node:
        case Literal():
            return not node.text
        case Characters():
            return False
        case Anchor():
            return True
        case Sequence():
            return all(nullable(item) for item in node.items)
        case Choice():
            return any(nullable(branch) for branch in node.branches)
        case Repeat():
            return node.least == 0 or nullable(node.item)
        case _:
            return nullable(node.item)


def digits_only(node: Node) -> bool:
    """Whether every character that it takes is one of `0` to `9`."""
    match node:
        case Literal():
            return node.text.isascii() and (not node.text or node.text.isdigit())
        case Characters():
            return subset(node.ranges, DIGITS)
        case Anchor():
            return True
        case Sequence():
            return all(digits_only(item) for item in node.items)
        case Choice():
            return all(digits_only(branch) for branch in node.branches)
        case _:
            return digits_only(node.item)


def groups(tree: Node, captures: tuple[Capture, ...]) -> tuple[Group, ...]:
    """The facts about capturing groups. One that may be empty is no number: the empty text is none."""
    certain = {capture.number for capture in _certain(tree)} if captures else set()
    return tuple(
        Group(
            number=capture.number,
            name=capture.name,
            numeric=digits_only(capture.item) and not nullable(capture.item),
            always=capture.number in certain,
        )
        for capture in captures
    )


def _certain(node: Node) -> Iterator[Capture]:
    """The groups that take part in every match."""
    match node:
        case Capture():
            yield node
            yield from _certain(node.item)
        case Sequence():
            for item in node.items:
                yield from _certain(item)
        case Repeat() if node.least > 0:
            yield from _certain(node.item)
