"""The way of an answer to the user.

Standard output holds the answer, standard error the findings; of JSON and SARIF all is on standard output.
"""

import io
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Final, TextIO

import click

from paramrules import __version__
from paramrules.cli.exit_codes import Exit
from paramrules.cli.layout import columns_of, harmless, is_colored, print_blocks
from paramrules.diagnostics import Diagnostic, annotations, notice, printable, render, to_json, together
from paramrules.display import text_of
from paramrules.safe_files import not_written

if TYPE_CHECKING:
    from paramrules.cli.answer import Answer

VERSION: Final = 1
"""The version of answers in JSON (answers.schema.json): grows when a key goes or changes its meaning."""


@contextmanager
def writing_help() -> Iterator[None]:
    """Treat standard output that cannot be written as with an answer, while click prints the help."""
    try:
        yield
    except BrokenPipeError:
        _drop(sys.stdout)
        raise click.exceptions.Exit(0) from None
    except OSError as error:
        raise click.exceptions.Exit(unwritten(error)) from None


def unwritten(error: OSError) -> Exit:
    """Report that standard output cannot be written, drop what it should hold, and return the exit code."""
    tell(partial(report, [not_written("standard output", error)]))
    _drop(sys.stdout)
    return Exit.UNUSABLE


def tell(write: Callable[[], None]) -> None:
    """Write to standard error, and drop what it should hold if it cannot be written."""
    try:
        write()
    except OSError:
        _drop(sys.stderr)


def prepare_streams() -> None:
    """Make both streams accept every text, even if they are closed or know few characters; open all three."""
    if sys.stdin is None:
        sys.stdin = open(os.devnull, encoding="utf-8")  # noqa: SIM115 - until the end
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:  # closed before Python started
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115 - until the end
        elif isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def report(findings: Sequence[Diagnostic]) -> None:
    """Print findings on standard error, coloured and cut to its width in a terminal."""
    color, columns = is_colored(sys.stderr), columns_of(sys.stderr)
    for finding in together(findings):
        print(harmless(render(finding, color=color, columns=columns)) + "\n", file=sys.stderr)


def print_answer(answer: "Answer", form: str) -> None:
    """Print an answer in one of `FORMATS`, its findings on standard error where they are for reading."""
    if form == "json":
        found = {"findings": [to_json(finding) for finding in answer.findings]}
        _print_json({"version": VERSION, **answer.result, **found})
        return
    if form == "sarif":
        from paramrules.diagnostics import to_sarif  # with urllib, which nothing else needs

        _print_json(to_sarif(answer.findings, __version__, successful=answer.outcome < Exit.UNUSABLE))
        return
    if form == "github":  # names of parameters could be commands, too, so nothing else
        with _reaching(sys.stdout):
            for line in annotations(answer.findings, _in_checkout):
                print(line)
            if answer.notice:
                print(notice(f"paramrules {click.get_current_context().info_name}", answer.notice))
        return
    with _reaching(sys.stdout):
        print_blocks(answer.blocks)
        click.echo(answer.text.encode(), nl=False)  # bytes: a text stream may change line ends
    with _reaching(sys.stderr):
        if answer.aside:
            print(text_of(answer.aside), file=sys.stderr)
        if answer.blocks and answer.findings:
            print(file=sys.stderr)
        report(answer.findings)
    with _reaching(sys.stdout):
        for line in filter(None, (answer.summary, answer.next)):
            print(harmless(printable(line)))


def _in_checkout(name: str) -> str:
    """Return a file's name relative to the checkout, in a job that runs in another folder."""
    workspace = os.environ.get("GITHUB_WORKSPACE")
    if not workspace or not os.path.exists(name):
        return name
    relative = os.path.relpath(os.path.realpath(name), os.path.realpath(workspace)).replace(os.sep, "/")
    return name if relative.startswith("../") else relative


def _print_json(value: Mapping[str, object]) -> None:
    from paramrules import strict_json

    with _reaching(sys.stdout):
        print(strict_json.text(value, indent=2))


@contextmanager
def _reaching(stream: TextIO) -> Iterator[None]:
    """Flush what is written to a stream, and drop it if nobody reads it any more."""
    try:
        yield
        stream.flush()
    except BrokenPipeError:
        _drop(stream)


def _drop(stream: TextIO) -> None:
    """Drop what a stream could not write, or the interpreter would try again when it ends."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def print_traceback(error: BaseException) -> None:
    """Print the traceback of an exception of a model's code."""
    import traceback

    for part in traceback.format_exception(error):
        for line in part.splitlines():
            print(harmless(printable(line)), file=sys.stderr)
