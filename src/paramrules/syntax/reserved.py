"""The words that no label, axis, `let`, option or setting may be called."""

from typing import Final

from paramrules.diagnostics import Diagnostic, Span

RESERVED: Final = frozenset(
    {"and", "or", "not", "else", "in", "like", "true", "false", "none"}
    | {"let", "option", "include", "edition", "expect"}
)


def misplaced(word: str, span: Span) -> Diagnostic:
    """The finding for a reserved word where a value should stand."""
    if word == "else":
        return Diagnostic("E106", "`else` stands alone", span, help="write `label: else`")
    return Diagnostic("E106", f"the reserved word `{word}` cannot stand here", span)


def reserved(word: str, span: Span) -> Diagnostic:
    """The finding for a reserved word where a name should stand."""
    return Diagnostic(
        "E106",
        f"`{word}` is a reserved word and cannot be a name",
        span,
        help=f"choose another name, such as `{word}_` or `my_{word}`",
    )
