"""Tables, numbers and settings as people read them: in a terminal, a pipe and a notebook."""

import os
from collections.abc import Iterable, Mapping, Sequence
from os import PathLike
from typing import Final, NamedTuple

from paramrules.diagnostics import printable
from paramrules.diagnostics.message_text import width
from paramrules.folded_names import fold

_FEW: Final = 4


class Table(NamedTuple):
    """Rows under column heads. `right` are the heads of columns that hold numbers."""

    heads: tuple[str, ...]
    rows: Sequence[tuple[str, ...]]
    right: tuple[str, ...] = ()

    def text(self) -> str:
        """Return the table for `grep` and `awk`: columns two spaces apart, no lines, nothing cut off."""
        lines = [tuple(map(printable, line)) for line in (self.heads, *self.rows)]
        widths = [max(map(width, column)) for column in zip(*lines, strict=True)]
        is_right = [head in self.right for head in self.heads]
        return "\n".join("  ".join(map(_padded, line, widths, is_right)).rstrip() for line in lines)

    def html(self) -> str:
        """Return the table for a notebook."""
        from html import escape

        def row(tag: str, cells: tuple[str, ...]) -> str:
            styles = (" style='text-align: right'" if head in self.right else "" for head in self.heads)
            shown = (escape(printable(cell)) for cell in cells)
            return "".join(f"<{tag}{s}>{cell}</{tag}>" for s, cell in zip(styles, shown, strict=True))

        rows = "".join(f"<tr>{row('td', cells)}</tr>" for cells in self.rows)
        return f"<table><thead><tr>{row('th', self.heads)}</tr></thead><tbody>{rows}</tbody></table>"


def _padded(cell: str, columns: int, is_right: bool) -> str:
    space = " " * (columns - width(cell))
    return space + cell if is_right else cell + space


class DiffLine(str):
    """A line of a unified diff: coloured in a terminal, and as it is in a pipe, so that it can be applied."""


Block = str | Table
"""A line or a table. An empty line separates."""


def text_of(blocks: Iterable[Block]) -> str:
    """Return lines and tables as plain text."""
    return "\n".join(map(_text, blocks))


def _text(block: Block) -> str:
    if isinstance(block, DiffLine):
        return block
    return printable(block) if isinstance(block, str) else block.text()


def html_of(blocks: Iterable[Block]) -> str:
    """Return lines and tables as HTML."""
    from html import escape

    shown = (f"<div>{escape(printable(b))}</div>" if isinstance(b, str) else b.html() for b in blocks if b)
    return "".join(shown)


def counted(count: int, what: str) -> str:
    """Return a number and its noun: `1 file`, `2 files`."""
    return f"{count} {what}{'' if count == 1 else 's'}"


def few(names: Sequence[str]) -> str:
    """Return how many tensors there are, and the names of the first, the numbers of layers folded."""
    shown = fold(names)[:_FEW]
    rest = len(names) - sum(len(folded.names) for folded in shown)
    more = f", and {rest} more" if rest else ""
    return f"{counted(len(names), 'tensor')} ({', '.join(folded.name for folded in shown)}{more})"


def from_here(path: str | PathLike[str]) -> str:
    """Return a path as seen from the current folder, with `/` on every system."""
    return os.path.relpath(path).replace(os.sep, "/")


def in_bytes(number: int) -> str:
    """Return a number of bytes in units of 1024: `96 B`, `1.50 KiB`, `11.2 GiB`."""
    scaled, unit = float(number), "B"
    for larger in ("KiB", "MiB", "GiB", "TiB"):
        if scaled < 1024:
            break
        scaled, unit = scaled / 1024, larger
    digits = 0 if unit == "B" else 2 if scaled < 9.995 else 1 if scaled < 99.95 else 0
    return f"{scaled:.{digits}f} {unit}"


def large(number: int) -> str:
    """Return a number with three digits and a unit from 10,000 on: `9,216`, `1.80M`, `70.6B`."""
    if number < 10_000:
        return f"{number:,}"
    scaled, unit = float(number), ""
    for unit in "kMBT":  # noqa: B007 - the unit at which the loop stops is the answer
        scaled /= 1000
        if scaled < 999.5:
            break
    return f"{scaled:.{2 if scaled < 9.995 else 1 if scaled < 99.95 else 0}f}{unit}"


def value_text(value: object) -> str:
    """Return a value as a rule file writes it."""
    if value is None or isinstance(value, bool):
        return {None: "none", True: "true", False: "false"}[value]
    if isinstance(value, tuple):
        return f"({', '.join(map(value_text, value))})"
    return f'"{value}"' if isinstance(value, str) else repr(value)


def rule_settings(settings: Mapping[str, object]) -> str:
    """Return settings as a rule writes them: `lr_scale = 0.5, weight_decay = 0`."""
    return ", ".join(f"{key} = {value_text(value)}" for key, value in settings.items()) or "no settings"


def short_settings(settings: Mapping[str, object]) -> str:
    """Return settings for a table, numbers to six digits: `lr_scale=0.5, weight_decay=0`, or `-`."""
    return ", ".join(f"{key}={short_value(value)}" for key, value in settings.items()) or "-"


def short_value(value: object) -> str:
    """Return a value as a rule file writes it, a float to six digits."""
    return f"{value:.6g}" if isinstance(value, float) else value_text(value)


def model_size(tensors: int, parameters: int, framework: str) -> str:
    """Return the size of a model in words: `152 tensors, 5.72M parameters (torch)`."""
    return f"{counted(tensors, 'tensor')}, {large(parameters)} parameters ({framework})"
