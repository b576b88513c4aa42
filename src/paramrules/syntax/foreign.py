"""Files of other kinds that are given by mistake: one finding instead of one for each line."""

import re

from paramrules.diagnostics import Diagnostic, Source, Span
from paramrules.syntax.cut import Piece

_KINDS = {
    "JSON": re.compile(r'\{[ \t]*(?:["}]|$)|\[[ \t\n]*\{', re.MULTILINE),
    "YAML": re.compile(r"---[ \t]*$|-[ \t]+\w|[\w-]+:[ \t]*\n(?:[ \t]*#.*\n)*[ \t]*-[ \t]", re.MULTILINE),
    "Python": re.compile(
        r'import[ \t]+\w|from[ \t]+[\w.]+[ \t]+import\b|(?:def|class)[ \t]+\w+[ \t]*[(:]|@\w|"""|\'\'\''
    ),
    "XML": re.compile(r"<[?!a-z]"),
}


def foreign(source: Source, piece: Piece, start: int) -> Diagnostic | None:
    """The finding for a file whose first piece begins as no rule file does.

    `start` is where the first statement begins that could not be understood: no file is turned away whose
    first statement can be.
    """
    if source.text[piece.start : start].strip(" \t"):
        return None
    for kind, begins in _KINDS.items():
        if begins.match(source.text, start, piece.end):
            end = source.text.find("\n", start, piece.end)
            return Diagnostic(
                "E104",
                f"this is {kind} and no rule file",
                Span(source, start, piece.end if end < 0 else end),
                help="a rule is written `label: predicate -> settings`",
            )
    return None
