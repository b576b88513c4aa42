"""From a file's text to its tree, with a finding for everything wrong with its shape and syntax."""

import re
import string
import threading
from collections.abc import Sequence
from itertools import islice
from typing import TYPE_CHECKING

from paramrules.diagnostics import Diagnostic, Place, Source, Span
from paramrules.syntax import language
from paramrules.syntax.allowances import allowances
from paramrules.syntax.nodes import (
    Arithmetic,
    Axis,
    Broken,
    Edition,
    File,
    Minus,
    Node,
    Rule,
    Statement,
    children,
)
from paramrules.syntax.statements import Piece, broken, cut, dedented, indented, invisible

if TYPE_CHECKING:
    from paramrules.syntax.parser import Failure

_COMMENT = re.compile(r"#[^\n]*")
_WORD = re.compile(r"^[ \t]*#[^\n]*|(\w+|[^\w\s])", re.MULTILINE)
"""A comment line, or a word or a punctuation mark as the only group."""

_NOT_SIGNS = (string.ascii_letters + string.digits + "_" + string.whitespace).encode()
_SIGNS_AS_SPACE = bytes.maketrans(string.punctuation.replace("_", "").encode(), b" " * 31)

_lock = threading.Lock()
"""The process has one parser, and its builder knows which file it is building."""


def read(source: Source) -> tuple[File, list[Diagnostic]]:
    """Return the tree of a file's statements and all findings, from top to bottom.

    A statement that does not parse is left out of the tree; the others are read all the same.

    >>> file, findings = read(Source("vit.rules", "decay: ndim > 1\\nno_decay: else"))
    >>> len(file.statements), findings
    (2, [])
    """
    whole = Span(source, 0, len(source.text))
    if len(source.text) > language.BYTES:
        return File(whole, (), ()), [
            Diagnostic("E103", f"the text is longer than {language.BYTES} characters")
        ]
    pieces = cut(source.text)
    refused = _too_many(source, pieces)
    if refused:
        return File(whole, (), ()), [refused]
    with _lock:
        reader = _Reader(source)
        for piece in pieces:
            reader.read(piece)
    other = reader.foreign(pieces[0]) if reader.broken else None
    if other:
        return File(whole, (), (), broken=(broken(source, pieces[0]),)), [other]
    statements, breaks = tuple(reader.statements), tuple(reader.broken)
    conflicts = reader.conflicts() if breaks else []
    if conflicts:  # each side may be right by itself, and either may hold any names, as an include does
        return File(whole, (), (), broken=(Broken(whole, "include", ""),)), conflicts
    axes = [statement for statement in statements if isinstance(statement, Axis)]
    if len(axes) > language.AXES:
        extra = axes[language.AXES].span.start
        return File(whole, (), ()), [_too_much(f"there are more than {language.AXES} axes", source, extra)]
    editions = [statement for statement in statements if isinstance(statement, Edition)]
    unknown = [_unknown(edition) for edition in editions if edition.number not in language.EDITIONS]
    if unknown:
        # nobody knows what is right in another edition
        return File(whole, (), ()), unknown
    comments = sorted((*reader.comments, *_between(source, pieces)), key=_start)
    allows, idle = allowances(source, comments, statements, breaks)
    findings = [*reader.findings, *_misplaced(editions, pieces), *idle]
    findings.sort(key=lambda finding: finding.span.start if finding.span else 0)
    return File(whole, statements, allows, tuple(comments), breaks), findings


