"""Lines and tables on standard output: drawn by rich in a terminal, plain in a pipe."""

import os
import re
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Final, Literal, TextIO

import click

from paramrules.diagnostics import printable
from paramrules.display import Block, DiffLine, Table, text_of

if TYPE_CHECKING:
    from rich.console import Console


QUIET: Final = "paramrules.quiet"
"""The key of `--quiet` in the meta data of a command's context."""

_NARROWEST: Final = 4
"""The columns of a terminal that a column of a table needs, with the space behind it."""

_COMMAND: Final = re.compile(r"^((?:[ \t]|\x1b\[[0-9;]*m)*):(?=:)|#(?=#\[)", re.MULTILINE)
"""The beginning of what GitHub Actions takes for a command in the log of a job: `::error::`, `##[error]`."""

_DIFF: Final = {"+": "green", "-": "red", "@": "cyan"}
"""The colour of a line of a diff, by its first character."""


def is_colored(stream: TextIO) -> bool:
    """Return whether a stream gets colours: a terminal that knows them, unless the user says otherwise.

    `NO_COLOR` and then `FORCE_COLOR`, if they are not empty, decide for every stream.

    References:
        https://no-color.org, https://force-color.org
    """
    if os.environ.get("NO_COLOR"):
        return False
    return bool(os.environ.get("FORCE_COLOR")) or (stream.isatty() and os.environ.get("TERM") != "dumb")


def columns_of(stream: TextIO) -> int | None:
    """Return the columns that a stream shows, `COLUMNS` if it is set; None for one that breaks no lines."""
    written = os.environ.get("COLUMNS", "")
    if written.isdecimal():
        return int(written) or None
    if stream.isatty():
        with suppress(OSError):
            return os.get_terminal_size(stream.fileno()).columns or None
    return None


def harmless(text: str) -> str:
    """Return a text for a log. In a job of GitHub Actions, names in it could be commands, and are escaped.

    References:
        https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands
    """
    if not os.environ.get("GITHUB_ACTIONS"):
        return text
    return _COMMAND.sub(lambda found: r"\x23" if found[1] is None else rf"{found[1]}\x3a", text)


def print_blocks(blocks: Sequence[Block]) -> None:
    """Print lines and tables on standard output."""
    color, is_terminal = is_colored(sys.stdout), sys.stdout.isatty()
    if not is_terminal and not color:
        if blocks:
            print(harmless(text_of(blocks)))
        return
    from rich.console import Console, ConsoleDimensions
    from rich.text import Text

    # rich before 14 takes an empty `NO_COLOR` for a set one, unless it is told
    console = Console(force_terminal=True, color_system="standard" if color else None, no_color=not color)
    if not is_terminal:
        console.size = ConsoleDimensions(max(map(len, text_of(blocks).splitlines()), default=0) + 1, 1)
    with console.capture() as drawn:  # rich would exit where a pipe is closed
        for block in blocks:
            if isinstance(block, str):
                style = _DIFF.get(block[:1], "") if isinstance(block, DiffLine) else ""
                console.print(Text(printable(block.rstrip("\r")), style), soft_wrap=True)
            else:
                _draw(block, console)
    print(harmless(drawn.get()), end="")


def _draw(table: Table, console: "Console") -> None:
    from rich.table import Table as Drawn
    from rich.text import Text

    drawn = Drawn(header_style="bold", pad_edge=False, box=None)
    for number, head in enumerate(table.heads):
        justify: Literal["left", "right"] = "right" if head in table.right else "left"
        style = "" if number else "cyan"
        drawn.add_column(Text(printable(head)), justify=justify, style=style, overflow="fold")
    for row in table.rows:
        drawn.add_row(*(Text(printable(cell)) for cell in row))
    if console.width < _NARROWEST * len(table.heads):  # where rich would leave out columns
        console.print(Text(table.text()), soft_wrap=True)
    else:
        console.print(drawn)


@contextmanager
def progress(doing: str) -> Iterator[None]:
    """Show on standard error what is being waited for; only in a terminal, and not under `--quiet`."""
    context = click.get_current_context(silent=True)
    if not sys.stderr.isatty() or (context is not None and context.meta.get(QUIET)):
        yield
        return
    from rich.console import Console
    from rich.text import Text

    console = Console(stderr=True, no_color=not is_colored(sys.stderr))
    with console.status(Text(printable(doing)), spinner="line"):
        yield
