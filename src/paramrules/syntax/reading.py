"""From a file's text to its tree, with everything that is wrong with its shape and its syntax."""

import re
import threading

from paramrules.diagnostics import Diagnostic, Source, Span
from paramrules.syntax import limits
from paramrules.syntax.allowances import allowances
from paramrules.syntax.broken import broken
from paramrules.syntax.cut import Piece, cut
from paramrules.syntax.editions import EDITIONS, misplaced
from paramrules.syntax.foreign import foreign
from paramrules.syntax.indented import dedented, indented
from paramrules.syntax.nesting import too_deep
from paramrules.syntax.nodes import Broken, Edition, File, Statement
from paramrules.syntax.unseen import unseen

_COMMENT = re.compile(r"#[^\n]*")

_lock = threading.Lock()
"""The parser is one for the process, and its builder knows which file it is building."""


def read(source: Source) -> tuple[File, list[Diagnostic]]:
    """The tree of a file's statements, and all that is wrong with them, from top to bottom.

    A statement that cannot be understood is left out of the tree; the others are read all the same.

    >>> file, findings = read(Source("vit.rules", "decay: ndim > 1\\nno_decay: else"))
    >>> len(file.statements), findings
    (2, [])
    """
    whole = Span(source, 0, len(source.text))
    pieces = cut(source.text)
    refused = _too_large(source, pieces)
    if refused:
        return File(whole, (), ()), [refused]
    with _lock:
        reader = _Reader(source)
        for piece in pieces:
            reader.read(piece)
    other = foreign(source, pieces[0], reader.broken[0].span.start) if reader.broken else None
    if other:
        return File(whole, (), (), broken=(broken(source, pieces[0]),)), [other]
    for statement in reader.statements:
        if isinstance(statement, Edition) and statement.number not in EDITIONS:
            # nobody knows what is right in another edition
            return File(whole, (), ()), [f for f in reader.findings if f.code == "E107"]
    comments = sorted((*reader.comments, *_between(source, pieces)), key=_start)
    statements, breaks = tuple(reader.statements), tuple(reader.broken)
    allows, idle = allowances(source, comments, statements, breaks)
    findings = [*reader.findings, *misplaced(source, pieces, statements), *idle]
    findings.sort(key=lambda finding: finding.span.start if finding.span else 0)
    return File(whole, statements, allows, tuple(comments), breaks), findings


class _Reader:
    """Reads the pieces of a source one by one."""

    def __init__(self, source: Source) -> None:
        # imported with the first file, and never by a program that reads none: Lark takes a while
        from paramrules.syntax import hints, parse

        self._explain, self._parse, self._failure = hints.explain, parse.parse, parse.Failure
        self._builder = parse.builder()
        self._builder.begin(source)
        self.source = source
        self.findings, self.comments = self._builder.errors, self._builder.comments
        self.statements: list[Statement] = []
        self.broken: list[Broken] = []
        self._unseen = unseen(source)
        self.findings += self._unseen

    def read(self, piece: Piece) -> None:
        """One piece: one statement, unless others are indented below it."""
        if self._unseen and any(f.span and piece.start <= f.span.start < piece.end for f in self._unseen):
            self.broken.append(broken(self.source, piece))
            return
        if self.source.text[piece.start] in " \t":
            self._read_each(*dedented(self.source, piece))
            return
        said, commented = len(self.findings), len(self.comments)
        result = self._parse(self.source.text, piece.start, piece.end)
        if not isinstance(result, self._failure):
            deep = self._builder.depth >= limits.NESTING and too_deep(result)
            if not deep and not self._builder.refused:
                self.statements.append(result)
                return
            if deep:
                self.findings.append(deep)
        else:
            del self.findings[said:]  # what stopped the statement is said, and nothing else
            below = indented(self.source, piece)
            if below:
                del self.comments[commented:]
                self._read_each(*below)
                return
            self.findings.append(self._explain(self.source, piece, result))
        self.broken.append(broken(self.source, piece))

    def _read_each(self, finding: Diagnostic, pieces: list[Piece]) -> None:
        self.findings.append(finding)
        for piece in pieces:
            self.read(piece)


def _too_large(source: Source, pieces: list[Piece]) -> Diagnostic | None:
    if len(source.text) > limits.BYTES:
        return Diagnostic("E103", f"the text is longer than {limits.BYTES} characters")
    if len(pieces) > limits.STATEMENTS:
        first = pieces[limits.STATEMENTS]
        return Diagnostic(
            "E111",
            f"there are more than {limits.STATEMENTS} statements",
            Span(source, first.start, first.start + 1),
            "the first that is too many",
            help="say with a regex or a capture what many rules say one by one",
        )
    return None


def _between(source: Source, pieces: list[Piece]) -> list[Span]:
    """The comments that stand between the statements."""
    text = source.text
    if "#" not in text:
        return []
    ends = [0, *(piece.end for piece in pieces)]
    starts = [*(piece.start for piece in pieces), len(text)]
    return [
        Span(source, *comment.span())
        for end, start in zip(ends, starts, strict=True)
        for comment in _COMMENT.finditer(text, end, start)
    ]


def _start(span: Span) -> int:
    return span.start