class _Reader:
    """Reads the pieces of a source one by one."""

    def __init__(self, source: Source) -> None:
        # imported with the first file, so that a program that reads none does not load the tables
        from paramrules.syntax import parser

        self._parse, self._failure = parser.parse, parser.Failure
        self._builder = parser.builder()
        self._builder.begin(source)
        self.source = source
        self.findings, self.comments = self._builder.errors, self._builder.comments
        self.statements: list[Statement] = []
        self.broken: list[Broken] = []
        self._invisible = invisible(source)
        self.findings += self._invisible

    def read(self, piece: Piece) -> None:
        """Read one piece: one statement, unless others are indented below it."""
        if self._invisible and any(
            f.span and piece.start <= f.span.start < piece.end for f in self._invisible
        ):
            self.broken.append(broken(self.source, piece))
            return
        if self.source.text[piece.start] in " \t":
            self._read_each(*dedented(self.source, piece))
            return
        if piece.end - piece.start > language.LENGTH:
            below = indented(self.source, piece)
            if below:
                self._read_each(*below)
                return
            self.findings.append(_too_long(self.source, piece))
            self.broken.append(broken(self.source, piece))
            return
        found, commented = len(self.findings), len(self.comments)
        result = self._parse(self.source.text, piece.start, piece.end)
        if not isinstance(result, self._failure):
            refused = self._refused(piece, result)
            if refused is None and not self._builder.refused:
                self.statements.append(result)
                return
            if refused:
                self.findings.append(refused)
        else:
            del self.findings[found:]  # report what stopped the statement, and nothing else
            below = indented(self.source, piece)
            if below:
                del self.comments[commented:]
                self._read_each(*below)
                return
            self.findings.append(self._explained(piece, result))
        self.broken.append(broken(self.source, piece))

    def _refused(self, piece: Piece, statement: Statement) -> Diagnostic | None:
        if self._builder.depth >= language.NESTING:
            return _too_deep(statement)
        if isinstance(statement, Rule) and isinstance(statement.predicate, Minus | Arithmetic):
            from paramrules.syntax.hints import arithmetic

            return arithmetic(self.source, piece)
        return None

    def _explained(self, piece: Piece, failure: "Failure") -> Diagnostic:
        # imported with the first mistake: compiling its regexes takes a while
        from paramrules.syntax.hints import arithmetic, explain

        return arithmetic(self.source, piece) or explain(self.source, piece, failure)

    def conflicts(self) -> list[Diagnostic]:
        """Return the findings for a file in which git has left both sides of a merge."""
        from paramrules.syntax.hints.statement_starts import is_conflict

        text = self.source.text
        return [each for each in self.findings if each.span and is_conflict(text, each.span.start)]

    def foreign(self, first: Piece) -> Diagnostic | None:
        """Return the finding for a file that begins as one of another kind."""
        from paramrules.syntax.hints import foreign

        return foreign(self.source, first, self.broken[0].span.start)

    def _read_each(self, finding: Diagnostic, pieces: list[Piece]) -> None:
        self.findings.append(finding)
        for piece in pieces[: language.STATEMENTS]:
            self.read(piece)
        self.findings += filter(None, [_too_many(self.source, pieces)])


def _too_many(source: Source, pieces: list[Piece]) -> Diagnostic | None:
    """Return the finding for a source with too many statements or words."""
    if len(pieces) > language.STATEMENTS:
        return _too_much(
            f"there are more than {language.STATEMENTS} statements", source, pieces[language.STATEMENTS].start
        )
    if len(source.text) <= language.WORDS or _words_at_most(source.text) <= language.WORDS:
        return None
    words = (word for word in _WORD.finditer(source.text) if word[1])
    extra = next(islice(words, language.WORDS, None), None)
    if extra is None:
        return None
    message = f"there are more than {language.WORDS} words and punctuation marks"
    return _too_much(message, source, extra.start())


def _words_at_most(text: str) -> int:
    """Return an upper bound on words and punctuation marks, at a tenth of the cost of counting them."""
    data = text.encode("utf-8", "replace")
    return len(data.translate(_SIGNS_AS_SPACE).split()) + len(data.translate(None, _NOT_SIGNS))


def _too_much(message: str, source: Source, start: int) -> Diagnostic:
    return Diagnostic(
        "E111",
        message,
        Span(source, start, start + 1),
        "the first one too many",
        help="let one regex or capture do what many rules spell out",
    )


def _too_long(source: Source, piece: Piece) -> Diagnostic:
    return Diagnostic(
        "E111",
        f"the statement is longer than {language.LENGTH} characters",
        Span(source, piece.start, piece.start + 1),
        help="give parts of it names with `let`, or let a regex do what a list spells out",
    )


def _too_deep(statement: Node) -> Diagnostic | None:
    """Return the finding for a statement nested too deeply, found without recursion.

    No tree is so deep that one cannot walk it by recursion.
    """
    level: list[Node] = [statement]
    for _ in range(language.NESTING + 1):
        level = [child for node in level for child in children(node)]
    if not level:
        return None
    deepest = level[0].span
    return Diagnostic(
        "E110",
        f"the statement is nested more than {language.NESTING} deep",
        Span(deepest.source, deepest.start, deepest.start + 1),
        help="give parts of it names with `let`",
    )


def _unknown(edition: Edition) -> Diagnostic:
    written = edition.span.text.split()[-1]
    source, _, end = edition.span
    known = ", ".join(map(str, language.EDITIONS))
    later = written.isdecimal() and (len(written) > 9 or int(written) > max(language.EDITIONS))
    return Diagnostic(
        "E107",
        f"this version of paramrules does not know edition {written if len(written) < 20 else '...'}",
        Span(source, end - len(written), end),
        help=f"it knows edition {known}" + (": upgrade paramrules to read this file" if later else ""),
    )


def _misplaced(editions: Sequence[Edition], pieces: list[Piece]) -> list[Diagnostic]:
    """Return a finding for each `edition` that is not the first statement."""
    findings = []
    for edition in editions:
        if edition.span.start == pieces[0].start:
            continue
        first = editions[0] if edition is not editions[0] else None
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


def _between(source: Source, pieces: list[Piece]) -> list[Span]:
    """Return the comments that stand between the statements."""
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
