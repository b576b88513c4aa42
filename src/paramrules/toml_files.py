"""TOML files, and the places in them that a message points at."""

import re
import tomllib
from collections.abc import Sequence
from typing import Any, Final

from paramrules.diagnostics import Diagnostic, RulesError, Source, Span

_AT: Final = re.compile(r"\(at line (\d+), column \d+\)")
_HEADER: Final = re.compile(r"\s*\[(\[)?\s*([^\[\]#]+?)\s*\]")
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
    try:
        return load_toml(source.text)
    except tomllib.TOMLDecodeError as error:
        found = _AT.search(str(error))
        message, span = str(error), line_span(source, int(found[1]) if found else len(source.line_starts))
    except ValueError as error:
        message, span = str(error), None
    raise RulesError(Diagnostic(code, f"{what} cannot be read: {message}", span, help="mend the TOML"))


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


def key_span(source: Source, key: Key) -> Span:
    """Return where a key stands: the longest beginning of it that is written as a header or before a `=`.

    Of an inline table, the name inside it. Values that span several lines are not read, so that a text inside
    of one may be taken for a key.

    >>> source = Source("paramrules.toml", '[[targets]]\\nruls = "vit.rules"\\n')
    >>> key_span(source, ("targets", 0, "ruls")).text
    'ruls'
    """
    best, deepest = line_span(source, 1), 0
    table: tuple[str | int, ...] = ()
    elements: dict[tuple[str | int, ...], int] = {}
    for number in range(1, len(source.line_starts) + 1):
        line, start = source.line(number), source.line_starts[number - 1]
        if header := _HEADER.match(line):
            table = _parts(header[2])
            if header[1]:
                elements[table] = elements.get(table, -1) + 1
            table = _numbered(table, elements)
            at, named = header.span(2), table
        elif entry := _ENTRY.match(line):
            at, named = entry.span(1), (*table, *_parts(entry[1]))
        else:
            continue
        depth = len(named)
        if named != tuple(key[:depth]) or depth < deepest:
            continue
        best, deepest = Span(source, start + at[0], start + at[1]), depth
        rest = [part for part in key[depth:] if isinstance(part, str)]
        if rest and not header:  # in an inline table
            name = re.compile(rf"\b{re.escape(rest[-1])}\b").search(line, at[1])
            if name:
                best, deepest = Span(source, start + name.start(), start + name.end()), len(key)
    return best


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
