"""What is said about a statement that cannot be understood."""

from paramrules.diagnostics import Diagnostic, Source, Span
from paramrules.syntax.parse import Failure


def explain(source: Source, start: int, end: int, failure: Failure) -> Diagnostic:
    """The finding for a statement between `start` and `end` that stopped making sense at `failure`."""
    if failure.kind == "$END":
        return Diagnostic("E104", "the statement is not complete", Span(source, failure.start, failure.end))
    found = source.text[failure.start : failure.end]
    return Diagnostic("E104", f"`{found}` is not expected here", Span(source, failure.start, failure.end))
