"""A draft of a mapping file, for people to complete."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from paramrules.comparison.differences import Pair, Unpaired
from paramrules.comparison.mapping_file import WORDS, read_line
from paramrules.diagnostics import Diagnostic, Source, Span

_DIGITS: Final = re.compile(r"([0-9]+)")
_HEAD: Final = """\
# Which parameters of two models are the same: names of the first = names of the second.
# {i} is any whole number, {i+1} the next; names with commas are one parameter; a.* is all below a; - is none.
"""

_MANY: Final = 4
"""The number of unpaired parameters from which a module is worth a line of its own."""

Skeleton = tuple[str, ...]
"""The texts between the numbers of a line."""


def draft(
    pairs: Iterable[Pair],
    unpaired: Sequence[Sequence[Unpaired]],
    names: Sequence[Sequence[str]],
    alone: tuple[Sequence[str], Sequence[str]] = ((), ()),
) -> str:
    """Return the text of a mapping file.

    Pairs that differ only by numbers share a line; parameters without a partner are comments. `alone` are
    those of each model that have none on purpose.
    """
    lines = [_HEAD]
    by_way: dict[str, list[Pair]] = defaultdict(list)
    for pair in pairs:
        by_way[pair.how].append(pair)
    for how, found in by_way.items():
        lines += ["", f"# found by {how}"]
        lines += _compressed(found, names)
    if any(alone):
        without = [Pair((name,), (), "") for name in alone[0]] + [Pair((), (name,), "") for name in alone[1]]
        lines += ["", "# without a partner, on purpose", *_compressed(without, names)]
    towers = _towers(*unpaired)
    if towers:
        lines += ["", "# modules that are alike: say which is which, one line each"]
        lines += [f"# {tower}.* = {' or '.join(f'{other}.*' for other in towers[tower])}" for tower in towers]
        others = {other for each in towers.values() for other in each}
        unpaired = [
            [each for each in left if _tower(each.name) not in known]
            for left, known in zip(unpaired, (towers, others), strict=True)
        ]
    for which, left in zip(("first", "second"), unpaired, strict=True):
        if left:
            lines += ["", f"# only in the {which} model"]
            lines += _commented(left, which == "first")
    return "\n".join(lines).replace("\n\n\n", "\n\n") + "\n"


def _towers(a: Iterable[Unpaired], b: Iterable[Unpaired]) -> dict[str, list[str]]:
    """Return the outermost modules with as many unpaired parameters as several of the other model have."""
    counts = [Counter(_tower(each.name) for each in left) for left in (a, b)]
    alike = {
        tower: [other for other, number in counts[1].items() if number == count]
        for tower, count in counts[0].items()
        if tower and count >= _MANY and list(counts[0].values()).count(count) > 1
    }
    return {tower: others for tower, others in alike.items() if len(others) > 1 and "" not in others}


def _tower(name: str) -> str:
    return name.partition(".")[0] if "." in name else ""


def _compressed(pairs: Iterable[Pair], names: Sequence[Sequence[str]]) -> Iterator[str]:
    """Yield a line for each pair, or one for all that differ only by numbers."""
    groups: dict[Skeleton, list[Pair]] = defaultdict(list)
    for pair in pairs:
        groups[_skeleton(_line(pair))].append(pair)
    for group in groups.values():
        yield from _lines(group, names)


def _lines(pairs: list[Pair], names: Sequence[Sequence[str]]) -> Iterator[str]:
    """Yield one line if it means exactly the pairs; otherwise split them by a number."""
    line = _written([_line(pair) for pair in pairs])
    if len(pairs) == 1 or _means(line, pairs, names):
        yield line
        return
    numbers = [_DIGITS.split(_line(pair))[1::2] for pair in pairs]
    at = next(at for at, column in enumerate(zip(*numbers, strict=True)) if len(set(column)) > 1)
    parts: dict[str, list[Pair]] = defaultdict(list)
    for pair, each in zip(pairs, numbers, strict=True):
        parts[each[at]].append(pair)
    for part in parts.values():
        yield from _lines(part, names)


def _line(pair: Pair) -> str:
    return f"{', '.join(pair.a) or '-'} = {', '.join(pair.b) or '-'}"


def _skeleton(line: str) -> Skeleton:
    return tuple(_DIGITS.split(line)[::2])


def _written(lines: Sequence[str]) -> str:
    """Join lines that differ only by numbers into one, with words for the numbers that vary."""
    rows = [_DIGITS.split(line) for line in lines]
    columns = zip(*(row[1::2] for row in rows), strict=True)
    words: list[tuple[str, Sequence[str]]] = []
    line = rows[0][0]
    for column, text in zip(columns, rows[0][2::2], strict=True):
        line += _hole(column, words) + text
    return line


def _hole(column: Sequence[str], words: list[tuple[str, Sequence[str]]]) -> str:
    """Return the number that all lines have there, or the word for it."""
    if len(set(column)) == 1:
        return column[0]
    for word, known in words:
        apart = {int(a) - int(b) for a, b in zip(column, known, strict=True)}
        if len(apart) == 1:
            more = apart.pop()
            return f"{{{word}{more:+d}}}" if more else f"{{{word}}}"
    words.append((f"{WORDS[len(words) % len(WORDS)]}", column))
    return f"{{{words[-1][0]}}}"


def _means(text: str, pairs: list[Pair], names: Sequence[Sequence[str]]) -> bool:
    """Return whether a line, read again, means exactly the pairs."""
    line = read_line(Span(Source("", text), 0, len(text)))
    if isinstance(line, Diagnostic):
        return False
    meant = {(pair.a, pair.b) for pair in pairs}
    side = 0 if line.sides[0] else 1
    found = line.sides[side][0].found_in(names[side])
    return {tuple(tuple(p.filled(n) for p in side) for side in line.sides) for n in found} == meant


def _commented(unpaired: Iterable[Unpaired], left: bool) -> Iterator[str]:
    """Yield a line for all names that differ only by numbers, with their candidates."""
    groups: dict[Skeleton, list[str]] = defaultdict(list)
    for each in unpaired:
        other = (", " if each.together else " or ").join(each.candidates) or "?"
        line = f"# {each.name} = {other}" if left else f"# {other} = {each.name}"
        groups[_skeleton(line)].append(line)
    yield from map(_written, groups.values())
