"""The terminals of the grammar as regexes, and the words that the language defines, without loading Lark."""

import json
from collections.abc import Iterable
from functools import cache
from typing import Final

import paramrules_grammar

from paramrules.rules.builtin_names import CONSTANTS, FIELDS, FLAGS, FUNCTIONS
from paramrules.rules.keys import PORTABLE
from paramrules.syntax.language import ATTRIBUTES, MEMBERS, RESERVED

WORDS: Final = {
    "reserved": RESERVED,
    "fact": FIELDS | FLAGS,
    "function": FUNCTIONS,
    "portable_setting": frozenset(PORTABLE),
    "constant_fact": frozenset(CONSTANTS),
    "class_test": frozenset(MEMBERS) - frozenset(ATTRIBUTES),
    "attribute_test": frozenset(ATTRIBUTES),
}
"""The words of the language that have a look of their own, by kind."""

ALLOW: Final = r"#+[ \t]*allow[ \t]*:[^\n]*"
"""A comment that silences a warning."""

CAPTURE: Final = r"(\(\?P?<)([A-Za-z_][A-Za-z0-9_]*)(>)"
"""The beginning of a named group in a regex, with its name as the second group."""


@cache
def terminals() -> dict[str, str]:
    """Return the regex of each terminal of the grammar, by its name.

    >>> terminals()["NAME"], terminals()["ARROW"]
    ('[A-Za-z_][A-Za-z0-9_]*', '\\\\->')
    """
    found: dict[str, str] = json.loads(paramrules_grammar.tables())["terminals"]
    return found


def any_of(words: Iterable[str]) -> str:
    """Return a regex for any of some words, whole.

    >>> any_of({"tied", "trainable"})
    '(?:tied|trainable)(?![A-Za-z0-9_])'
    """
    return rf"(?:{'|'.join(sorted(words))})(?![A-Za-z0-9_])"
