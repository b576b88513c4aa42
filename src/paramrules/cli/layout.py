"""Lines and tables on standard output: drawn by rich in a terminal, plain in a pipe."""

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Literal

from paramrules.diagnostics import printable
from paramrules.display import Block, Table, text_of

if TYPE_CHECKING:
    from rich.console import Console


def print_blocks(blocks: Sequence[Block]) -> None:
    """Print lines and tables on standard output."""
    if not sys.stdout.isatty():
        if blocks:
            print(text_of(blocks))
        return
    from rich.console import Console
    from rich.text import Text

    console = Console()
    for block in blocks:
        if isinstance(block, str):
            console.print(Text(printable(block)), soft_wrap=True)
        else:
            _draw(block, console)


def _draw(table: Table, console: "Console") -> None:
    from rich.table import Table as Drawn
    from rich.text import Text

    drawn = Drawn(header_style="bold", pad_edge=False, box=None)
    for number, head in enumerate(table.heads):
        justify: Literal["left", "right"] = "right" if head in table.right else "left"
        drawn.add_column(Text(printable(head)), justify=justify, style="" if number else "cyan")
    for row in table.rows:
        drawn.add_row(*(Text(printable(cell)) for cell in row))
    console.print(drawn)


@contextmanager
def progress(doing: str) -> Iterator[None]:
    """Show on standard error what is being waited for; only in a terminal."""
    if not sys.stderr.isatty():
        yield
        return
    from rich.console import Console
    from rich.text import Text

    with Console(stderr=True).status(Text(printable(doing)), spinner="line"):
        yield
