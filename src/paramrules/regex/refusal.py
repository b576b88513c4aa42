"""Why a regex cannot be used: the limits on its size, and a finding before its place in a file is known."""

from typing import NamedTuple

from paramrules.diagnostics import Diagnostic, Help, Span

LENGTH = 3_000
"""Characters of one regex. `re` takes some 3 microseconds for each character of a name, at worst."""

NESTING = 50
"""Brackets inside brackets. Keeps every recursion over the tree far from Python's own limit."""

COUNT = 1_000
"""The numbers in `{m,n}`."""

STEPS = 3_000
"""Steps of `re` for one character of a name. A regex that may need more runs on an automaton."""

SIZE = 250
"""States of a regex that runs on an automaton, counted repeats written out. Each character of a name takes at
most some 5 microseconds.
"""

ALL_SIZES = 100_000
"""The sum of these sizes over a file and its includes. The automata are built in about a second."""


class Fault(NamedTuple):
    """A diagnostic whose place is an offset in the regex's text.

    The edit of its help replaces the whole regex.
    """

    code: str
    message: str
    start: int
    end: int
    label: str = ""
    help: str = ""

    def at(self, span: Span) -> Diagnostic:
        """Return the diagnostic for a regex whose text is at `span`."""
        place = Span(span.source, span.start + self.start, span.start + self.end)
        help = self.help.over(span) if isinstance(self.help, Help) else self.help
        return Diagnostic(self.code, self.message, place, self.label, help=help)


class Refused(Exception):  # noqa: N818  raised in this room only, to leave a recursion
    """A regex cannot be used; `fault` says why."""

    def __init__(self, code: str, message: str, start: int, end: int, help: str) -> None:
        super().__init__(message)
        self.fault = Fault(code, message, start, end, help=help)
