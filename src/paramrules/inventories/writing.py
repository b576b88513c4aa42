"""Write a file whole or not at all."""

import os
from pathlib import Path

from paramrules.diagnostics import Diagnostic, RulesError


def write_new(path: str | Path, text: str) -> None:
    """Write `text` to a new file.

    Raises:
        RulesError: E806 if the file exists, E703 if it cannot be written.
    """
    if os.path.lexists(path):
        raise RulesError(
            Diagnostic(
                "E806",
                f"`{path}` is there already, and somebody may have completed it",
                help="name another file, or remove this one",
            )
        )
    write_whole(path, text)


def write_whole(path: str | Path, text: str) -> None:
    """Replace the file's text at once, so that a reader finds the old text or the new, never a part.

    Raises:
        RulesError: E703 if it cannot be written; the old text is then still there.
    """
    target = Path(os.path.realpath(path))  # through a link, not in its place
    try:
        if target.exists() and not target.is_file():  # a device or a pipe cannot be replaced
            target.write_text(text, "utf-8")
            return
        beside = target.with_name(f".{target.name}.{os.getpid()}")
        try:
            beside.write_text(text, "utf-8")
            os.replace(beside, target)
        except BaseException:
            beside.unlink(missing_ok=True)
            raise
    except OSError as error:
        raise RulesError(
            Diagnostic(
                "E703",
                f"`{path}` cannot be written: {error.strerror or error}",
                help="give a file in a folder that exists and may be written to",
            )
        ) from None
