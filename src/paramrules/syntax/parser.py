"""Parse one statement to its node, or to where it stops making sense.

This runs the LALR tables that Lark makes of the grammar (`tables.py`), with a lexer that looks for no other
terminals than may come next. Tables of another grammar are never used.
"""

import json
import re
from collections.abc import Callable
from functools import cache
from typing import Any, Final, NamedTuple
from zlib import crc32

import paramrules_grammar

from paramrules.syntax.build import Builder
from paramrules.syntax.nodes import Statement
from paramrules.syntax.tokens import Token

_TRIES: Final = 100
"""Findings in one file after which no mended statement is tried: nobody reads so many helps."""
_END: Final = "$END"
_NOTHING: Final = frozenset({"<END-OF-FILE>"})
_PLAIN_START: Final = re.compile(r"(?:\w|[#%,/:<=]|\\[^\w\s])(?![*?+{|])")
"""A character at the beginning of a regex that stands for itself, once."""
_Match = Callable[[str, int], re.Match[str] | None]


class Failure(NamedTuple):
    """Where a statement stopped making sense.

    Attributes:
        at: where the text that does not fit begins, or the end of the last token if more was needed.
        ended: True if the text ended too early.
        expected: the terminals that would have fitted, `<END-OF-FILE>` if there are none.
        stack: what the parser had understood so far: nodes, and tokens that await the rest of their node.
    """

    at: int
    ended: bool
    expected: frozenset[str]
    stack: tuple[Any, ...]


@cache
def builder() -> Builder:
    """Return the process's builder. It holds the state of one reading, so `reader.read` takes a lock."""
    return Builder()


def parse(text: str, start: int, end: int) -> Statement | Failure:
    """Parse `text[start:end]`, one statement of the source that `builder` was started on."""
    build = builder()
    build.base = start
    build.depth = 0
    build.refused = False
    parsed: Statement | Failure = _parser().parse(text[start:end])
    return parsed._replace(at=start + parsed.at) if isinstance(parsed, Failure) else parsed


def parses(text: str) -> bool:
    """Return whether a text is one statement. After many findings, return False without trying."""
    build = builder()
    if len(build.errors) > _TRIES:
        return False
    errors, comments = len(build.errors), len(build.comments)
    accepted = not isinstance(parse(text, 0, len(text)), Failure) and len(build.errors) == errors
    del build.errors[errors:], build.comments[comments:]
    return accepted


@cache
def _parser() -> "Parser":
    return Parser(tables(), builder())


def tables() -> dict[str, Any]:
    """Return the tables of the grammar; they are made anew if those on the disk are of another one."""
    grammar = paramrules_grammar.text()
    saved: dict[str, Any] = json.loads(paramrules_grammar.tables())
    if saved["grammar"] == checksum(grammar):
        return saved
    from paramrules.syntax.tables import make_tables

    return make_tables(grammar)


def checksum(grammar: str) -> str:
    """Return what tells the tables of one grammar from those of another."""
    return f"{crc32(grammar.encode()):08x}"


class Parser:
    """Runs tables, and calls a method of the builder for each production that is complete."""

    def __init__(self, tables: dict[str, Any], builder: Any) -> None:
        self._comment = builder.comment
        self._terminals: dict[str, str] = tables["terminals"]
        self._expected: list[list[str]] = tables["scanners"]
        self._scanners: list[dict[str, list[tuple[str, _Match]]]] = [{} for _ in self._expected]
        self._skip = re.compile(f"(?:{tables['space']})?").match
        self._rules = [
            (nonterminal, -size, getattr(builder, method) if method else None)
            for nonterminal, size, method in tables["rules"]
        ]
        actions = tables["actions"]
        self._states = [(scanner, actions[number], behind) for scanner, number, behind in tables["states"]]
        self._end = tables["end"]

    def parse(self, text: str) -> Any:
        """Return what the builder makes of a statement, or the failure."""
        states, rules = self._states, self._rules
        stack, values = [0], list[Any]()
        at = 0
        while True:
            scanner, actions, _ = states[stack[-1]]
            token = self._token(text, at, scanner)
            kind = token.type
            while (action := actions.get(kind)) is not None and action < 0:
                nonterminal, size, build = rules[~action]
                if build:
                    values[size:] = (build(values[size:]),)
                del stack[size:]
                state = states[stack[-1]][2][nonterminal]
                if kind == _END and state == self._end:
                    return values[0]
                stack.append(state)
                actions = states[state][1]
            if action is None:
                expected = frozenset(actions) if kind else frozenset(actions) - {_END} or _NOTHING
                return Failure(token.start_pos, kind == _END, expected, tuple(values))
            stack.append(action)
            values.append(token)
            at = token.end_pos

    def _token(self, text: str, at: int, scanner: int) -> Token:
        """Return the next token: without a type where no terminal fits, and the end right behind the last."""
        end = at
        while True:
            start = self._skip(text, end).end()  # type: ignore[union-attr]  # nothing is enough for it
            terminals = self._scanners[scanner] or self._scanner(scanner)
            for kind, match in terminals.get(text[start : start + 1]) or terminals[""]:
                if found := match(text, start):
                    end = found.end()
                    token = Token(found[0], kind, start, end)
                    if kind != "COMMENT":
                        return token
                    self._comment(token)
                    break
            else:
                return Token(text[start], "", start, start) if start < len(text) else Token("", _END, at, at)

    def _scanner(self, number: int) -> dict[str, list[tuple[str, _Match]]]:
        """Return the terminals that may come next, compiled when they are first looked for.

        They stand under each character that one of them begins with, together with those of which it is not
        known how they begin; these stand under "", too, for all other characters.
        """
        terminals = [(beginning(self._terminals[kind]), kind) for kind in self._expected[number]]
        matches = {kind: re.compile(self._terminals[kind]).match for _, kind in terminals}
        self._scanners[number] = {
            at: [(kind, matches[kind]) for first, kind in terminals if first in (at, "")]
            for at in ("", *(first for first, _ in terminals))
        }
        return self._scanners[number]


def beginning(terminal: str) -> str:
    """Return the character that all matches of a terminal begin with; "" if they differ, or who knows."""
    found = _PLAIN_START.match(terminal)
    return found[0].removeprefix("\\") if found else ""
