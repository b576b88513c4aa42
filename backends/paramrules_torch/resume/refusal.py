"""The error that refuses a saved state."""

from collections.abc import Sequence

from paramrules.backends import Diagnostic, RulesError, listed

_MOST = 8
"""Names that one finding lists."""


def refuse(code: str, message: str, help: str) -> RulesError:
    """Return the error with one finding."""
    return RulesError(Diagnostic(code, message, help=help))


def some(names: Sequence[str]) -> str:
    """Return names for a message, with a count in place of those after the eighth."""
    return listed(names, _MOST)


def have(names: Sequence[str]) -> str:
    """Return names for a message, and "has" or "have".

    >>> have(["a"])
    '`a` has'
    """
    return f"{some(names)} {'has' if len(names) == 1 else 'have'}"
