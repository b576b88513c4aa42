"""Escapes that stand for one character."""

from paramrules.regex.faults import Refused

_CONTROL = {"a": "\a", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}
_HEXADECIMAL = {"x": 2, "u": 4, "U": 8}


def character(text: str, start: int) -> tuple[str, int]:
    """The character that the backslash at `start` and what follows stand for, and where that ends."""
    letter = text[start + 1 : start + 2]
    if not letter:
        raise Refused(
            "E401",
            r"a `\` with nothing after it",
            start,
            start + 1,
            help=r"write `\\` for the character itself",
        )
    if letter in _CONTROL:
        return _CONTROL[letter], start + 2
    if letter in _HEXADECIMAL:
        return _hexadecimal(text, start, _HEXADECIMAL[letter])
    if letter.isascii() and letter.isalpha():
        raise Refused(
            "E401",
            rf"`\{letter}` means nothing in a regex",
            start,
            start + 2,
            help=rf"write `{letter}` for the letter, `\\{letter}` for a backslash and the letter",
        )
    return letter, start + 2


def _hexadecimal(text: str, start: int, digits: int) -> tuple[str, int]:
    end = start + 2
    while end < min(len(text), start + 2 + digits) and text[end] in "0123456789abcdefABCDEF":
        end += 1
    if end < start + 2 + digits or int(text[start + 2 : end], 16) > 0x10FFFF:
        raise Refused(
            "E401",
            f"`{text[start:end]}` is no character",
            start,
            end,
            help=f"write {digits} hexadecimal digits after `{text[start : start + 2]}`",
        )
    return chr(int(text[start + 2 : end], 16)), end
