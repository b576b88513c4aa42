"""The parser's tables: generated ahead, made of the grammar, and run as Lark runs them."""

import json
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import lark
import paramrules_grammar
import pytest
from lark.exceptions import UnexpectedCharacters, UnexpectedToken

import paramrules
from paramrules.syntax import parser, tables
from paramrules.syntax.statements import cut

MISTAKES = Path(__file__).with_name("mistakes.txt").read_text("utf-8")
LIBRARY = Path(paramrules.__file__).parent / "rules" / "library"


def test_the_tables_are_those_of_the_grammar() -> None:
    made = json.dumps(tables.make_tables(paramrules_grammar.text()))
    assert json.loads(made) == json.loads(paramrules_grammar.tables()), "run `python grammar/make_tables.py`"


def test_tables_of_another_grammar_are_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    saved, changed = parser.tables(), paramrules_grammar.text().replace('"?"', '"!"')
    monkeypatch.setattr(paramrules_grammar, "text", lambda: changed)
    made = parser.tables()
    assert made["grammar"] == parser.checksum(changed) != saved["grammar"]
    assert (saved["terminals"]["OPTIONAL"], made["terminals"]["OPTIONAL"]) == (r"\?", "!")


class Trees:
    """A builder that keeps every production with its items, and every comment."""

    def __init__(self) -> None:
        self.comments: list[tuple[str, int, int]] = []

    def comment(self, token: Any) -> Any:
        self.comments.append(_plain(token))
        return token

    def __getattr__(self, name: str) -> Callable[[list[Any]], Any]:
        if not name.islower() or name.startswith("_"):  # Lark looks for callbacks of terminals, too
            raise AttributeError(name)
        return lambda items: (name, *map(_plain, items))


def _plain(item: Any) -> Any:
    return (item.type, str(item), item.start_pos, item.end_pos) if isinstance(item, str) else item


def lark_parser(trees: Trees) -> Callable[[str], Any]:
    """Return Lark's parser of a statement, with its exceptions as our failures."""
    made = lark.Lark(
        paramrules_grammar.text(),
        **tables.OPTIONS,
        transformer=trees,
        lexer_callbacks={"COMMENT": trees.comment},
    )

    def parse(text: str) -> Any:
        try:
            return made.parse(text)
        except UnexpectedToken as error:
            ended = error.token.type == "$END"
            at = error.token.end_pos if ended else error.token.start_pos
            return parser.Failure(at or 0, ended, frozenset(error.expected), tuple(error.state.value_stack))
        except UnexpectedCharacters as error:
            found = frozenset(error.allowed)
            return parser.Failure(error.pos_in_stream or 0, False, found, tuple(error.state.value_stack))

    return parse


def statements() -> Iterator[str]:
    """The shipped rules and their beginnings, and every mistake that there is a hint for."""
    texts = [path.read_text("utf-8") for path in sorted(LIBRARY.rglob("*.rules"))]
    texts += ["".join(line[2:] for line in MISTAKES.splitlines(keepends=True) if line.startswith("> "))]
    for text in texts:
        for piece in cut(text):
            yield text[piece.start : piece.end]


def test_statements_are_parsed_as_lark_parses_them() -> None:
    theirs, ours = Trees(), Trees()
    parse, run = lark_parser(theirs), parser.Parser(parser.tables(), ours).parse
    for statement in statements():
        for text in (statement, statement[: len(statement) // 2], statement[len(statement) // 3 :]):
            assert _comparable(run(text)) == _comparable(parse(text)), text
    assert ours.comments == theirs.comments != []


def _comparable(parsed: Any) -> Any:
    return (
        parsed._replace(stack=tuple(map(_plain, parsed.stack)))
        if isinstance(parsed, parser.Failure)
        else parsed
    )


def test_terminals_are_looked_for_where_they_may_begin() -> None:
    """Each character is the only one that Python's own reading of the regex allows at the beginning."""
    terminals = parser.tables()["terminals"]
    begins = {kind: parser.beginning(terminal) for kind, terminal in terminals.items()}
    for kind, first in begins.items():
        assert not first or starts(terminals[kind]) == ("LITERAL", ord(first)), kind
    assert (begins["AND"], begins["ARROW"], begins["__ANON_1"], begins["COMMENT"]) == ("a", "-", "*", "#")
    assert {kind for kind, first in begins.items() if not first} == {
        *("ALTERNATIVE", "BARE_GLOB", "BARE_REGEX", "COMPARE", "MATCH", "MEMBER", "NAME", "NUMBER", "PIECE"),
        *("STRING", "__IGNORE_0"),
    }


def starts(regex: str) -> tuple[str, object]:
    """Return the kind and the value of a regex's first item, as Python itself reads it."""
    kind, value = import_module("re._parser").parse(regex)[0]
    return str(kind), value
