"""The option `-o` of commands that write one file and have to be told where."""

from collections.abc import Callable
from typing import Any

import click


def with_output(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the option for the file that a command writes."""
    return click.option(
        "--output",
        "-o",
        type=click.Path(),
        required=True,
        help="The file to write, whole or not at all; `-` is standard output.",
    )(command)
