"""Classes: `[a-z_]`, `[^.]`."""

from paramrules.regex.characters import CLASSES, Ranges, complement, fold, union
from paramrules.regex.escapes import character
from paramrules.regex.faults import Refused
from paramrules.regex.unsupported import unsupported_escape


def read_class(text: str, start: int, ignore_case: bool) -> tuple[Ranges, int]:
    """The characters that the class whose `[` is at `start` stands for, and where it ends.

    A `]` in front is itself, and so is a `-` at either end. What `re` warns about, because a later Python may
    read it as a set operation (`[[`, `--`, `&&`, `~~`, `||`), is refused.
    """
    negated = text.startswith("^", start + 1)
    at = start + 2 if negated else start + 1
    if text.startswith("[", start + 1):
        raise _set_operation(text, start)
    first = at
    items: list[tuple[int, int]] = []
    while not (text.startswith("]", at) and at > first):
        if at > first and text[at : at + 2] in ("--", "&&", "~~", "||"):
            raise _set_operation(text, at)
        item, after = _member(text, start, at)
        if not text.startswith("-", after) or text.startswith("]", after + 1):
            items.extend(item)
            at = after
            continue
        if text.startswith("--", after):
            raise _set_operation(text, after)
        last, end = _member(text, start, after + 1)
        if not (_one(item) and _one(last) and item <= last):
            raise Refused(
                "E401",
                f"`{text[at:end]}` is no range of characters",
                at,
                end,
                help=r"a range goes from a lower character to a higher one; write `\-` for the `-` itself",
            )
        items.append((item[0][0], last[0][0]))
        at = end
    ranges = fold(union(items)) if ignore_case else union(items)
    return complement(ranges) if negated else ranges, at + 1


def _member(text: str, start: int, at: int) -> tuple[Ranges, int]:
    """One character or class of characters at `at`."""
    if at >= len(text):
        raise Refused(
            "E401", "this `[` has no `]`", start, start + 1, help=r"write `\[` for the character itself"
        )
    if text[at] != "\\":
        return ((ord(text[at]), ord(text[at])),), at + 1
    letter = text[at + 1 : at + 2]
    unsupported_escape(text, at, in_class=True)
    if letter in CLASSES:
        return CLASSES[letter], at + 2
    value, end = ("\b", at + 2) if letter == "b" else character(text, at)
    return ((ord(value), ord(value)),), end


def _one(ranges: Ranges) -> bool:
    return len(ranges) == 1 and ranges[0][0] == ranges[0][1]


def _set_operation(text: str, at: int) -> Refused:
    sign = text[at : at + 2]
    return Refused(
        "E401",
        f"`{sign}` in a class may mean something else in a later Python",
        at,
        at + 2,
        help=rf"write `\{sign[1]}` for the second character",
    )
