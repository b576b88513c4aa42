"""`edition 1`: which editions of the language there are, and where the line may stand."""

from typing import Final

from paramrules.diagnostics import Diagnostic, Place, Source, Span
from paramrules.syntax.cut import Piece
from paramrules.syntax.nodes import Edition, Statement

EDITIONS: Final = (1,)
"""The editions that this version reads."""


def unknown(written: str, span: Span) -> Diagnostic:
    """The finding for an edition that is not among them."""
    known = ", ".join(map(str, EDITIONS))
    later = written.isdecimal() and (len(written) > 9 or int(written) > max(EDITIONS))
    return Diagnostic(
        "E107",
        f"this version of paramrules does not know edition {written if len(written) < 20 else '...'}",
        span,
        help=f"it knows edition {known}" + (": upgrade paramrules to read this file" if later else ""),
    )


def misplaced(source: Source, pieces: list[Piece], statements: tuple[Statement, ...]) -> list[Diagnostic]:
    """A finding for each `edition` that is not the first statement."""
    found = [statement for statement in statements if isinstance(statement, Edition)]
    findings = []
    for edition in found:
        if edition is found[0] and edition.span.start == pieces[0].start:
            continue
        first = found[0] if edition is not found[0] else None
        findings.append(
            Diagnostic(
                "E108",
                "`edition` is written twice" if first else "`edition` is not the first statement",
                edition.span,
                also=(Place(first.span, "the first"),) if first else (),
                help="write it once, before all other statements",
            )
        )
    return findings
