"""Rule files compared with what they are in a revision, or with another file."""

import os
import posixpath
from collections.abc import Callable, Iterable, Sequence

from paramrules.comparison.settings import BOTH
from paramrules.diffs.sides import Diffs, diff_target
from paramrules.git_files import GitFile
from paramrules.inventories import Inventory
from paramrules.projects import Models, Project, Target
from paramrules.rules.shipped import names_shipped
from paramrules.toml_files import load_toml

_SETTINGS = ("paramrules.toml", "pyproject.toml")


def diff_project(
    revision: str,
    project: Project | None,
    targets: Iterable[Target],
    build: Callable[[Models], Sequence[Inventory]],
    *,
    compare: str = BOTH,
) -> Diffs:
    """Compare the rule files of several targets with what they are in a revision.

    Args:
        revision: a commit of git, as in `REV:path`.
        project: the settings; the rule files that only those of the revision name are gone.
        targets: the rule files, the models, and the options of rules.
        build: describes the models.
        compare: as for `diff`.

    Raises:
        RulesError: what `diff` raises.
    """
    found = Diffs.joined(diff_against(revision, each, build, compare=compare) for each in targets)
    gone = _gone(revision, project) if project else ()
    return found._replace(new_files=tuple(dict.fromkeys(found.new_files)), gone_files=tuple(gone))


def diff_against(
    revision: str,
    target: Target,
    build: Callable[[Models], Sequence[Inventory]],
    *,
    compare: str = BOTH,
) -> Diffs:
    """Compare the rule file of a target with what it is in a revision, on each model of the target.

    A file that the revision does not have is a new one. A shipped policy is the same in all revisions.

    Args:
        revision: a commit of git, as in `REV:path`.
        target: the rule file, the models, and the options of rules.
        build: describes the models.
        compare: as for `diff`.

    Raises:
        RulesError: what `diff` raises.
    """
    if names_shipped(target.rules):
        return Diffs(())
    old = GitFile(revision, _for_git(target.rules), follows=True)
    old.require_revision()
    if not old.is_file():
        old.require_no_submodule()
        return Diffs((), new_files=(target.rules,))
    return diff_target(old, target.rules, target, build, compare=compare)


def diff_since(
    old: str,
    target: Target,
    build: Callable[[Models], Sequence[Inventory]],
    *,
    compare: str = BOTH,
) -> Diffs:
    """Compare the rule file of a target with a file, or with what it is in a revision.

    Args:
        old: a rule file, a lock, or `REV:path`, as for `diff`; or a revision alone, as for `diff_against`.
        target: the rule file, the models, and the options of rules.
        build: describes the models.
        compare: as for `diff`.

    Raises:
        RulesError: what `diff` raises.
    """
    names_a_file = ":" in old or names_shipped(old) or old.endswith((".rules", ".lock"))
    if names_a_file or os.path.lexists(old):
        return diff_target(old, target.rules, target, build, compare=compare)
    return diff_against(old, target, build, compare=compare)


def _gone(revision: str, project: Project) -> Iterable[str]:
    """Return the rule files that the settings name in a revision and no longer do."""
    folder = posixpath.dirname(project.file)
    now = set(map(_from_here, project.rule_files))
    names = (name for name in _rule_files(revision, folder) if not names_shipped(name))
    paths = [_from_here(posixpath.join(folder, name)) for name in names]
    return dict.fromkeys(path for path in paths if path not in now)


def _rule_files(revision: str, folder: str) -> Iterable[str]:
    """Return the rule files that the settings in a folder of a revision name; none if they cannot be read."""
    for name in _SETTINGS:
        file = GitFile(revision, _for_git(posixpath.join(folder, name)))
        if not file.is_file():
            continue
        try:
            table = load_toml(file.read_text())
        except ValueError:  # the settings of now hold, whatever was wrong with those of then
            continue
        if name == "pyproject.toml":
            table = _table(_table(table, "tool"), "paramrules")
        targets = table.get("targets", ())
        if isinstance(targets, list):
            rules = [each.get("rules") for each in targets if isinstance(each, dict)]
            return [path for path in rules if isinstance(path, str)]
    return ()


def _table(of: object, key: str) -> dict[str, object]:
    found = of.get(key) if isinstance(of, dict) else None
    return found if isinstance(found, dict) else {}


def _from_here(path: str) -> str:
    """Return a path as seen from the current folder, with `/`."""
    return os.path.relpath(path).replace(os.sep, "/")


def _for_git(path: str) -> str:
    """Return a path as git takes one that is relative to the working directory."""
    relative = _from_here(path)
    return relative if relative.startswith("../") else f"./{relative}"
