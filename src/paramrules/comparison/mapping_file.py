"""Mapping files: pairs of parameters that the comparison cannot find itself.

    # names of the first model = names of the second
    transformer.h.{i}.ln_1.weight = blocks.{i}.norm1.scale
    layer{i}.0.conv1.weight = block_group_{i-1}.block_0.conv_0.w
    h.{i}.attn.c_attn.weight = blocks.{i}.query.kernel, blocks.{i}.key.kernel, blocks.{i}.value.kernel
    text_model.* = txt.*
    lm_head.weight = -

A word in braces stands for a whole number, the same in all names of a line. Several names on one side are
together one parameter of the other. `txt.*` stands for all names below `txt`: their partners are found among
the names below the prefix on the other side. `-` says that a parameter has no partner on purpose;
`decoder.* = -` says it of every name below `decoder` that is on no other line.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from os import PathLike
from pathlib import Path
from typing import Final, NamedTuple, Self

from paramrules.diagnostics import Diagnostic, Place, RulesError, Span, a, class_name, did_you_mean
from paramrules.inventories import Inventory
from paramrules.syntax.decode import open_source

Numbers = dict[str, int]
"""The numbers that the words of a pattern stand for."""

WORDS: Final = "ijklmnopqrst"
"""The words that patterns are written with."""

_HOLE: Final = re.compile(r"\{([A-Za-z_][A-Za-z0-9_]*)(?:([+-][0-9]{1,9}))?\}")
_WRONG: Final = re.compile(r"[{}\s*]")
_DIGITS: Final = re.compile(r"[0-9]+")
_NOTHING: Final = "-"
_HOW: Final = "write `h.{i}.norm.weight = blocks.{i}.norm.scale`, with commas between several names"
_WHICH: Final = ("first", "second")
_LINES: Final = 10_000
"""The most lines of a file."""

_FEW: Final = 20
"""Faults up to which a search for the name that was meant is worth its time."""

_MANY: Final = 5000
"""The number of names beyond which suggestions are patterns only."""


class Hole(NamedTuple):
    """The position of a number: the word for it, and the number added to it."""

    word: str
    more: int


class Pattern(NamedTuple):
    """A name in a mapping file: texts, and the holes between them; `is_start` if all names that start so."""

    span: Span
    texts: tuple[str, ...]
    holes: tuple[Hole, ...]
    is_start: bool = False

    @classmethod
    def of(cls, span: Span) -> Self | None:
        """Return the pattern of a span, or None if it is not one."""
        text = span.text.removesuffix("*")
        found = list(_HOLE.finditer(text))
        ends = [0, *(match.end() for match in found)]
        starts = [*(match.start() for match in found), len(text)]
        texts = tuple(text[end:start] for end, start in zip(ends, starts, strict=True))
        if not text or any(map(_WRONG.search, texts)):
            return None
        if any(not between.strip("0123456789") for between in texts[1:-1]):
            return None  # where one number ends and the next begins would be a guess, and take long
        holes = tuple(Hole(match[1], int(match[2] or 0)) for match in found)
        return cls(span, texts, holes, text != span.text)

    @property
    def words(self) -> frozenset[str]:
        """The words that stand for numbers."""
        return frozenset(hole.word for hole in self.holes)

    def filled(self, numbers: Numbers) -> str:
        """Return the name with these numbers."""
        written = (str(numbers[hole.word] + hole.more) for hole in self.holes)
        return self.texts[0] + "".join(
            number + text for number, text in zip(written, self.texts[1:], strict=True)
        )

    def found_in(self, names: Sequence[str]) -> Iterator[Numbers]:
        """Yield the numbers for which the pattern is one of the names, or the start of some."""
        if not self.holes and not self.is_start:
            yield from [{}] if self.texts[0] in names else []
            return
        pattern = re.compile("([0-9]{1,18})".join(map(re.escape, self.texts)))
        matches = pattern.match if self.is_start else pattern.fullmatch
        seen: set[str] = set()
        for name in names:
            if (match := matches(name)) and match[0] not in seen:
                seen.add(match[0])
                numbers = {
                    hole.word: int(digits) - hole.more
                    for hole, digits in zip(self.holes, match.groups(), strict=True)
                }
                if self.filled(numbers) == match[0]:  # a word has one number throughout
                    yield numbers


def patterned(name: str) -> str:
    """Return a name with words in place of its numbers.

    >>> patterned("h.0.mlp.fc1.weight")
    'h.{i}.mlp.fc{j}.weight'
    """
    words = iter(WORDS)
    return _DIGITS.sub(lambda digits: f"{{{word}}}" if (word := next(words, "")) else digits[0], name)


class Line(NamedTuple):
    """A line of a mapping file: its patterns left and right of `=`; none for `-`."""

    sides: tuple[tuple[Pattern, ...], tuple[Pattern, ...]]


class Mapped(NamedTuple):
    """Parameters that are the same, by their names in each model; of none if these have no partner.

    With `is_start` all names that start so are together the partners of those that start as the other.
    """

    a: tuple[str, ...]
    b: tuple[str, ...]
    is_start: bool = False


def read(path: str | Path) -> list[Line]:
    """Return the lines of a mapping file.

    Raises:
        RulesError: E101, E102 or E103 if the file cannot be read, E803 for every line that is not valid.
    """
    if not isinstance(path, str | PathLike):
        raise TypeError(f"`mapping` is {a(class_name(type(path)))} and should be the path of a mapping file")
    source = open_source(str(path), str(path))
    if isinstance(source, Diagnostic):
        raise RulesError(source)
    if len(source.line_starts) > _LINES:
        start = source.line_starts[_LINES]
        what = f"there are more than {_LINES:,} lines"
        help = "let a word in braces stand for the numbers of layers"
        raise RulesError(Diagnostic("E111", what, Span(source, start, start + 1), help=help))
    lines: list[Line] = []
    faults: list[Diagnostic] = []
    for number, start in enumerate(source.line_starts, 1):
        text = source.line(number).partition("#")[0]
        if text.strip():
            line = read_line(Span(source, start, start + len(text.rstrip())))
            if isinstance(line, Diagnostic):
                faults.append(line)
            else:
                lines.append(line)
    if faults:
        raise RulesError(faults)
    return lines


def read_line(span: Span) -> Line | Diagnostic:
    """Return the line of a span, or E803 with the reason why it is not valid."""
    sides = span.text.split("=")
    if len(sides) != 2:
        what = "no `=`" if len(sides) == 1 else "more than one `=`"
        return Diagnostic("E803", f"a line of a mapping has {what}", span, help=_HOW)
    at = span.start
    found: tuple[list[Pattern], list[Pattern]] = ([], [])
    nothing: list[Span] = []
    for patterns, side in zip(found, sides, strict=True):
        for name in side.split(","):
            start = at + len(name) - len(name.lstrip())
            here = Span(span.source, start, start + len(name.strip()))
            at += len(name) + 1
            if here.text == _NOTHING:
                nothing.append(here)
                continue
            pattern = Pattern.of(here)
            if pattern is None:
                what = f"`{here.text}` is not the name of a parameter" if here.text else "a name is missing"
                return Diagnostic("E803", what, here, help=_HOW)
            patterns.append(pattern)
    every = [*found[0], *found[1]]
    if nothing and (len(nothing) > 1 or (found[0] and found[1])):
        help = "write `lm_head.weight = -` for a parameter without a partner"
        return Diagnostic("E803", "`-` stands alone on one side of `=`", nothing[-1], help=help)
    if any(pattern.is_start for pattern in every) and not (
        all(pattern.is_start for pattern in every) and max(map(len, found)) == 1
    ):
        first = next(pattern for pattern in every if pattern.is_start)
        help = "write `img.* = vision_model.*`, or `decoder.* = -` for names without partners"
        return Diagnostic(
            "E803",
            f"`{first.span.text}` has more than one name, so the other side does too",
            first.span,
            help=help,
        )
    for pattern in every:
        if pattern.words != every[0].words:
            return Diagnostic(
                "E803",
                f"`{pattern.span.text}` has other words in braces than `{every[0].span.text}`",
                pattern.span,
                help="use the same words in braces in every name of a line",
            )
    return Line((tuple(found[0]), tuple(found[1])))


def resolved(lines: Sequence[Line], a: Inventory, b: Inventory) -> list[Mapped]:
    """Return the pairs that the lines make of two models.

    Raises:
        RulesError: E804 for a name that its model does not have, E805 for a parameter that is mapped twice.
    """
    models = (a, b)
    found: list[Mapped] = []
    faults: list[Diagnostic] = []
    taken: dict[tuple[int, int], Pattern] = {}
    for line in sorted(lines, key=_is_rest):
        here = 0 if line.sides[0] else 1
        first = line.sides[here][0]
        every = list(first.found_in(models[here].names))
        if not every:
            faults.append(_unknown(first, first.span.text, models, here, suggest=len(faults) < _FEW))
        for numbers in every:
            fault = _fault(line, numbers, models, taken, suggest=len(faults) < _FEW)
            if fault:  # the next numbers would have the same one
                faults.append(fault)
                break
            left, right = (tuple(pattern.filled(numbers) for pattern in side) for side in line.sides)
            if _is_rest(line):
                found += _rest(here, (*left, *right)[0], models[here], taken)
            else:
                found.append(Mapped(left, right, first.is_start))
    if faults:
        raise RulesError(faults)
    return found


def _is_rest(line: Line) -> bool:
    """Return whether the line says that names which start alike have no partner."""
    return not all(line.sides) and any(pattern.is_start for side in line.sides for pattern in side)


def _rest(
    side: int, start: str, model: Inventory, taken: Mapping[tuple[int, int], Pattern]
) -> Iterator[Mapped]:
    """Yield the parameters that start so and are on no other line, each without a partner."""
    for number in range(len(model)):
        name = model.names[number]
        if name.startswith(start) and (side, number) not in taken:
            yield Mapped((name,), ()) if side == 0 else Mapped((), (name,))


def _fault(
    line: Line,
    numbers: Numbers,
    models: tuple[Inventory, Inventory],
    taken: dict[tuple[int, int], Pattern],
    *,
    suggest: bool,
) -> Diagnostic | None:
    """Return the fault of a line for these numbers, if any, and mark what it maps as taken."""
    for side, patterns in enumerate(line.sides):
        for pattern in patterns:
            name = pattern.filled(numbers)
            if pattern.is_start:
                if not any(each.startswith(name) for each in models[side].names):
                    return _unknown(pattern, f"{name}*", models, side, suggest=suggest)
                continue
            try:
                key = side, models[side].index(name)
            except KeyError:
                return _unknown(pattern, name, models, side, suggest=suggest)
            if key in taken:
                return Diagnostic(
                    "E805",
                    f"`{name}` of the {_WHICH[side]} model is mapped twice",
                    pattern.span,
                    also=(Place(taken[key].span, "here too"),),
                    help="put all its counterparts on one line, separated by commas",
                )
            taken[key] = pattern
    return None


def _unknown(
    pattern: Pattern, name: str, models: tuple[Inventory, Inventory], side: int, *, suggest: bool
) -> Diagnostic:
    other = 1 - side
    here = list(pattern.found_in(models[side].names))
    if not here and list(pattern.found_in(models[other].names)):
        help = f"the {_WHICH[other]} model has it: names of the first model go left of `=`"
    elif here:
        word = pattern.holes[0].word
        found = [numbers[word] for numbers in here]
        span = f"{word} from {min(found)} to {max(found)}"
        help = f"it exists for {span}; `{{{word}+1}}` is one more than `{{{word}}}`"
    elif not suggest:
        help = ""
    else:
        names: Sequence[str] = models[side].names
        if pattern.words or len(names) > _MANY:
            names = [patterned(name) for name in names]
        help = did_you_mean(pattern.span.text, names)
    what = "begins no name" if pattern.is_start else "is not a parameter"
    return Diagnostic(
        "E804",
        f"`{name}` {what} of the {_WHICH[side]} model",
        pattern.span,
        help=help or "`paramrules parity --write-mapping FILE` lists all names without a partner",
    )
