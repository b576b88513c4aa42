"""Regexes for the digits that a group may capture, as far as the number compares with a constant."""

from collections.abc import Iterator
from itertools import product
from typing import Final

from paramrules.regex.characters import DIGITS
from paramrules.regex.nodes import Capture, Characters, Choice, Literal, Node, Repeat, Sequence

_WIDEST: Final = 20
"""The most digits of numbers that are told apart by how many they have."""
_MANY: Final = 200
"""The most texts that are listed one by one."""

Widths = tuple[int, int | None]
"""The least and the most digits of a number, zeros in front among them; None for any number of them."""


def among(item: Node, relation: str, number: int) -> str | None:
    """Return a regex for what an item matches, if that is a number that compares so, `""` for nothing.

    Args:
        item: matches only digits.
        relation: `<=`, `>` or `==`.
        number: from 0.

    Returns:
        None if the item matches other texts than can be told apart.
    """
    widths = _widths(item)
    if widths is not None and max(widths[0], widths[1] or 0) <= _WIDEST:
        return _one_of(_of_widths(relation, number, *widths))
    texts = _texts(item)
    if texts is None:
        return None
    compared = {"<=": int.__le__, ">": int.__gt__, "==": int.__eq__}[relation]
    return _one_of(text for text in sorted(texts) if compared(int(text), number))


def _one_of(branches: Iterator[str]) -> str:
    return "|".join(branches)


def _of_widths(relation: str, number: int, least: int, most: int | None) -> Iterator[str]:
    """Yield regexes for the numbers of so many digits that compare with one."""
    longest = max(least, len(str(number))) if most is None else most
    for width in range(least, longest + 1):
        yield from _of_width(relation, number, width)
    if most is None:
        if relation == ">":
            yield f"[0-9]*[1-9][0-9]*[0-9]{{{longest}}}"
        yield from (f"0+{branch}" for branch in _of_width(relation, number, longest))


def _of_width(relation: str, number: int, width: int) -> Iterator[str]:
    """Yield regexes for the numbers of exactly so many digits that compare with one."""
    digits = str(number).zfill(width)
    if len(digits) > width:
        if relation == "<=":
            yield f"[0-9]{{{width}}}"
        return
    if relation != ">":
        yield digits
    for at, digit in enumerate(digits if relation != "==" else ""):
        first, last, none = (0, int(digit) - 1, "0") if relation == "<=" else (int(digit) + 1, 9, "9")
        if digit != none:
            yield f"{digits[:at]}[{first}-{last}]{'[0-9]' * (width - at - 1)}"


def _widths(item: Node) -> Widths | None:
    """Return how many digits an item matches, if it is any digits and as many as these; else None."""
    match item:
        case Characters() if item.ranges == DIGITS:
            return 1, 1
        case Repeat() if _widths(item.item) == (1, 1):
            return item.least, item.most
        case Sequence():
            found = [_widths(each) for each in item.items]
            if None in found:
                return None
            known = [each for each in found if each is not None]
            mosts = [most for _, most in known if most is not None]
            return sum(least for least, _ in known), sum(mosts) if len(mosts) == len(known) else None
        case Capture():
            return _widths(item.item)
        case _:
            return None


def _texts(item: Node) -> set[str] | None:
    """Return all texts that an item of digits matches, None if they are many."""
    match item:
        case Literal():
            return {item.text}
        case Characters():
            return {chr(at) for first, last in item.ranges for at in range(first, last + 1)}
        case Capture():
            return _texts(item.item)
        case Choice():
            branches = [_texts(branch) for branch in item.branches]
            texts = [text for branch in branches if branch is not None for text in branch]
            return None if None in branches or len(texts) > _MANY else set(texts)
        case Repeat():
            if item.most is None or item.most > _WIDEST:
                return None
            found: set[str] = set()
            for count in range(item.least, item.most + 1):
                texts_ = _joined([item.item] * count)
                if texts_ is None:
                    return None
                found |= texts_
            return found if len(found) <= _MANY else None
        case _:
            assert isinstance(item, Sequence), "nothing else matches only digits"
            return _joined(list(item.items))


def _joined(items: list[Node]) -> set[str] | None:
    """Return the texts of items one after the other, None if they are many."""
    found = {""}
    for item in items:
        texts = _texts(item)
        if texts is None or len(texts) * len(found) > _MANY:
            return None
        found = {before + text for before, text in product(found, texts)}
    return found
