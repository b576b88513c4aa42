"""Helps that carry the edit that they describe, so that nobody has to read it out of their text."""

import re
from typing import Final, NamedTuple

from paramrules.diagnostics.source import Span

_WORDS: Final = frozenset({"and", "or", "not", "in", "like"})
"""Operators that are words, and are written for signs: `ndim<=1&&tied` is `ndim<=1 and tied`."""


class Fix(NamedTuple):
    """An edit that mends what a finding is about.

    Attributes:
        span: the characters to replace.
        text: what to write in their place.
        is_safe: True if it is what the user obviously meant to type.
    """

    span: Span
    text: str
    is_safe: bool


class Help(str):
    """The text of a help, and the edit that it stands for.

    Attributes:
        text: what to write.
        is_safe: True if that is what the user obviously meant to type.
        word: the word to replace where the finding marks it; "" for all that the finding marks.
        at: the place to write it, if it is not the one that the finding marks.
    """

    text = ""
    is_safe = False
    word = ""
    at: Span | None = None

    def over(self, at: Span) -> "Help":
        """Return the help with its edit at a place of its own."""
        return helping(self, self.text, safe=self.is_safe, at=at)

    def fix(self, marked: Span) -> Fix | None:
        """Return the edit for a finding that marks a span; None if the word is not to be found there."""
        span = self.at or marked
        if self.word and self.word != span.text:
            places = list(re.finditer(rf"(?<!\w){re.escape(self.word)}(?!\w)", span.text))
            if len(places) != 1:
                return None
            start, end = places[0].span()
            span = Span(span.source, span.start + start, span.start + end)
        return Fix(span, _apart(self.text, span), self.is_safe)


def _apart(text: str, at: Span) -> str:
    """Return what to write at a place: an operator with blanks between it and words that touch it."""
    if text.rstrip() not in _WORDS:
        return text
    around = at.source.text
    before = " " if re.match(r"\w", around[max(at.start - 1, 0) : at.start]) else ""
    after = " " if re.match(r"\w\w", text[-1] + around[at.end : at.end + 1]) else ""
    return before + text + after


def helping(help: str, text: str, *, safe: bool = False, word: str = "", at: Span | None = None) -> Help:
    """Return a help with its edit, for a wording of its own."""
    carrying = Help(help)
    carrying.text, carrying.is_safe, carrying.word, carrying.at = text, safe, word, at
    return carrying


def write(text: str, *, safe: bool = False) -> Help:
    """Return the help that says to write a text in place of what the finding marks.

    >>> write("and", safe=True)
    'write `and`'
    """
    return helping(f"write `{text}`", text, safe=safe)
