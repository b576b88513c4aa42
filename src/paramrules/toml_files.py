"""TOML files, and the places in them that a message points at."""

import re
import tomllib
from collections.abc import Sequence
from typing import Any, Final

from paramrules.diagnostics import Diagnostic, RulesError, Source, Span

_AT: Final = re.compile(r"\(at line (\d+), column (\d+)\)")
_HEADER: Final = re.compile(r"\s*\[(\[)?([^\[\]#]+)\]")
_CONFLICT: Final = re.compile(r"^(?:<{7}|>{7})(?: .*)?$", re.MULTILINE)
_WORD: Final = re.compile(r"[A-Za-z_./][\w./:-]*")
_ENTRY: Final = re.compile(
    r"""\s*((?:[\w-]+|"[^"\n]*"|'[^'\n]*')(?:\s*\.\s*(?:[\w-]+|"[^"\n]*"|'[^'\n]*'))*)\s*="""
)
_PART: Final = re.compile(r"""[\w-]+|"([^"\n]*)"|'([^'\n]*)'""")

_QUOTED_OR_BARE: Final = r"""(?:(?<![\w-])[\w-]++|"[^"\n]*+"|'[^'\n]*+')"""
_DEEP_KEY: Final = re.compile(rf"{_QUOTED_OR_BARE}(?:[ \t]*+\.[ \t]*+{_QUOTED_OR_BARE}){{20}}")
"""A key of more than 20 parts."""

Key = Sequence[str | int]
"""The way to a value: names of tables and keys, and numbers of elements of arrays from 0."""


def parse_toml(source: Source, code: str, what: str) -> dict[str, Any]:
    """Return what a TOML text holds.

    Args:
        source: the text.
        code: the code of the error.
        what: the file as the message names it, such as "the vocabulary `norms.toml`".

    Raises:
        RulesError: the text is not TOML; points at the line.
    """
    help = "mend the TOML"
    try:
        return load_toml(source.text)
    except tomllib.TOMLDecodeError as error:
        message, span = str(error), line_span(source, len(source.line_starts))
        if conflict := _CONFLICT.search(source.text):
            message, span = "a merge conflict is not resolved", Span(source, *conflict.span())
            help = "keep one of its two sides"
        elif found := _AT.search(message):
            span = line_span(source, int(found[1]))
            help = _mend(span.text, message, int(found[2]) - 1) or help
    except ValueError as error:
        message, span = str(error), None
    raise RulesError(Diagnostic(code, f"{what} cannot be read: {message}", span, help=help))


def _mend(line: str, message: str, at: int) -> str:
    """Return what to write in place of a common mistake in a line; "" for others."""
    header = _HEADER.match(line)
    if header and "twice" in message and header[2].rpartition(".")[2] == "targets":
        return f"write `[[{header[2]}]]`, which begins one more each time"
    word = _WORD.match(line, at)
    if word and message.startswith("Invalid value"):
        return f"write `{word[0].lower()}`" if word[0] in ("True", "False") else f'quote it: `"{word[0]}"`'
    return ""


def load_toml(text: str) -> dict[str, Any]:
    """Return what a TOML text holds.

    Raises:
        ValueError: the text is not TOML, nests too deeply or holds a huge number; the message is the reason.
    """
    # Time to read a dotted key grows with the square of its parts.
    if _DEEP_KEY.search(text):
        raise ValueError("it is nested too deeply")
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        raise
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    except ValueError:
        raise ValueError("it holds a number that is too large") from None


def line_span(source: Source, number: int) -> Span:
    """Return a whole line, counted from 1."""
    start = source.line_starts[number - 1]
    return Span(source, start, start + len(source.line(number)))


class Keys:
    """The places of keys in a TOML text, read once.

    Values that span several lines are not read, so that a text inside of one may be taken for a key.

    >>> source = Source("paramrules.toml", '[[targets]]\\nruls = "vit.rules"\\n')
    >>> Keys(source).span(("targets", 0, "ruls")).text
    'ruls'
    """

    def __init__(self, source: Source) -> None:
        self._source = source
        self._headers: dict[tuple[str | int, ...], Span] = {}
        self._entries: dict[tuple[str | int, ...], tuple[Span, int]] = {}
        table: tuple[str | int, ...] = ()
        elements: dict[tuple[str | int, ...], int] = {}
        for number, start in enumerate(source.line_starts, 1):
            line = source.line(number)
            if header := _HEADER.match(line):
                name = header[2].strip()
                at = start + header.start(2) + header[2].index(name)
                table = _parts(name)
                if header[1]:
                    elements[table] = elements.get(table, -1) + 1
                table = _numbered(table, elements)
                self._headers[table] = Span(source, at, at + len(name))
            elif entry := _ENTRY.match(line):
                span = Span(source, start + entry.start(1), start + entry.end(1))
                self._entries[*table, *_parts(entry[1])] = span, number

    def span(self, key: Key) -> Span:
        """Return where a key stands: the longest beginning of it that is written as a header or before a `=`.

        Of an inline table, the name inside it.
        """
        for depth in range(len(key), 0, -1):
            path = tuple(key[:depth])
            if path in self._entries:
                span, number = self._entries[path]
                return self._inside(span, number, [part for part in key[depth:] if isinstance(part, str)])
            if path in self._headers:
                return self._headers[path]
        return line_span(self._source, 1)

    def _inside(self, span: Span, number: int, rest: Sequence[str]) -> Span:
        """Return the place of a name in the inline table behind an entry, else that of the entry."""
        line = line_span(self._source, number)
        name = rest and re.compile(rf"\b{re.escape(rest[-1])}\b").search(line.source.text, span.end, line.end)
        return Span(self._source, *name.span()) if name else span


def _parts(dotted: str) -> tuple[str | int, ...]:
    return tuple(part[1] or part[2] or part[0] for part in _PART.finditer(dotted))


def _numbered(
    table: tuple[str | int, ...], elements: dict[tuple[str | int, ...], int]
) -> tuple[str | int, ...]:
    """Return the way to a table with the numbers of the elements that it is in."""
    numbered: list[str | int] = []
    for depth, part in enumerate(table, 1):
        numbered.append(part)
        if table[:depth] in elements:
            numbered.append(elements[table[:depth]])
    return tuple(numbered)
