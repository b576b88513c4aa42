"""Lists of names in messages."""

from collections.abc import Sequence


def listed(names: Sequence[str], most: int | None = None) -> str:
    """Return names in backticks, with a count in place of those after the first `most`.

    >>> listed(["a", "b", "c"])
    '`a`, `b` and `c`'
    >>> listed(["a", "b", "c", "d"], most=2)
    '`a`, `b` and 2 more'
    """
    shown = [f"`{name}`" for name in names[:most]]
    if len(shown) < len(names):
        shown.append(f"{len(names) - len(shown)} more")
    return " and ".join(filter(None, (", ".join(shown[:-1]), *shown[-1:])))


def plural(word: str, names: Sequence[str]) -> str:
    """Return names in backticks behind a noun in the singular or plural.

    >>> plural("group", ["decay"])
    'the group `decay`'
    """
    return f"the {word}{'s' if len(names) > 1 else ''} {listed(names)}"
