"""Tell rule files and locks apart, and read either."""

import os
import stat

from paramrules.locks import Lock, read_lock
from paramrules.locks.read import begins_with_conflict, is_lock, read_bytes
from paramrules.rules import Rules
from paramrules.rules.load import RuleFile, load
from paramrules.rules.shipped import names_shipped
from paramrules.sources import source

_BEGINNING = 200
"""The bytes that show whether a file is a lock."""


def rules_or_lock(file: RuleFile) -> Rules | Lock:
    """Return what a file holds. A lock is known by its first line, not by its name.

    Only a file that begins with a merge conflict is what its name says.

    Raises:
        RulesError: what `source` raises for a text, and what `load` or `read_lock` raise.
    """
    if names_shipped(file):
        return load(file)
    if isinstance(file, str):
        file = source(file)
    if isinstance(file, str | os.PathLike):
        name = os.fspath(file)
        return read_lock(file) if _is_lock(_beginning(name), name) else load(file)
    data = file.read_bytes()
    return read_bytes(data, str(file)) if _is_lock(data[:_BEGINNING], str(file)) else load(file)


def _is_lock(beginning: bytes, name: str) -> bool:
    text = beginning.decode("utf-8", "replace")
    return is_lock(text) and (name.endswith(".lock") or not begins_with_conflict(text))


def _beginning(path: str) -> bytes:
    """Return the first bytes of a regular file. A pipe can be read only once, and is rules."""
    try:
        if not stat.S_ISREG(os.stat(path).st_mode):
            return b""
        with open(path, "rb") as file:
            return file.read(_BEGINNING)
    except (OSError, ValueError):  # `load` says what is wrong with the path
        return b""
