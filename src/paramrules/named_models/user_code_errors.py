"""Exceptions of a user's code, as findings that point into the user's file."""

import os
import sysconfig
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from paramrules.diagnostics import Diagnostic, RulesError, Source, Span, said_by
from paramrules.safe_files import unreadable

_LIBRARIES = [
    Path(sysconfig.get_path(name)).resolve() for name in ("stdlib", "platstdlib", "purelib", "platlib")
]


@contextmanager
def user_code(code: str, failed: str) -> Iterator[None]:
    """Turn any exception into a RulesError that reports `failed` and the reason, caused by the original.

    A script that exits when it is imported is caught too. Ctrl-C is not. A RulesError of the user's own calls
    keeps its words for Python.
    """
    try:
        yield
    except RulesError as error:
        raise RulesError([replace(finding, cli_help="") for finding in error.diagnostics]) from error
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        raise RulesError(
            Diagnostic(
                code,
                f"{failed}: {said_by(error)}",
                _place(error),
                help=_help(error, code) or "`--traceback` shows the full traceback",
            )
        ) from error


def _help(error: BaseException, code: str) -> str:
    if isinstance(error, SystemExit) and code != "E951":
        return 'move the work of the script under `if __name__ == "__main__":`'
    if isinstance(error, ImportError) and "relative import" in said_by(error):
        return "name a file of a package by its module: `package.module:NAME`"
    return ""


def _place(error: BaseException) -> Span | None:
    """Return the deepest line of code that is neither a library's nor ours."""
    if isinstance(error, SyntaxError) and isinstance(error.filename, str) and isinstance(error.lineno, int):
        return _line(error.filename, error.lineno)
    place = None
    for frame, line in traceback.walk_tb(error.__traceback__):
        ours = str(frame.f_globals.get("__name__", "")).startswith("paramrules")
        if not ours:
            place = _line(frame.f_code.co_filename, line) or place
    return place


def _line(filename: str, number: int) -> Span | None:
    if unreadable(filename):  # a compiled text may have any name
        return None
    path = Path(os.path.realpath(filename))
    if any(map(path.is_relative_to, _LIBRARIES)) or "site-packages" in path.parts:
        return None
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    lines = text.split("\n")
    at = max(1, min(number, len(lines))) - 1
    start = sum(len(line) + 1 for line in lines[:at])
    written = lines[at]
    indent = len(written) - len(written.lstrip())
    shown = str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)
    return Span(Source(shown, text), start + indent, start + len(written.rstrip()))
