"""Globs, with the meaning of `fnmatch`: `*`, `?` and `[...]` match the whole text, case-sensitive."""

from fnmatch import translate
from functools import lru_cache
from re import Pattern, compile


@lru_cache(maxsize=1024)
def glob(text: str) -> Pattern[str]:
    """Return a glob as a pattern, which does not backtrack.

    >>> bool(glob("blocks.*.bias").match("blocks.0.norm.bias"))
    True
    """
    return compile(regex(text))


def regex(text: str) -> str:
    """Return a glob as a regex for the whole text.

    For each `[` without a `]` behind it, `fnmatch` would look for one to the end of the glob.
    """
    closed = text.rfind("]") + 1
    return translate(text[:closed] + text[closed:].replace("[", "[[]"))
