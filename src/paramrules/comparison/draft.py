"""A mapping file for what has been found, as a draft for people to complete."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Final

from paramrules.comparison.mapping import read_line
from paramrules.comparison.pattern import WORDS
from paramrules.diagnostics import Diagnostic, Source, Span

if TYPE_CHECKING:
    from paramrules.comparison.result import Pair, Parity, Unpaired

_DIGITS: Final = re.compile(r"([0-9]+)")
_HEAD: Final = """\
# Which parameters of two models are the same: names of the first = names of the second.
# {i} is any whole number, {i+1} the next; with commas between them, several names are one.
"""

Texts = tuple[str, ...]


def draft(parity: "Parity") -> str:
    """The pairs, those that differ by numbers alone on one line, and as comments what has no partner."""
    lines = [_HEAD]
    by_way: dict[str, list[Pair]] = defaultdict(list)
    for pair in parity.pairs:
        by_way[pair.how].append(pair)
    names = [assignment.inventory.names for assignment in parity.assignments]
    for how, pairs in by_way.items():
        lines += ["", f"# found by {how}"]
        lines += _compressed(pairs, names)
    for which, unpaired in zip(("first", "second"), parity.unpaired, strict=True):
        if unpaired:
            lines += ["", f"# only in the {which} model"]
            lines += _commented(unpaired, which == "first")
    return "\n".join(lines).replace("\n\n\n", "\n\n") + "\n"


def _compressed(pairs: Iterable["Pair"], names: Sequence[Sequence[str]]) -> Iterator[str]:
    """Each pair on a line, or one line for all that differ by numbers alone."""
    groups: dict[Texts, list[Pair]] = defaultdict(list)
    for pair in pairs:
        groups[_texts(_line(pair))].append(pair)
    for group in groups.values():
        yield from _lines(group, names)


def _lines(pairs: list["Pair"], names: Sequence[Sequence[str]]) -> Iterator[str]:
    """One line, if it says neither more nor less than the pairs; else the pairs apart by a number."""
    line = _written([_line(pair) for pair in pairs])
    if len(pairs) == 1 or _says(line, pairs, names):
        yield line
        return
    numbers = [_DIGITS.split(_line(pair))[1::2] for pair in pairs]
    at = next(at for at, column in enumerate(zip(*numbers, strict=True)) if len(set(column)) > 1)
    parts: dict[str, list[Pair]] = defaultdict(list)
    for pair, each in zip(pairs, numbers, strict=True):
        parts[each[at]].append(pair)
    for part in parts.values():
        yield from _lines(part, names)


def _line(pair: "Pair") -> str:
    return f"{', '.join(pair.a)} = {', '.join(pair.b)}"


def _texts(line: str) -> Texts:
    return tuple(_DIGITS.split(line)[::2])


def _written(lines: Sequence[str]) -> str:
    """Lines that differ by numbers alone as one, with words for the numbers that vary."""
    rows = [_DIGITS.split(line) for line in lines]
    columns = zip(*(row[1::2] for row in rows), strict=True)
    words: list[tuple[str, Sequence[str]]] = []
    line = rows[0][0]
    for column, text in zip(columns, rows[0][2::2], strict=True):
        line += _hole(column, words) + text
    return line


def _hole(column: Sequence[str], words: list[tuple[str, Sequence[str]]]) -> str:
    """The number that stands there on all lines, or the word for it."""
    if len(set(column)) == 1:
        return column[0]
    for word, known in words:
        apart = {int(a) - int(b) for a, b in zip(column, known, strict=True)}
        if len(apart) == 1:
            more = apart.pop()
            return f"{{{word}{more:+d}}}" if more else f"{{{word}}}"
    words.append((f"{WORDS[len(words) % len(WORDS)]}", column))
    return f"{{{words[-1][0]}}}"


def _says(text: str, pairs: list["Pair"], names: Sequence[Sequence[str]]) -> bool:
    """Whether a line, read again, says what the pairs say."""
    line = read_line(Span(Source("", text), 0, len(text)))
    if isinstance(line, Diagnostic):
        return False
    meant = {(pair.a, pair.b) for pair in pairs}
    found = line.sides[0][0].found_in(names[0])
    return {tuple(tuple(p.filled(n) for p in side) for side in line.sides) for n in found} == meant


def _commented(unpaired: Iterable["Unpaired"], left: bool) -> Iterator[str]:
    """A line for all that differ by numbers alone, with what they could be."""
    groups: dict[Texts, list[str]] = defaultdict(list)
    for each in unpaired:
        other = (", " if each.together else " or ").join(each.candidates) or "?"
        line = f"# {each.name} = {other}" if left else f"# {other} = {each.name}"
        groups[_texts(line)].append(line)
    yield from map(_written, groups.values())
