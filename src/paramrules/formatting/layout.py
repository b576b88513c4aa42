"""The layout of a file: statements that are aligned with each other, and what stands between statements."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from paramrules.formatting.alignment import join, laid_out
from paramrules.formatting.comments import settle
from paramrules.formatting.statement import Statement
from paramrules.formatting.tokens import Comment, Token, tokens_of
from paramrules.formatting.writer import Line
from paramrules.syntax import nodes
from paramrules.syntax.statements import cut

_DEFINITIONS: Final = (nodes.Let, nodes.Option)


@dataclass(slots=True)
class _Entry:
    """A statement, a comment between statements, or if it is neither, a blank line.

    Attributes:
        kind: the class of the statement's node, None for a comment or a blank line.
        statement: the statement.
        comment: the comment's line.
    """

    kind: type[nodes.Node] | None = None
    statement: Statement | None = None
    comment: Line | None = None

    @property
    def is_blank(self) -> bool:
        return self.statement is None and self.comment is None


def layout(text: str, file: nodes.File) -> str:
    """Return the text of a file, formatted. The file is what was read from the text, without errors."""
    entries = _spaced(list(_entries(text, file)))
    lines: list[Line] = []
    block: list[_Entry] = []  # statements that are aligned with each other, and comments between them
    kind: type[nodes.Node] | None = None
    for entry in entries:
        if entry.is_blank or (entry.kind and (entry.kind is not kind or kind is nodes.Expect)):
            lines += _lines(block)
            block, kind = [], None
        block.append(entry)
        kind = entry.kind or kind
    return join([*lines, *_lines(block)])


def _lines(block: list[_Entry]) -> Iterator[Line]:
    statements = iter(laid_out([entry.statement for entry in block if entry.statement]))
    for entry in block:
        if entry.statement:
            yield from next(statements)
        else:
            yield entry.comment or Line("")


def _entries(text: str, file: nodes.File) -> Iterator[_Entry]:
    """Yield what the file consists of, from top to bottom."""
    end = 0
    last: Comment | None = None
    for piece, statement in zip(cut(text), file.statements, strict=True):
        yield from _between(text[end : piece.start].split("\n")[end > 0 : -1], last)
        tokens = tokens_of(text, piece, statement)
        last, end = tokens[-1].behind, piece.end
        tokens = settle(tokens)
        yield _Entry(type(statement), Statement(tokens, _head(statement, tokens)))
    yield from _between(text[end:].split("\n")[end > 0 :], last)


def _between(lines: list[str], last: Comment | None) -> Iterator[_Entry]:
    """Yield the lines between statements; `last` is the comment behind the statement above."""
    for line in lines:
        comment = line.strip(" \t")
        if not comment:
            yield _Entry()
        elif last and last.column == len(line) - len(line.lstrip(" \t")):
            yield _Entry(comment=Line("", comment, True))
            continue
        else:
            yield _Entry(comment=Line(comment))
        last = None


def _head(statement: nodes.Statement, tokens: list[Token]) -> int:
    """Return how many tokens stand in front of what is aligned."""
    if isinstance(statement, nodes.Rule | nodes.Expect):
        return next(number for number, token in enumerate(tokens, 1) if token.is_sign(":"))
    return 2 if isinstance(statement, _DEFINITIONS) else len(tokens)


def _spaced(entries: list[_Entry]) -> list[_Entry]:
    """Return entries with one blank line in place of several, one above each axis, and none below it."""
    starts = set()  # of the axes, with the comments right above them
    for number, entry in enumerate(entries):
        if entry.kind is nodes.Axis:
            while number and (comment := entries[number - 1].comment) and not comment.continues:
                number -= 1
            starts.add(number)
    spaced: list[_Entry] = []
    was_blank = False
    for number, entry in enumerate(entries):
        if entry.is_blank:
            was_blank = not (spaced and spaced[-1].kind is nodes.Axis)
            continue
        if spaced and (was_blank or number in starts):
            spaced.append(_Entry())
        spaced.append(entry)
        was_blank = False
    return spaced
