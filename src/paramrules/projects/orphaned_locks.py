"""Locks that no target of a project has any more."""

import os
import shlex
from collections.abc import Iterator

from paramrules.diagnostics import Diagnostic, listed
from paramrules.projects.project import Project
from paramrules.safe_files import names_in


def orphaned_locks(project: Project) -> Iterator[tuple[str, Diagnostic]]:
    """Yield each lock beside a rule file of the settings that no target has, with a warning (W978).

    A rule file that is renamed, or whose target is deleted, leaves its lock behind, and nothing checks that.

    Args:
        project: the settings.

    >>> [lock for lock, warning in orphaned_locks(project)]
    ['rules/small.rules.lock']
    """
    known = {_one_name(target.lock) for target in project.targets}
    missing = [
        lock
        for lock in dict.fromkeys(target.lock for target in project.targets if target.models.names)
        if not os.path.lexists(lock)
    ]
    for folder in dict.fromkeys(map(os.path.dirname, project.own_files)):
        for name in names_in(folder, ".rules.lock"):
            lock = os.path.join(folder, name)
            if _one_name(lock) not in known:
                help = _help(project, lock, missing)
                yield (
                    lock,
                    Diagnostic("W978", f"no target has the lock `{lock}`: nothing checks it", help=help),
                )


def _help(project: Project, lock: str, missing: list[str]) -> str:
    rules = lock.removesuffix(".lock")
    delete = f"delete the lock: `{shlex.join(['git', 'rm', lock])}`"
    if os.path.lexists(rules):
        return f"give `{rules}` a target in `{project.file}`, or {delete}"
    if missing:
        moves = listed([shlex.join(["git", "mv", lock, each]) for each in missing], 3, "or")
        return f"if its rule file was renamed, {moves}; otherwise {delete}"
    return delete


def _one_name(path: str) -> str:
    return os.path.normcase(os.path.abspath(path))
