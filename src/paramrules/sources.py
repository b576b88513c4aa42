"""Where rules and locks come from: a file, or `REV:path`, a file in a revision of git.

Every command that takes a rule file or a lock resolves here what was typed.
"""

import os
from typing import TYPE_CHECKING

from paramrules.rules.shipped import names_shipped

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable


def source(text: str) -> "str | Traversable":
    """Return the file that a text names: a path as it is, and `REV:path` as a file in git.

    A path that exists is never taken for a revision. The name of a shipped policy stays as it is.

    Raises:
        RulesError: E910 if git cannot be asked, E911 if the revision does not exist or has no such file.

    >>> source("vit.rules"), source("main:vit.rules")
    ('vit.rules', GitFile('main:vit.rules'))
    """
    if names_shipped(text):
        return text
    revision, _, path = text.partition(":")
    is_drive = len(revision) == 1 and path[:1] in ("\\", "/")
    if not revision or ":" not in text or is_drive or os.path.lexists(text) or os.path.isfile(revision):
        return text
    from paramrules.git_files import GitFile

    file = GitFile(revision, path, follows=True)
    file.require()
    return file
