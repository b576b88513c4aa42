"""What a statement that cannot be understood was meant to be."""

import re

from paramrules.diagnostics import Source, Span
from paramrules.syntax.cut import Piece
from paramrules.syntax.nodes import Broken

_NAME = r"([A-Za-z_][A-Za-z0-9_]*)"
_KINDS = {
    kind: re.compile(pattern)
    for kind, pattern in {
        "let": rf"let[ \t]+{_NAME}",
        "option": rf"option[ \t]+{_NAME}",
        "include": r"include\b()",
        "edition": r"edition\b()",
        "axis": rf"\[[ \t]*(?:axis[ \t.:]+)?{_NAME}",
        "expect": rf"expect[ \t]+(?:not[ \t]+)?{_NAME}",
        "rule": r"([A-Za-z_](?:\w|\{[^{}\n]*\})*)",
    }.items()
}


def broken(source: Source, piece: Piece) -> Broken:
    """The kind and the name that the statement's first words give away."""
    span = Span(source, piece.start, piece.end)
    for kind, pattern in _KINDS.items():
        found = pattern.match(source.text, piece.start, piece.end)
        if found:
            return Broken(span, kind, found[1])
    return Broken(span, "", "")
