"""What all refusals of a saved state are made of."""

from collections.abc import Sequence

from paramrules.diagnostics import Diagnostic, RulesError

_MOST = 8
"""Names that one finding lists."""


def listed(names: Sequence[str]) -> str:
    """Names in backticks, with a count in place of those after the eighth.

    >>> listed(["a", "b"])
    '`a`, `b`'
    """
    shown = [f"`{name}`" for name in names[:_MOST]]
    if len(names) > _MOST:
        shown.append(f"{len(names) - _MOST} more")
    return ", ".join(shown)


def have(names: Sequence[object]) -> str:
    """`has` for one name, `have` for more."""
    return "has" if len(names) == 1 else "have"


def refuse(code: str, message: str, help: str) -> RulesError:
    """The error of one finding, to be raised."""
    return RulesError(Diagnostic(code, message, help=help))
