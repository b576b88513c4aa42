"""Tables and lines: drawn by rich in a terminal, aligned with spaces in a pipe.

The plain form is for `grep` and `awk`: no lines, no colour, no wrapping, columns two spaces apart.
"""

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import NamedTuple

import click


class Table(NamedTuple):
    """Rows under column heads. `right` are the heads of columns that hold numbers."""

    heads: tuple[str, ...]
    rows: Sequence[tuple[str, ...]]
    right: tuple[str, ...] = ()


Block = str | Table


def print_blocks(blocks: Sequence[Block]) -> None:
    """Prints them on standard output, as it is made for."""
    if not sys.stdout.isatty():
        for block in blocks:
            click.echo(block if isinstance(block, str) else plain(block))
        return
    from rich.console import Console
    from rich.table import Table as Drawn
    from rich.text import Text

    console = Console()
    for block in blocks:
        if isinstance(block, str):
            console.print(Text(block), soft_wrap=True)
            continue
        drawn = Drawn(header_style="bold", pad_edge=False, box=None)
        for number, head in enumerate(block.heads):
            drawn.add_column(
                head, justify="right" if head in block.right else "left", style="" if number else "cyan"
            )
        for row in block.rows:
            drawn.add_row(*map(Text, row))
        console.print(drawn)


def plain(table: Table) -> str:
    """The table as text, columns two spaces apart, nothing cut off."""
    lines = [table.heads, *table.rows]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join(
        "  ".join(
            cell.rjust(width) if head in table.right else cell.ljust(width)
            for cell, width, head in zip(line, widths, table.heads, strict=True)
        ).rstrip()
        for line in lines
    )


@contextmanager
def progress(doing: str) -> Iterator[None]:
    """Says on standard error what is being waited for; only in a terminal."""
    if not sys.stderr.isatty():
        yield
        return
    from rich.console import Console

    with Console(stderr=True).status(doing):
        yield
