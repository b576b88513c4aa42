"""The error that refuses a saved state."""

from paramrules.backends import Diagnostic, RulesError


def refuse(code: str, message: str, help: str) -> RulesError:
    """Return the error with one finding."""
    return RulesError(Diagnostic(code, message, help=help))
