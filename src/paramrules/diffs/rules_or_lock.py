"""Tell rule files and locks apart, and read either."""

import os
import stat

from paramrules.locks import Lock, read_lock
from paramrules.locks.read import is_lock, read_bytes
from paramrules.rules import Rules
from paramrules.rules.load import RuleFile, load
from paramrules.sources import source

_BEGINNING = 200
"""The bytes that show whether a file is a lock."""


def rules_or_lock(file: RuleFile) -> Rules | Lock:
    """Return what a file holds. A lock is known by its first line, not by its name.

    Raises:
        RulesError: what `source` raises for a text, and what `load` or `read_lock` raise.
    """
    if isinstance(file, str):
        file = source(file)
    if isinstance(file, str | os.PathLike):
        return read_lock(file) if _begins_like_a_lock(os.fspath(file)) else load(file)
    data = file.read_bytes()
    return (
        read_bytes(data, str(file)) if is_lock(data[:_BEGINNING].decode("utf-8", "replace")) else load(file)
    )


def _begins_like_a_lock(path: str) -> bool:
    """Return whether a regular file begins like a lock. A pipe can be read only once, and is rules."""
    try:
        if not stat.S_ISREG(os.stat(path).st_mode):
            return False
        with open(path, "rb") as file:
            return is_lock(file.read(_BEGINNING).decode("utf-8", "replace"))
    except (OSError, ValueError):  # `load` says what is wrong with the path
        return False
