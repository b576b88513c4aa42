"""Where the statements of a file begin and end, and what its lines tell before anything is parsed."""

import re
from typing import NamedTuple

from paramrules.diagnostics import Diagnostic, Source, Span
from paramrules.syntax.nodes import Broken


class Piece(NamedTuple):
    """The text of one statement: from its first character to the end of its last line of content."""

    start: int
    end: int


_CONTENT = re.compile(r"^[ \t]*[^ \t\n#]", re.MULTILINE)
_LINE = re.compile(r"^([ \t]*)(?=[^ \t\n#])", re.MULTILINE)


def cut(text: str) -> list[Piece]:
    """Split a text before each line that starts in column 0 and is not a comment.

    Only blank lines and comments stand between two pieces. Only the first piece can start with white space:
    then the file's first statement is indented.

    >>> cut("a: b\\n   -> c = 1\\n# then\\n\\nd: else\\n")
    [Piece(start=0, end=16), Piece(start=25, end=32)]
    """
    pieces: list[Piece] = []
    start = end = -1
    for line in _CONTENT.finditer(text):
        at = line.start()
        if line.end() - at == 1 or start < 0:
            if start >= 0:
                pieces.append(Piece(start, end))
            start = at
        end = text.find("\n", line.end())
    if start >= 0:
        pieces.append(Piece(start, end if end >= 0 else len(text)))
    return pieces


_INVISIBLE = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f"  # control characters
    r"\u200b\u2028\u2029\ufeff"  # zero width, Unicode's own line ends, a BOM in the middle
    r"\u202a-\u202e\u2066-\u2069"  # reverse the text beside them: CVE-2021-42574
    r"\ud800-\udfff][^\n]*"  # halves of a character
)


def invisible(source: Source) -> list[Diagnostic]:
    """Return a finding for each line with a character that nobody sees."""
    return [
        Diagnostic(
            "E122",
            "a carriage return stands inside a line"
            if source.text[found.start()] == "\r"
            else f"the line holds the invisible character U+{ord(source.text[found.start()]):04X}",
            Span(source, found.start(), found.start() + 1),
            help="delete it, or save the file as plain text (UTF-8) again",
        )
        for found in _INVISIBLE.finditer(source.text)
    ]


_NAME = r"([A-Za-z_][A-Za-z0-9_]*)"
_KINDS = {
    kind: re.compile(pattern)
    for kind, pattern in {
        "let": r"(?:let[ \t]+|(?:(?:const|var|val|def|set)[ \t]+)?(?=\w+[ \t]*=(?!=)))" + _NAME,
        "option": rf"option[ \t]+{_NAME}",
        "include": r"include\b()",
        "edition": r"edition\b()",
        "axis": rf"\[[ \t]*(?:axis[ \t.:]+)?{_NAME}",
        "expect": rf"expect[ \t]+(?:not[ \t]+)?{_NAME}",
        "rule": r"([A-Za-z_](?:\w|\{[^{}\n]*\})*)",
    }.items()
}


def broken(source: Source, piece: Piece) -> Broken:
    """Return what a statement that does not parse was meant to be, as its first words tell."""
    span = Span(source, piece.start, piece.end)
    for kind, pattern in _KINDS.items():
        found = pattern.match(source.text, piece.start, piece.end)
        if found:
            return Broken(span, kind, found[1])
    return Broken(span, "", "")


_BEGINS = re.compile(
    r"""
    (?:let|option) [ \t]+ \w+ [ \t]* (?: = | \# | $ )
    | include [ \t]* ["'<]
    | edition [ \t]+ \d
    | \[ [ \t]* \w+ [ \t]* \] [ \t]* (?:\#.*)? $
    | (?: expect [ \t]+ (?: not [ \t]+ )? )?
      ["']? [A-Za-z_] (?: [^\s:(){}=<>~"'#] | \{[^{}\n]*\} )* ["']? [ \t]* (?: \? [ \t]* )? :
    """,
    re.VERBOSE | re.MULTILINE,
)
"""The beginning of a statement. No line of an expression or of settings begins so: these hold no `:`."""


def indented(source: Source, piece: Piece) -> tuple[Diagnostic, list[Piece]] | None:
    """Return the finding for statements indented under the first one, and all of them as pieces."""
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
        first_line(source, starts[0], piece.end),
        "an indented line continues the line above",
        help=f"write rules in column 0: those below `{axis[0]}` belong to it up to the next axis"
        if axis
        else "write every statement in column 0",
    )
    return finding, _pieces(text, piece, [piece.start, *starts])


def dedented(source: Source, piece: Piece) -> tuple[Diagnostic, list[Piece]]:
    """Return the finding for a file whose first statement is indented, and its statements as pieces."""
    lines = list(_LINE.finditer(source.text, piece.start, piece.end))
    starts = [line.end() for line in lines if len(line[1]) <= len(lines[0][1])]
    finding = Diagnostic(
        "E105",
        "the first statement is indented" if len(starts) == 1 else "the statements are indented",
        first_line(source, starts[0], piece.end),
        "a statement starts in column 0",
        help="remove the white space before it; pass a text inside Python code through `textwrap.dedent`",
    )
    return finding, _pieces(source.text, piece, starts)


def _pieces(text: str, piece: Piece, starts: list[int]) -> list[Piece]:
    """Return the pieces from each start to the end of the last line of content before the next."""
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


def first_line(source: Source, start: int, end: int) -> Span:
    """Return the first line of what stands between two places."""
    stop = source.text.find("\n", start, end)
    return Span(source, start, end if stop < 0 else stop)
