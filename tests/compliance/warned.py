"""Findings of an assignment that reach Python's warnings."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager

from paramrules import Assignment, RulesWarning, render


@contextmanager
def warned(assignment: Assignment) -> Iterator[None]:
    """Assert that the block warns of the assignment's findings, and else of W619 at most."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        yield
    got = [(w.category, str(w.message)) for w in caught if "[W619]" not in str(w.message)]
    assert got == [(RulesWarning, "\n" + render(finding)) for finding in assignment.findings]
