"""The one place that meets Lark: from the text of a statement to its node, or to where it stopped making sense."""

from functools import cache
from typing import Any, NamedTuple

from lark import Lark, Token
from lark.exceptions import UnexpectedInput, UnexpectedToken
from lark.lexer import ContextualLexer
from paramrules_grammar import text

from paramrules.syntax.build import Builder
from paramrules.syntax.nodes import Statement


class Failure(NamedTuple):
    """Where a statement stopped making sense.

    `start` and `end` enclose the character or token that did not fit (they are equal at the statement's end).
    `kind` is the token's terminal, "" for a character that begins no token, `$END` at the end. `expected` are the
    terminals that would have fitted.
    """

    start: int
    end: int
    kind: str
    expected: frozenset[str]


class _TrustingLexer(ContextualLexer):
    """Tests check the grammar's terminals; where interegular is installed Lark would do so again on each start."""

    def __init__(self, conf: Any, *rest: Any, **named: Any) -> None:
        conf.skip_validation = True
        super().__init__(conf, *rest, **named)


@cache
def builder() -> Builder:
    """The builder of this process. It holds the state of one reading: `reading.read` locks it."""
    return Builder()


@cache
def _parser() -> Lark:
    return Lark(
        text(),
        parser="lalr",
        start="statement",
        keep_all_tokens=True,
        maybe_placeholders=False,
        transformer=builder(),
        _plugins={"ContextualLexer": _TrustingLexer},
    )


def parse(text: str, start: int, end: int) -> Statement | Failure:
    """The statement that stands between two places of a text. Its source is the one that `builder` was begun with."""
    build = builder()
    build.base = start
    build.depth = 0
    piece = text[start:end]
    try:
        statement: Statement = _parser().parse(piece)  # type: ignore[assignment]
    except UnexpectedInput as error:
        return _failure(error, start)
    return statement


def _failure(error: UnexpectedInput, base: int) -> Failure:
    if isinstance(error, UnexpectedToken):
        token: Token = error.token
        at, after = base + (token.start_pos or 0), base + (token.end_pos or 0)
        if token.type == "$END":
            at = after
        return Failure(at, after, token.type, frozenset(error.expected))
    at = base + (error.pos_in_stream or 0)
    return Failure(at, at + 1, "", frozenset(getattr(error, "allowed", None) or ()))
