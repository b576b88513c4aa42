"""A finding about a regex before it is known where in a file the regex stands."""

from typing import NamedTuple

from paramrules.diagnostics import Diagnostic, Span


class Fault(NamedTuple):
    """A diagnostic whose place is an offset in the regex's text."""

    code: str
    message: str
    start: int
    end: int
    label: str
    help: str

    def at(self, span: Span) -> Diagnostic:
        """The diagnostic, for a regex whose text is at `span`."""
        place = Span(span.source, span.start + self.start, span.start + self.end)
        return Diagnostic(self.code, self.message, place, self.label, help=self.help)


class Refused(Exception):  # noqa: N818  raised inside this room only, to leave a recursion
    """A regex cannot be used; `fault` says why. `steps` is what it took to find out."""

    def __init__(
        self, code: str, message: str, start: int, end: int, label: str = "", help: str = ""
    ) -> None:
        super().__init__(message)
        self.steps = 0
        self.fault = Fault(code, message, start, end, label, help)
