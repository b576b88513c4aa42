"""Findings of an assignment that reach Python's warnings: all but notes."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager

from paramrules import Assignment, RulesWarning
from paramrules.diagnostics import warning_text


@contextmanager
def warned(assignment: Assignment) -> Iterator[None]:
    """Assert that the block warns of the assignment's findings but notes, and else of W619 at most."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        yield
    got = [(w.category, str(w.message)) for w in caught if not str(w.message).startswith("W619: ")]
    assert got == [
        (RulesWarning, warning_text(finding)) for finding in assignment.findings if finding.severity != "note"
    ]
