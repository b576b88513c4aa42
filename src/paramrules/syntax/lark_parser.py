"""The only module that drives Lark: parse one statement to its node, or to where it stops making sense.

The parser comes from tables generated ahead: they load in 10 ms, generating them takes 50.
`python grammar/make_tables.py` regenerates them after a change of the grammar; a test says when that is due.
Tables of another grammar or another version of Lark are never used.
"""

import json
from functools import cache
from typing import Any, NamedTuple
from zlib import crc32

import lark
import paramrules_grammar
from lark.exceptions import UnexpectedCharacters, UnexpectedInput, UnexpectedToken
from lark.grammar import Rule
from lark.lexer import ContextualLexer, TerminalDef

from paramrules.syntax.build import Builder
from paramrules.syntax.nodes import Statement

_OPTIONS: dict[str, Any] = {
    "parser": "lalr",
    "start": "statement",
    "keep_all_tokens": True,
    "maybe_placeholders": False,
}


_TRIES = 100
"""Findings in one file after which no mended statement is tried: nobody reads so many helps."""


class Failure(NamedTuple):
    """Where a statement stopped making sense.

    Attributes:
        at: where the text that does not fit begins, or the end of the last token if more was needed.
        ended: True if the text ended too early.
        expected: the terminals that would have fitted.
        stack: what the parser had understood so far: nodes, and tokens that await the rest of their node.
    """

    at: int
    ended: bool
    expected: frozenset[str]
    stack: tuple[Any, ...]


class _TrustingLexer(ContextualLexer):
    """A lexer that skips the comparison of all terminals, which a test does instead of each start."""

    def __init__(self, conf: Any, *rest: Any, **named: Any) -> None:
        conf.skip_validation = True
        super().__init__(conf, *rest, **named)


@cache
def builder() -> Builder:
    """Return the process's builder. It holds the state of one reading, so `reader.read` takes a lock."""
    return Builder()


@cache
def _parser() -> lark.Lark:
    return parser(
        transformer=builder(),
        lexer_callbacks={"COMMENT": builder().comment},
        _plugins={"ContextualLexer": _TrustingLexer},
    )


def parse(text: str, start: int, end: int) -> Statement | Failure:
    """Parse `text[start:end]`, one statement of the source that `builder` was started on."""
    build = builder()
    build.base = start
    build.depth = 0
    build.refused = False
    piece = text[start:end]
    try:
        statement: Statement = _parser().parse(piece)  # type: ignore[assignment]  # Lark is typed for trees
    except UnexpectedInput as error:
        return _failure(error, start)
    return statement


def parses(text: str) -> bool:
    """Return whether a text is one statement. After many findings, return False without trying."""
    build = builder()
    if len(build.errors) > _TRIES:
        return False
    errors, comments = len(build.errors), len(build.comments)
    accepted = not isinstance(parse(text, 0, len(text)), Failure) and len(build.errors) == errors
    del build.errors[errors:], build.comments[comments:]
    return accepted


def _failure(error: UnexpectedInput, base: int) -> Failure:
    assert isinstance(error, UnexpectedToken | UnexpectedCharacters)
    stack = tuple(error.state.value_stack)
    if isinstance(error, UnexpectedToken):
        ended = error.token.type == "$END"
        at = error.token.end_pos if ended else error.token.start_pos
        return Failure(base + (at or 0), ended, frozenset(error.expected), stack)
    return Failure(base + (error.pos_in_stream or 0), False, frozenset(error.allowed), stack)


def parser(**callbacks: Any) -> lark.Lark:
    """Return Lark's parser of one statement. `callbacks` are the options of Lark that hold code."""
    grammar = paramrules_grammar.text()
    saved = json.loads(paramrules_grammar.tables())
    if saved["made_by"] == _maker(grammar):
        return _loaded(saved["data"], saved["memo"], callbacks)
    return lark.Lark(grammar, **_OPTIONS, **callbacks)


def make_tables() -> str:
    """Return the text of `tables.json` for the present grammar."""
    grammar = paramrules_grammar.text()
    parser = lark.Lark(grammar, **_OPTIONS)
    data, memo = parser.memo_serialize([TerminalDef, Rule])
    tables = {"made_by": _maker(grammar), "data": data, "memo": memo}
    return json.dumps(tables, separators=(",", ":")) + "\n"


def _maker(grammar: str) -> str:
    return f"lark {lark.__version__}, grammar {crc32(f'{_OPTIONS}{grammar}'.encode()):08x}"


def _loaded(data: Any, memo: dict[str, Any], callbacks: dict[str, Any]) -> lark.Lark:
    """Load a parser as `lark.tools.standalone` does. JSON has turned numeric keys into strings."""
    tables = data["parser"]["parser"]
    tables["states"] = {int(state): actions for state, actions in tables["states"].items()}
    numbered = {int(number): value for number, value in memo.items()}
    return lark.Lark._load_from_dict(data, numbered, **callbacks)  # type: ignore[no-untyped-call,no-any-return]
