"""Read the indented tree of a lock back into the list of named texts that was folded."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial
from heapq import merge
from itertools import product
from math import prod
from typing import Final, NamedTuple

from paramrules.locks import limits
from paramrules.locks.fold_tree import LONGEST, Leaf
from paramrules.locks.runs import BY_TEXT, in_order
from paramrules.locks.words import BARE, QUOTED, Template, read_template, unquoted

_MOST_BY_TEXT: Final = 100_000
"""The most numbers of a series in the order of texts, which have to be sorted."""

_TOO_LONG: Final = f"its names have more than {LONGEST} characters"
_TOO_LONG_TOGETHER: Final = "the names and labels up to here are too long together"

_RUN: Final = re.compile(
    r"([A-Za-z0-9_-]*[A-Za-z_-]|)([0-9]{1,12})\.\.([0-9]{1,12})(?:\.\.([0-9]{1,12}|text))?([A-Za-z_-][A-Za-z0-9_-]*|)"
)
_RANGE: Final = r"[0-9]{1,12}(?:\.\.[0-9]{1,12})?"
_OFFSETS: Final = re.compile(rf"\+({_RANGE}(?:,{_RANGE})*)(?![A-Za-z0-9_-])")
_COMPONENT: Final = re.compile(rf"{QUOTED}|{BARE}")
_LINE: Final = re.compile(r"( *)([^ ].*)", re.DOTALL)
_SHAPE: Final = re.compile(r"\((?:|[0-9]{1,18},|[0-9]{1,18}(?:, [0-9]{1,18})+)\)")
_REST: Final = re.compile(rf"  ({_SHAPE.pattern})  (.+)", re.DOTALL)


class TreeFault(ValueError):  # noqa: N818 - it never leaves this room
    """A mistake in the tree: the number of the line, from 0, and what is wrong with it."""

    def __init__(self, line: int, why: str) -> None:
        super().__init__(why)
        self.line = line
        self.why = why


class TooLong(TreeFault):
    """Names and labels of a tree that are too long together."""


def work_of(labels: str, folds: int) -> int:
    """Return the most work that labels take for a parameter with this many numbers in its name."""
    return len(labels) + labels.count("{") * (limits.FILLED + 4 * folds)


class _Series(NamedTuple):
    """Numbers that count up, in the order of texts if `step` is 0."""

    first: int
    last: int
    step: int

    def __len__(self) -> int:
        return (self.last - self.first) // (self.step or 1) + 1


class _Added(NamedTuple):
    """The numbers that a line adds to the one above: `0..2,4`."""

    parts: tuple[_Series, ...]

    def __len__(self) -> int:
        return sum(map(len, self.parts))


@dataclass(slots=True)
class _Line:
    """A line: its path with `%d` for each number that counts, and the values of these.

    The first number of an `offset` is added to the last one of the line above, which `ends` its path.
    """

    number: int
    path: str
    runs: tuple[_Series | _Added, ...]
    leaf: tuple[str, Template] | None
    folds: int
    work: int = 0
    offset: bool = False
    ends: bool = False
    below: "list[_Line]" = field(default_factory=list)


class Tree:
    """The lines of a tree, read.

    Raises:
        TreeFault: a line cannot be understood.
    """

    def __init__(self, lines: Sequence[str]) -> None:
        self._top: list[_Line] = []
        self._in_order: dict[_Series, Sequence[int]] = {}
        open_lines: list[_Line] = []
        left = limits.WORK
        for number, text in enumerate(lines):
            found = _LINE.fullmatch(text)
            indent, odd = divmod(len(found[1]), 2) if found else (0, 1)
            if found is None or odd or indent > len(open_lines):
                raise TreeFault(number, "it is not indented as a lock is")
            del open_lines[indent:]
            around = open_lines[-1] if open_lines else None
            line = _line(number, found[2], around, left)
            left -= line.work
            (around.below if around else self._top).append(line)
            open_lines.append(line)
        self._check_empty()

    def _check_empty(self) -> None:
        waiting = list(self._top)
        while waiting:
            line = waiting.pop()
            if line.leaf is None and not line.below:
                raise TreeFault(line.number, "it has neither a shape nor lines below it")
            waiting += line.below

    @cached_property
    def count(self) -> int:
        """The number of names that the tree stands for, without making them."""
        total = 0
        waiting = [(line, 1) for line in self._top]
        while waiting:
            line, times = waiting.pop()
            times = min(times * prod(map(len, line.runs)), limits.TENSORS + 1)
            total += times if line.leaf else 0
            waiting += [(below, times) for below in line.below]
        return total

    def leaves(self) -> Iterator[tuple[int, str, Leaf]]:
        """Yield the number of the line, the name and the leaf of each parameter, in the model's order.

        Raises:
            TreeFault: a name or all of them are too long, or a number comes out negative.
        """
        work = 0
        waiting = [self._instances(line, "", ()) for line in reversed(self._top)]
        while waiting:
            instance = next(waiting[-1], None)
            if instance is None:
                waiting.pop()
                continue
            line, name, numbers = instance
            work += len(name) + line.work
            if work > limits.WORK:
                raise TooLong(line.number, _TOO_LONG_TOGETHER)
            if line.leaf:
                if len(name) > LONGEST and numbers:
                    raise TreeFault(line.number, _TOO_LONG)
                fixed, counting = line.leaf
                try:
                    yield line.number, name, Leaf(fixed, counting.fill(numbers))
                except ValueError:
                    raise TreeFault(line.number, f"a number of `{name}` is negative") from None
            if line.below:
                stem = name[: len(name) - len(f"{numbers[-1]}")] if line.ends else ""
                below = [
                    self._instances(each, stem if each.offset else f"{name}.", numbers) for each in line.below
                ]
                if line.below[0].offset:  # so are the others
                    below = [merge(*below, key=partial(_own_number, len(numbers)))]
                waiting += reversed(below)

    def _instances(
        self, line: _Line, before: str, numbers: tuple[int, ...]
    ) -> Iterator[tuple[_Line, str, tuple[int, ...]]]:
        """Yield a line once for each combination of its numbers, with the name and all numbers so far."""
        path = before.replace("%", "%%") + line.path
        for own in product(*map(self._numbers, line.runs)):
            shown = (numbers[-1] + own[0], *own[1:]) if line.offset else own
            yield line, path % shown, numbers + own

    def _numbers(self, series: _Series | _Added) -> Sequence[int]:
        """Return the numbers of a series. Those in the order of texts are sorted once."""
        if isinstance(series, _Added):
            return [number for part in series.parts for number in in_order(*part)]
        if series not in self._in_order:
            self._in_order[series] = in_order(*series)
        return self._in_order[series]


def _own_number(at: int, instance: tuple[_Line, str, tuple[int, ...]]) -> int:
    """Return the number at a place of those of an instance."""
    return instance[2][at]


def _line(number: int, text: str, around: _Line | None, left: int) -> _Line:
    """Return a line below another, or none, whose labels may take as much work as is left."""
    offset = _OFFSETS.match(text)
    if offset and not (around and around.ends):
        raise TreeFault(number, "`+` adds to a number that ends the path above, and there is none")
    if around and around.below and around.below[0].offset is not bool(offset):
        raise TreeFault(number, "`+` should stand before all lines below a series, or none")
    path, runs, ends, at = _path(number, text, offset)
    folds = (around.folds if around else 0) + len(runs)
    if folds > LONGEST:
        raise TreeFault(number, _TOO_LONG)
    if at == len(text):
        return _Line(number, path, runs, None, folds, offset=bool(offset), ends=ends)
    rest = _REST.fullmatch(text, at)
    if rest is None:
        raise TreeFault(number, "a shape and labels should follow the name")
    work = work_of(rest[2], folds) if "{" in rest[2] else 0
    if work > left:
        raise TooLong(number, _TOO_LONG_TOGETHER)
    try:
        template = read_template(rest[2], folds)
    except ValueError:
        raise TreeFault(number, "its braces do not hold a number that counts") from None
    return _Line(number, path, runs, (rest[1], template), folds, work, bool(offset), ends)


def _path(
    number: int, text: str, offset: re.Match[str] | None
) -> tuple[str, tuple[_Series | _Added, ...], bool, int]:
    """Return the path of a line, and where it ends in the text.

    The path has `%d` for each number that counts, and comes with the values of these, and with whether such a
    number is the last of it.
    """
    keys: list[str] = []
    runs: list[_Series | _Added] = []
    at = 0
    if offset:
        runs.append(_added(number, offset[1]))
        keys.append("%d")
        at = offset.end()
        if not text.startswith(".", at):
            return "%d", tuple(runs), False, at
        at += 1
    while True:
        run = _RUN.match(text, at)
        found = run or _COMPONENT.match(text, at)
        if found is None:
            raise TreeFault(number, "it does not begin with a name")
        if run is None:
            try:
                keys.append(unquoted(found[0]).replace("%", "%%"))
            except ValueError:
                raise TreeFault(number, "its quotes do not hold a text") from None
        else:
            first, last = int(run[2]), int(run[3])
            step = 0 if run[4] == BY_TEXT else int(run[4] or 1)
            if first == last or (step == 0 and run[4] != BY_TEXT):
                raise TreeFault(number, f"`{run[0]}` is not a series of numbers")
            runs.append(_series(number, run[0], first, last, step))
            keys.append(f"{run[1]}%d{run[5]}")
        at = found.end()
        if not text.startswith(".", at):
            return ".".join(keys), tuple(runs), run is not None and not run[5], at
        at += 1


def _added(number: int, text: str) -> _Added:
    parts: list[_Series] = []
    for part in text.split(","):
        first, _, last = part.partition("..")
        parts.append(_series(number, f"+{part}", int(first), int(last or first), 1))
        if len(parts) > 1 and parts[-1].first <= parts[-2].last:
            raise TreeFault(number, f"`+{text}` does not count up")
    return _Added(tuple(parts))


def _series(number: int, text: str, first: int, last: int, step: int) -> _Series:
    if not 0 <= (last - first) // (step or 1) < (limits.TENSORS if step else _MOST_BY_TEXT):
        raise TreeFault(number, f"`{text}` is not a series of numbers")
    return _Series(first, last, step)
