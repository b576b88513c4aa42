"""Statements that are indented, and so continue the one above them: the mistake that everybody makes once."""

import re

from paramrules.diagnostics import Diagnostic, Source, Span
from paramrules.syntax.cut import Piece

_BEGINS = re.compile(
    r"""
    (?:let|option) [ \t]+ \w+ [ \t]* (?: = | \# | $ )
    | include [ \t]* ["'<]
    | edition [ \t]+ \d
    | \[ [ \t]* \w+ [ \t]* \] [ \t]* (?:\#.*)? $
    | (?: expect [ \t]+ (?: not [ \t]+ )? )?
      ["']? [A-Za-z_] (?: [^\s:(){}=<>~"'#] | \{[^{}\n]*\} )* ["']? [ \t]* \?? [ \t]* :
    """,
    re.VERBOSE | re.MULTILINE,
)
"""What begins a statement, and can begin no line of an expression or of settings: these hold no `:`."""

_LINE = re.compile(r"^([ \t]*)(?=[^ \t\n#])", re.MULTILINE)


def indented(source: Source, piece: Piece) -> tuple[Diagnostic, list[Piece]] | None:
    """The finding for statements that are indented below another one, and all of them as pieces."""
    text = source.text
    starts = [
        line.end()
        for line in _LINE.finditer(text, piece.start + 1, piece.end)
        if _BEGINS.match(text, line.end(), piece.end)
    ]
    if not starts:
        return None
    axis = re.match(r"\[[ \t]*\w+[ \t]*\]", text[piece.start : piece.end])
    what = "a statement is" if len(starts) == 1 else f"{len(starts)} statements are"
    finding = Diagnostic(
        "E105",
        f"{what} indented under {f'`{axis[0]}`' if axis else 'another one'}",
        _first_line(source, starts[0], piece.end),
        "an indented line continues the line above",
        help=f"write rules in column 0: those below `{axis[0]}` belong to it up to the next axis"
        if axis
        else "write every statement in column 0",
    )
    return finding, _pieces(text, piece, [piece.start, *starts])


def dedented(source: Source, piece: Piece) -> tuple[Diagnostic, list[Piece]]:
    """The finding for a file whose first statement is indented, with all that stand as far left."""
    lines = list(_LINE.finditer(source.text, piece.start, piece.end))
    starts = [line.end() for line in lines if len(line[1]) <= len(lines[0][1])]
    finding = Diagnostic(
        "E105",
        "the first statement is indented" if len(starts) == 1 else "the statements are indented",
        _first_line(source, starts[0], piece.end),
        "a statement starts in column 0",
        help="remove the white space before it; a text inside Python code goes through `textwrap.dedent`",
    )
    return finding, _pieces(source.text, piece, starts)


def _pieces(text: str, piece: Piece, starts: list[int]) -> list[Piece]:
    """From each start to the end of the last line with content before the next."""
    lines = [line.end() for line in _LINE.finditer(text, piece.start, piece.end)]
    pieces = []
    number = 0
    for start, stop in zip(starts, [*starts[1:], piece.end], strict=True):
        last = start
        while number < len(lines) and lines[number] < stop:
            last = max(last, lines[number])
            number += 1
        end = text.find("\n", last, piece.end)
        pieces.append(Piece(start, piece.end if end < 0 else end))
    return pieces


def _first_line(source: Source, start: int, end: int) -> Span:
    stop = source.text.find("\n", start, end)
    return Span(source, start, end if stop < 0 else stop)
