"""Mapping files: which parameters of two models are the same, where the pairing cannot tell.

    # names of the first model = names of the second
    transformer.h.{i}.ln_1.weight = blocks.{i}.norm1.scale
    layer{i}.0.conv1.weight = block_group_{i-1}.block_0.conv_0.w
    h.{i}.attn.c_attn.weight = blocks.{i}.query.kernel, blocks.{i}.key.kernel, blocks.{i}.value.kernel

A word in braces stands for a whole number, the same in all names of a line. Several names on a side are
together what stands on the other.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Final, NamedTuple

from paramrules.comparison.pattern import Numbers, Pattern, patterned
from paramrules.diagnostics import Diagnostic, Place, RulesError, Span, did_you_mean
from paramrules.inventories import Inventory
from paramrules.syntax.decode import open_source

_HOW: Final = "write `h.{i}.norm.weight = blocks.{i}.norm.scale`, with commas between several names"
_WHICH: Final = ("first", "second")
_MANY: Final = 5000
"""Names beyond which a suggestion is looked for among patterns alone."""


class Line(NamedTuple):
    """A line of a mapping file: its patterns left and right of `=`."""

    sides: tuple[tuple[Pattern, ...], tuple[Pattern, ...]]


class Mapped(NamedTuple):
    """Parameters that are the same, by their names in either model."""

    a: tuple[str, ...]
    b: tuple[str, ...]


def read(path: str | Path) -> list[Line]:
    """The lines of a mapping file.

    Raises RulesError: E101, E102 or E103 where the file cannot be read, E803 for every line that is none.
    """
    source = open_source(str(path), str(path))
    if isinstance(source, Diagnostic):
        raise RulesError(source)
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
    """The line that is written there, or what is wrong with it (E803)."""
    sides = span.text.split("=")
    if len(sides) != 2:
        what = "no `=`" if len(sides) == 1 else "more than one `=`"
        return Diagnostic("E803", f"a line of a mapping has {what}", span, help=_HOW)
    at = span.start
    found: tuple[list[Pattern], list[Pattern]] = ([], [])
    for patterns, side in zip(found, sides, strict=True):
        for name in side.split(","):
            start = at + len(name) - len(name.lstrip())
            here = Span(span.source, start, start + len(name.strip()))
            pattern = Pattern.of(here)
            if pattern is None:
                what = f"`{here.text}` is no name of a parameter" if here.text else "a name is missing"
                return Diagnostic("E803", what, here, help=_HOW)
            patterns.append(pattern)
            at += len(name) + 1
    first = found[0][0]
    for pattern in (*found[0], *found[1]):
        if pattern.words != first.words:
            return Diagnostic(
                "E803",
                f"`{pattern.span.text}` has other numbers than `{first.span.text}`",
                pattern.span,
                help="every name of a line has the same words in braces",
            )
    return Line((tuple(found[0]), tuple(found[1])))


def resolved(lines: Sequence[Line], a: Inventory, b: Inventory) -> list[Mapped]:
    """What the lines say of two models.

    Raises RulesError: E804 for a name that its model does not have, E805 for what is mapped twice.
    """
    found: list[Mapped] = []
    faults: list[Diagnostic] = []
    taken: dict[tuple[int, int], Pattern] = {}
    for line in lines:
        first = line.sides[0][0]
        every = list(first.found_in(a.names))
        if not every:
            faults.append(_unknown(first, first.span.text, (a, b), 0))
        for numbers in every:
            wrong = _wrong(line, numbers, (a, b), taken)
            if wrong:  # the next numbers would be wrong in the same way
                faults.append(wrong)
                break
            left, right = (tuple(pattern.filled(numbers) for pattern in side) for side in line.sides)
            found.append(Mapped(left, right))
    if faults:
        raise RulesError(faults)
    return found


def _wrong(
    line: Line, numbers: Numbers, models: tuple[Inventory, Inventory], taken: dict[tuple[int, int], Pattern]
) -> Diagnostic | None:
    """What is wrong with a line for these numbers; what it maps is taken."""
    for side, patterns in enumerate(line.sides):
        for pattern in patterns:
            name = pattern.filled(numbers)
            try:
                key = side, models[side].index(name)
            except KeyError:
                return _unknown(pattern, name, models, side)
            if key in taken:
                return Diagnostic(
                    "E805",
                    f"`{name}` of the {_WHICH[side]} model is mapped twice",
                    pattern.span,
                    also=(Place(taken[key].span, "here too"),),
                    help="put all that it is together with on one line, with commas between the names",
                )
            taken[key] = pattern
    return None


def _unknown(pattern: Pattern, name: str, models: tuple[Inventory, Inventory], side: int) -> Diagnostic:
    other = 1 - side
    here = list(pattern.found_in(models[side].names))
    if not here and list(pattern.found_in(models[other].names)):
        help = f"it is one of the {_WHICH[other]}: names of the first model stand left of `=`"
    elif here:
        word = pattern.holes[0].word
        found = [numbers[word] for numbers in here]
        span = f"{word} from {min(found)} to {max(found)}"
        help = f"it is there for {span}; `{{{word}+1}}` is one more than `{{{word}}}`"
    else:
        names: Sequence[str] = models[side].names
        if pattern.words or len(names) > _MANY:
            names = [patterned(name) for name in names]
        help = did_you_mean(pattern.span.text, names)
    return Diagnostic(
        "E804",
        f"`{name}` is no parameter of the {_WHICH[side]} model",
        pattern.span,
        help=help or "`paramrules parity --write-mapping FILE` writes down all names that have no partner",
    )
