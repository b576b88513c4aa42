"""Find the file that holds a repository's settings, and read its text; most commands find none."""

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from paramrules.diagnostics import Diagnostic, RulesError, Source
from paramrules.display import from_here
from paramrules.safe_files import UnreadableError, decoded, read_text

if TYPE_CHECKING:
    from pathlib import Path

    from paramrules.projects.project import Project

_LARGEST_FILE: Final = 1 << 20
"""The most bytes of a file."""
_SHARED: Final = "pyproject.toml"
"""The file that other tools have their settings in, too."""
_NAMES: Final = ("paramrules.toml", _SHARED)
"""The files that may hold settings; in one folder the first goes before the second."""
MISSPELT: Final = "tool.param"
"""The beginning of a table name that is likely a misspelling of ours."""
_ROOTS: Final = (".git", ".hg", ".jj", ".svn")
"""Entries of a repository's root."""


def find_project(folder: "str | Path" = ".", *, complete: bool = True) -> "Project | None":
    """Return the settings that hold for a folder, or None if there are none.

    The nearest `paramrules.toml`, or `pyproject.toml` with a table `tool.paramrules`, from this folder up to
    the root of its repository. Outside of a repository only the folder itself is searched: settings name
    models, which are code, and a parent folder may be anybody's.

    Args:
        folder: the folder.
        complete: as for `read_project`.

    Raises:
        RulesError: the errors of `read_project`.
    """
    for each in _searched(os.path.abspath(folder)):
        for name in _NAMES:
            path = os.path.join(each, name)
            if os.path.isfile(path) and settings_source(path) is not None:
                from paramrules.projects.reading import read_project  # with json and tomllib

                if (project := read_project(path, complete=complete)) is not None:
                    return project
    return None


def _searched(folder: str) -> list[str]:
    """Return a folder and those above it, up to the root of its repository; outside of one, only itself."""
    above = list(_upwards(folder))
    for number, each in enumerate(above, 1):
        if any(os.path.exists(os.path.join(each, entry)) for entry in _ROOTS):
            return above[:number]
    return above[:1]


def _upwards(folder: str) -> Iterator[str]:
    above = ""
    while folder != above:
        yield folder
        above, folder = folder, os.path.dirname(folder)


def settings_source(path: str) -> Source | None:
    """Return the text of a file; None for a `pyproject.toml` without settings, whatever is wrong with it.

    Raises:
        RulesError: E931 if the file cannot be read.
    """
    shown = from_here(path)
    return _settings(_text(path, shown), path, shown)


def settings_in(data: bytes, path: str, name: str) -> Source | None:
    """Return what is in a file, under a name for messages; else None. Raises what `settings_source` does."""
    try:
        return _settings(decoded(data, _LARGEST_FILE), path, name)
    except UnreadableError as error:
        raise _unreadable(name, str(error)) from None


def _settings(text: str, path: str, name: str) -> Source | None:
    source = Source(name, text.removeprefix("\ufeff").replace("\r\n", "\n"))
    has_some = not is_shared(path) or "paramrules" in source.text or MISSPELT in source.text
    return source if has_some else None


def is_shared(path: str) -> bool:
    """Return whether other tools have their settings in a file, too."""
    return os.path.basename(path) == _SHARED


def _text(path: str, shown: str) -> str:
    try:
        return read_text(path, _LARGEST_FILE)
    except FileNotFoundError:
        reason = "it does not exist"
    except UnreadableError as error:
        reason = str(error)
    raise _unreadable(shown, reason)


def _unreadable(shown: str, reason: str) -> RulesError:
    return RulesError(Diagnostic("E931", f"`{shown}` cannot be read: {reason}"))
