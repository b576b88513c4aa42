"""Quoting: texts and regexes as a rule file can hold them."""

import re
from typing import Final

from paramrules.display import value_text
from paramrules.syntax.language import RESERVED

_KEY: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")

_BARE: Final = re.compile(r"(?:[\w^$|:?()+*<>]|\\[.dw])+", re.ASCII)
"""Regexes that need no quotes."""

_DIGITS: Final = 40
"""The most digits of a whole number in a message."""


def escaped(text: str) -> str:
    """Return a regex that matches a text, in characters that a rule can hold between quotes."""
    return "".join(
        re.escape(letter) if letter.isprintable() and letter != '"' else f"\\U{ord(letter):08x}"
        for letter in text
    )


def is_key(text: str) -> bool:
    """Return whether a setting of a rule can have this key."""
    return _KEY.fullmatch(text) is not None and text not in RESERVED


def is_quotable(text: str) -> bool:
    """Return whether a rule can hold a text between quotes."""
    return text.isprintable() and '"' not in text


def quoted_pattern(pattern: str) -> str:
    """Return a regex as a rule writes it, between quotes where it needs them."""
    return pattern if _BARE.fullmatch(pattern) else f'"{pattern}"'


def written(value: object) -> str:
    """Return a value as a rule writes it, a string between the quotes that are not in it."""
    if isinstance(value, tuple):
        return f"({', '.join(map(written, value))}{',' * (len(value) == 1)})"
    return f"'{value}'" if isinstance(value, str) and '"' in value else value_text(value)


def shown_setting(value: object) -> str:
    """Return a setting for a message. Python refuses to write whole numbers of some thousand digits."""
    if isinstance(value, int) and abs(value) >= 10**_DIGITS:
        return f"a whole number of more than {_DIGITS} digits"
    return repr(value)
