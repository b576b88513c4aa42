"""Lists of names in messages."""

from collections.abc import Sequence

from paramrules.diagnostics import listed

__all__ = ["listed", "plural"]


def plural(word: str, names: Sequence[str]) -> str:
    """Return names in backticks behind a noun in the singular or plural.

    >>> plural("group", ["decay"])
    'the group `decay`'
    """
    return f"the {word}{'s' if len(names) > 1 else ''} {listed(names)}"
