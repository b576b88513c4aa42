"""Brackets that do not match."""

from paramrules.diagnostics import Diagnostic
from paramrules.syntax.hints.mistake import Mistake

_OPENS = {")": "(", "]": "[", "}": "{"}


def closing(mistake: Mistake) -> Diagnostic | None:
    """`a or b)`, `(a or b]`."""
    found = mistake.found
    if found not in _OPENS:
        return _index(mistake)
    if not mistake.open:
        return mistake.finding(f"`{found}` closes nothing", help=f"delete it, or write `{_OPENS[found]}`")
    bracket = mistake.open[-1]
    if bracket != _OPENS[found]:
        return mistake.finding(f"`{bracket}` is closed by `{found}`")
    return None


def _index(mistake: Mistake) -> Diagnostic | None:
    """`shape[0 == 1`."""
    if mistake.found not in ("==", "!=", "<", "<=", ">", ">=", "and", "or", "->") or mistake.wants_operand:
        return None
    if not mistake.open or mistake.open[-1] != "[":
        return None
    start = mistake.open[-1].start_pos or 0
    return mistake.finding("`[` is not closed", start=start, end=start + 1, help="close it: `shape[0]`")


def opening(mistake: Mistake) -> Diagnostic | None:
    """`(a or b`."""
    if not mistake.ended or not mistake.open or mistake.wants_operand:
        return None
    bracket = mistake.open[-1]
    start = bracket.start_pos or 0
    return mistake.finding(
        f"`{bracket}` is not closed",
        start=start,
        end=start + 1,
        help="close it; lines that continue the statement are indented",
    )
