"""The tokens of a statement, with the white space between them on one line and the comments beside them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from paramrules.diagnostics.message_text import width
from paramrules.syntax.language import RESERVED
from paramrules.syntax.nodes import Alternative, Include, Node, Pattern, Statement, children
from paramrules.syntax.statements import Piece

_STRING: Final = r'"(?:\\.|[^"\\\n])*"'
_DOUBLE: Final = re.compile(_STRING)
_TOKEN: Final = re.compile(
    rf"""
    (?P<space> [ \t\n]+ )
    | (?P<comment> \#[^\n]* )
    | (?P<string> {_STRING} | '(?:\\.|[^'\\\n])*' )
    | (?P<number> (?:[0-9](?:_?[0-9])*(?:\.(?:[0-9](?:_?[0-9])*)?)?|\.[0-9](?:_?[0-9])*)
                  (?:[eE][+-]?[0-9](?:_?[0-9])*)? )
    | (?P<word> [A-Za-z_][A-Za-z0-9_]* )
    | (?P<sign> -> | !~ | [=!<>]= | \*\* | // | . )
    """,
    re.VERBOSE,
)
_PIECE: Final = re.compile(r"[A-Za-z0-9_]+")
_VALUES: Final = frozenset({"true", "false", "none"})


class Comment(NamedTuple):
    """A comment from `#` on, without white space at its end.

    Attributes:
        text: the comment.
        column: where it begins in its line, from 0.
        continues: True if it is a line of its own right below a comment behind code, in the same column.
    """

    text: str
    column: int
    continues: bool = False


@dataclass(slots=True)
class Token:
    """A token of a statement.

    Attributes:
        text: the token, strings with the quotes that they are to have.
        kind: `word`, `number`, `string`, `sign`, or `atom` for what only the grammar can tell apart: a bare
            pattern, the name of a class, a path, a piece of a label.
        gap: the white space in front of it on one line.
        before: the comments on lines of their own above it.
        behind: the comment at the end of its line.
    """

    text: str
    kind: str
    gap: str = ""
    before: list[Comment] = field(default_factory=list)
    behind: Comment | None = None

    @property
    def size(self) -> int:
        """The columns that it takes on one line, with its gap."""
        return len(self.gap) + width(self.text)

    def is_word(self, *words: str) -> bool:
        """Return whether it is one of these keywords."""
        return self.kind == "word" and self.text in words

    def is_sign(self, *signs: str) -> bool:
        """Return whether it is one of these signs."""
        return self.kind == "sign" and self.text in signs


def tokens_of(text: str, piece: Piece, statement: Statement) -> list[Token]:
    """Return the tokens of a statement that stands in a piece of a text."""
    tokens: list[Token] = []
    above: list[Comment] = []
    last: Comment | None = None
    is_behind = True
    for kind, part, start in _parts(text, piece, statement):
        if kind == "space":
            if "\n" in part:
                is_behind = False
                last = last if part.count("\n") == 1 else None
        elif kind == "comment":
            last = comment = comment_at(text, start, start + len(part), None if is_behind else last)
            if is_behind:
                tokens[-1].behind = comment
            else:
                above.append(comment)
                last = comment if comment.continues else None
        else:
            tokens.append(Token(_canonical(part) if kind == "string" else part, kind, before=above))
            above, last, is_behind = [], None, True
    _space(tokens)
    return tokens


def comment_at(text: str, start: int, end: int, above: Comment | None) -> Comment:
    """Return the comment in `text[start:end]`; `above` is one on the line above that it may continue."""
    column = start - text.rfind("\n", 0, start) - 1
    return Comment(text[start:end].rstrip(" \t"), column, above is not None and above.column == column)


def _parts(text: str, piece: Piece, statement: Statement) -> Iterator[tuple[str, str, int]]:
    """Yield the kind, the text and the start of each token, comment and run of white space."""
    atoms = iter(_atoms(statement))
    start, end = next(atoms, (-1, -1))
    at = piece.start
    while at < piece.end:
        if at == start:
            kind, part = "string" if text[at] in "\"'" else "atom", text[start:end]
            start, end = next(atoms, (-1, -1))
        elif text[at - 1 : at] == "}" and (found := _PIECE.match(text, at, piece.end)):
            kind, part = "atom", found[0]
        else:
            found = _TOKEN.match(text, at, piece.end)
            assert found
            assert found.lastgroup
            kind, part = found.lastgroup, found[0]
        yield kind, part, at
        at += len(part)


def _atoms(statement: Statement) -> list[tuple[int, int]]:
    """Return where those tokens stand that look like others: `or` in `name ~ or` and in `type(or)`."""
    if isinstance(statement, Include):
        _, _, end = statement.span
        return [(end - len(statement.path) - 2, end)]
    found = []
    nodes: list[Node] = [statement]
    while nodes:
        node = nodes.pop()
        if isinstance(node, Pattern | Alternative):
            found.append((node.span.start, node.span.end))
        else:
            nodes += children(node)
    return sorted(found)


def _canonical(string: str) -> str:
    """Return a string in double quotes if it is the same string in them: nothing is escaped in any."""
    double = f'"{string[1:-1]}"'
    return double if _DOUBLE.fullmatch(double) else string


def _space(tokens: list[Token]) -> None:
    """Set the gaps."""
    braces = 0
    left: Token | None = None
    is_joined = True  # nothing may come between the token and the one to its right
    for token in tokens:
        is_operand = left is not None and _ends_operand(left)
        is_binary = is_operand and token.is_sign("+", "-", "*", "/", "//", "%", "**")
        is_arithmetic = is_binary and braces > 0
        if not (is_joined or is_arithmetic or _joins_left(token, left, is_operand)):
            token.gap = " "
        braces += token.is_sign("{") - token.is_sign("}")
        is_joined = (
            is_arithmetic or token.is_sign("(", "[", "{", "}", "|") or (token.is_sign("-") and not is_operand)
        )
        left = token


def _ends_operand(token: Token) -> bool:
    if token.kind == "word":
        return token.text not in RESERVED or token.text in _VALUES
    return token.kind != "sign" or token.text in (")", "]", "}")


def _joins_left(token: Token, left: Token | None, is_operand: bool) -> bool:
    if token.is_sign(","):  # a bare regex would swallow it
        return left is None or left.kind != "atom"
    if token.is_sign("(", "["):
        return is_operand
    return token.is_sign(")", "]", "{", "}", "|", "?", ":")
