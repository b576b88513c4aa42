"""From a file's text to its tree, with everything that is wrong with its shape and its syntax."""

import re
import threading

from paramrules.diagnostics import Diagnostic, Source, Span
from paramrules.syntax import limits
from paramrules.syntax.cut import Piece, cut
from paramrules.syntax.nodes import Allow, Broken, Edition, File, Statement

EDITIONS = (1,)
"""The editions of the language that this version reads."""

_lock = threading.Lock()


def read(source: Source) -> tuple[File, list[Diagnostic]]:
    """The tree of a file's statements, and all that is wrong with them, in their order.

    A statement that cannot be understood is left out of the tree; the others are read all the same.

    >>> file, findings = read(Source("vit.rules", "decay: ndim > 1\\nno_decay: else"))
    >>> len(file.statements), findings
    (2, [])
    """
    whole = Span(source, 0, len(source.text))
    pieces = cut(source.text)
    with _lock:
        statements, broken, comments, findings = _statements(source, pieces)
    return File(whole, tuple(statements), (), tuple(comments), tuple(broken)), findings


def _statements(
    source: Source, pieces: list[Piece]
) -> tuple[list[Statement], list[Broken], list[Span], list[Diagnostic]]:
    from paramrules.syntax.hints import explain
    from paramrules.syntax.parse import Failure, builder, parse

    statements: list[Statement] = []
    broken: list[Broken] = []
    build = builder()
    build.begin(source)
    for start, end in pieces:
        result = parse(source.text, start, end)
        if isinstance(result, Failure):
            build.errors.append(explain(source, start, end, result))
            broken.append(Broken(Span(source, start, end), "", ""))
        else:
            statements.append(result)
    return statements, broken, build.comments, build.errors
