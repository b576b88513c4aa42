"""Escapes, classes such as `[a-z_]`, and the syntax that the language leaves out.

Back-references and look-around need backtracking, whose worst case is exponential. The rest (flags other than
a leading `(?i)`, comments, atomic groups, octal escapes) can be written in a plainer way.
"""

import re

from paramrules.diagnostics import write
from paramrules.regex.characters import CLASSES, Ranges, complement, fold, single, union
from paramrules.regex.refusal import Refused

_CONTROL = {"a": "\a", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}
_HEXADECIMAL = {"x": 2, "u": 4, "U": 8}

# Signs after `(?`.
_GROUPS = (
    ("=", "a look-ahead", "write a second test with `and`, as in `name ~ a and name ~ b`"),
    ("!", "a look-ahead", "write a second test with `and`, as in `name ~ a and name !~ b`"),
    ("<=", "a look-behind", "write what comes before as part of the regex, or a second test with `and`"),
    ("<!", "a look-behind", "write a second test with `and`, as in `name ~ b and name !~ ab`"),
    ("P=", "a back-reference", "write out the alternatives, as in `a_a|b_b`"),
    ("(", "a conditional", "write out the two cases, as in `a|b`"),
    (">", "an atomic group", "write `(?:...)`; no regex here is slow without"),
    ("#", "a comment", "end the line with `# ...` instead"),
)


def read_escape(text: str, start: int) -> tuple[str, int]:
    """Return the character that the escape at `start` stands for, and where the escape ends."""
    letter = text[start + 1 : start + 2]
    if not letter:
        raise Refused(
            "E401", r"a `\` with nothing after it", start, start + 1, r"write `\\` for the character itself"
        )
    if letter in _CONTROL:
        return _CONTROL[letter], start + 2
    if letter in _HEXADECIMAL:
        return _read_hexadecimal(text, start, _HEXADECIMAL[letter])
    if letter.isascii() and letter.isalpha():
        raise Refused(
            "E401",
            rf"`\{letter}` means nothing in a regex",
            start,
            start + 2,
            rf"write `{letter}` for the letter, `\\{letter}` for a backslash and the letter",
        )
    return letter, start + 2


def _read_hexadecimal(text: str, start: int, digits: int) -> tuple[str, int]:
    end = start + 2
    while end < min(len(text), start + 2 + digits) and text[end] in "0123456789abcdefABCDEF":
        end += 1
    if end < start + 2 + digits or int(text[start + 2 : end], 16) > 0x10FFFF:
        raise Refused(
            "E401",
            f"`{text[start:end]}` is not a character",
            start,
            end,
            f"write {digits} hexadecimal digits after `{text[start : start + 2]}`",
        )
    return chr(int(text[start + 2 : end], 16)), end


def read_class(text: str, start: int, ignore_case: bool) -> tuple[Ranges, int]:
    """Return the characters of the class whose `[` is at `start`, and where the class ends.

    A `]` in front is itself, and so is a `-` at either end. Refuses what `re` warns about because a later
    Python may read it as a set operation: `[[`, `--`, `&&`, `~~`, `||`.
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
        item, after = _read_member(text, start, at)
        if not text.startswith("-", after) or text.startswith("]", after + 1):
            items.extend(item)
            at = after
            continue
        if text.startswith("--", after):
            raise _set_operation(text, after)
        last, end = _read_member(text, start, after + 1)
        if not (_is_one(item) and _is_one(last) and item <= last):
            raise Refused(
                "E401",
                f"`{text[at:end]}` is not a range of characters",
                at,
                end,
                r"a range goes from a lower character to a higher one; write `\-` for the `-` itself",
            )
        items.append((item[0][0], last[0][0]))
        at = end
    ranges = fold(union(items)) if ignore_case else union(items)
    return complement(ranges) if negated else ranges, at + 1


def _read_member(text: str, start: int, at: int) -> tuple[Ranges, int]:
    """Return the character or class of characters at `at`, and where it ends."""
    if at >= len(text):
        raise Refused("E401", "this `[` has no `]`", start, start + 1, r"write `\[` for the character itself")
    if text[at] != "\\":
        return single(text[at]), at + 1
    letter = text[at + 1 : at + 2]
    refuse_unsupported_escape(text, at, in_class=True)
    if letter in CLASSES:
        return CLASSES[letter], at + 2
    value, end = ("\b", at + 2) if letter == "b" else read_escape(text, at)
    return single(value), end


def _is_one(ranges: Ranges) -> bool:
    return len(ranges) == 1 and ranges[0][0] == ranges[0][1]


def _set_operation(text: str, at: int) -> Refused:
    sign = text[at : at + 2]
    return Refused(
        "E401",
        f"`{sign}` in a class may mean something else in a later Python",
        at,
        at + 2,
        rf"write `\{sign[1]}` for the second character",
    )


_MISSPELT = re.compile(r"\(\?(?:p|P=|P:)<([A-Za-z_][A-Za-z0-9_]*)>", re.ASCII)
"""The beginning of a named group, nearly: `(?p<i>`, `(?P=<i>`."""


def unsupported_group(text: str, start: int) -> Refused:
    """Return what is wrong with the group that begins with `(?` at `start`."""
    if named := _MISSPELT.match(text, start):
        mended = f"{text[:start]}(?<{named[1]}>{text[named.end() :]}"
        message = f"`{named[0]}` does not begin a group"
        return Refused("E401", message, start, named.end(), write(mended, safe=True))
    for sign, what, instead in _GROUPS:
        if text.startswith(sign, start + 2):
            return _left_out(text, start, start + 2 + len(sign), what, instead)
    end = start + 2
    while end < len(text) and text[end] in "aiLmsux-":
        end += 1
    if end == start + 2:
        end = min(end + 1, len(text))
        return Refused(
            "E401",
            f"`{text[start:end]}` does not begin a group",
            start,
            end,
            r"write `(?:...)`, `(?<name>...)`, or `\(` for the character itself",
        )
    end = min(end + 1, len(text))
    instead = "write `(?i)` at the very beginning; names need no other flag"
    return _left_out(text, start, end, "a flag", instead)


def refuse_unsupported_escape(text: str, start: int, *, in_class: bool) -> None:
    """Refuse a back-reference, an octal escape or a named character at `start`."""
    letter = text[start + 1 : start + 2]
    if letter == "N":
        raise _left_out(text, start, start + 2, "a character by its name", "write the character itself")
    if not letter or letter not in "0123456789":
        return
    if letter == "0" or in_class:
        raise _left_out(text, start, start + 2, "an octal escape", r"write `\x` and two hexadecimal digits")
    raise _left_out(text, start, start + 2, "a back-reference", "write out the alternatives, as in `a_a|b_b`")


def _left_out(text: str, start: int, end: int, what: str, instead: str) -> Refused:
    return Refused(
        "E405", f"`{text[start:end]}` is {what}, which the language leaves out", start, end, instead
    )
