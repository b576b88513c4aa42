"""The one place that meets Lark: from a statement's text to its node, or to where it stopped making sense."""

from functools import cache
from typing import Any, NamedTuple

from lark import Lark
from lark.exceptions import UnexpectedCharacters, UnexpectedInput, UnexpectedToken
from lark.lexer import ContextualLexer

from paramrules.syntax.build import Builder
from paramrules.syntax.nodes import Statement
from paramrules.syntax.tables import parser


class Failure(NamedTuple):
    """Where a statement stopped making sense.

    `at` is where what does not fit begins, or the end of the last token where more was needed (`ended`).
    `expected` are the terminals that would have fitted. `stack` is what the parser had understood so far:
    nodes, and tokens that await what belongs to them.
    """

    at: int
    ended: bool
    expected: frozenset[str]
    stack: tuple[Any, ...]


class _TrustingLexer(ContextualLexer):
    """Tests check the grammar's terminals; with interegular installed Lark would do so at each start."""

    def __init__(self, conf: Any, *rest: Any, **named: Any) -> None:
        conf.skip_validation = True
        super().__init__(conf, *rest, **named)


@cache
def builder() -> Builder:
    """The builder of this process. It holds the state of one reading: `reading.read` locks it."""
    return Builder()


@cache
def _parser() -> Lark:
    return parser(
        transformer=builder(),
        lexer_callbacks={"COMMENT": builder().comment},
        _plugins={"ContextualLexer": _TrustingLexer},
    )


def parse(text: str, start: int, end: int) -> Statement | Failure:
    """The statement between two places of a text: that of the source that `builder` was begun with."""
    build = builder()
    build.base = start
    build.depth = 0
    build.refused = False
    piece = text[start:end]
    try:
        statement: Statement = _parser().parse(piece)  # type: ignore[assignment]  # Lark knows of trees alone
    except UnexpectedInput as error:
        return _failure(error, start)
    return statement


def _failure(error: UnexpectedInput, base: int) -> Failure:
    assert isinstance(error, UnexpectedToken | UnexpectedCharacters)
    stack = tuple(error.state.value_stack)
    if isinstance(error, UnexpectedToken):
        ended = error.token.type == "$END"
        at = error.token.end_pos if ended else error.token.start_pos
        return Failure(base + (at or 0), ended, frozenset(error.expected), stack)
    return Failure(base + (error.pos_in_stream or 0), False, frozenset(error.allowed), stack)
