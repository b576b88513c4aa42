"""The constants of the language: reserved words, editions, limits."""

from typing import Final

from paramrules.diagnostics import Diagnostic, Span

RESERVED: Final = frozenset(
    {"and", "or", "not", "else", "in", "like", "true", "false", "none"}
    | {"let", "option", "include", "edition", "expect"}
)
"""Words that cannot name a label, an axis, a `let`, an option or a setting."""

ATTRIBUTES: Final = ("attr", "module_attr")
"""The functions that read an attribute: of the parameter, and of the nearest module that has it."""

MEMBERS: Final = ("type", "within", "variable", *ATTRIBUTES)
"""The functions whose brackets hold names."""

EDITIONS: Final = (1,)
"""The editions that this version reads."""

# Limits. Files written by hand stay far below them, and each ends in a diagnostic. Together they bound the
# time and memory that reading any file takes.

BYTES: Final = 1 << 20
"""Size of one file (E103)."""

WORDS: Final = 100_000
"""Words and punctuation marks in one file, outside of comment lines (E111). Each costs some 10 us."""

STATEMENTS: Final = 5_000
"""Statements in one file (E111)."""

AXES: Final = 100
"""Axes in one file (E111). Each of them is a part of every group's label."""

LENGTH: Final = 1 << 16
"""Characters of one statement (E111)."""

PARTS: Final = 1_000
"""Names in one `type(...)`, and texts and values in one label (E111)."""

GLOB: Final = 1_000
"""Characters of one glob (E409). A regex has limits of its own."""

FILES: Final = 100
"""Files that one file includes, directly or not (E111)."""

NESTING: Final = 100
"""Expressions inside expressions; `a + b + c` counts two, `(((a)))` one (E110)."""

INTEGER: Final = 2**63
"""Magnitude of a whole number. Other numbers have to be finite floats (E116)."""


def reserved(word: str, span: Span) -> Diagnostic:
    """Return the finding for a reserved word that is used as a name."""
    return Diagnostic(
        "E106",
        f"`{word}` is a reserved word and cannot be a name",
        span,
        help="choose another name, such as " + ("`rest`" if word == "else" else f"`{word}_` or `my_{word}`"),
    )


def misplaced(word: str, span: Span) -> Diagnostic:
    """Return the finding for a reserved word in place of a value."""
    if word == "else":
        return Diagnostic("E106", "`else` stands alone", span, help="write `rest: else` as a rule of its own")
    return Diagnostic("E106", f"the reserved word `{word}` cannot stand here", span)
