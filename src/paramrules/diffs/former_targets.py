"""The targets of a project as its settings stood in a revision."""

import os
import posixpath
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from paramrules.assignment.names_with_options import Named, names_with_options
from paramrules.diagnostics import Diagnostic, RulesError
from paramrules.display import from_here
from paramrules.git_files import GitFile, for_git
from paramrules.locks.sections import identity
from paramrules.projects import Project, Target
from paramrules.projects.reading import read_former_project
from paramrules.rules.shipped import names_shipped

_SETTINGS: Final = ("paramrules.toml", "pyproject.toml")


class FormerTargets:
    """The targets of a project in a revision, each of a single model, and what has become of them.

    Args:
        revision: a commit of git.
        project: the settings as they are now; None for none.
        targets: the targets of now that are compared.
        choose: returns the targets of other settings, by the same command line.

    Attributes:
        revision: the commit.
        gone_files: the rule files that only the settings of the revision name.
        findings: W976 if the settings of the revision cannot be used.

    Raises:
        RulesError: E910 or E911 if there is no such revision.
    """

    def __init__(
        self,
        revision: str,
        project: Project | None,
        targets: Iterable[Target],
        choose: Callable[[Project], Sequence[Target]],
    ) -> None:
        self.findings: list[Diagnostic] = []
        self.revision = revision
        GitFile(revision, "").require_revision()
        former = self._read(posixpath.dirname(project.file)) if project else None
        former_targets = former.targets if former else ()
        kept = set(map(from_here, project.own_files)) if project else set()
        before = map(from_here, former.own_files) if former else ()
        self.gone_files = [path for path in before if path not in kept]
        try:
            then = choose(former) if former else ()
        except ValueError:  # these settings have no target for the command line
            then = ()
        self._now, self._then = list(_alone(targets)), list(_alone(map(self._in_revision, then)))
        self._pairs = dict(_paired(self._now, self._then))
        self._came = [n for n in range(len(self._now)) if n not in self._pairs] if former_targets else []
        self._went = [n for n in range(len(self._then)) if n not in self._pairs.values()]
        self._pairs |= _in_turn(self._now, self._then, self._came, self._went, _rules_of)

    def of(self, target: Target) -> Iterator[tuple[Target, Target]]:
        """Yield each model of a target of now, and the same model with the settings that it had.

        A model that had none has those of now, or those of another that went.
        """
        for each in _alone((target,)):
            number = self._pairs.get(self._now.index(each))
            then = each if number is None else self._then[number]
            yield each, replace(then, models=replace(then.models, names=each.models.names))

    def came(self, without: Iterable[str]) -> list[str]:
        """Return the models that the settings of the revision do not have, with their rule files.

        Args:
            without: rule files that are left out.
        """
        return _shown(self._now, self._came, set(without))

    def went(self, without: Iterable[str]) -> list[str]:
        """Return the models that only the settings of the revision have, as `came` does."""
        return _shown(self._then, self._went, set(without))

    def not_used(self, what: str, error: RulesError) -> None:
        """Add a finding (W976) about settings of the revision in whose place those of now hold."""
        self.findings.append(
            Diagnostic(
                "W976",
                f"{what} in the revision `{self.revision}` cannot be used: {error.diagnostics[0].message}",
                help="those of now hold for both sides",
            )
        )

    def _read(self, folder: str) -> Project | None:
        """Return the settings in a folder of the revision; None if there are none."""
        for name in _SETTINGS:
            path = posixpath.join(folder, name)
            file = GitFile(self.revision, for_git(path), follows=True)
            if not file.is_file():
                continue
            try:
                project = read_former_project(path, file.read_bytes(), str(file))
            except RulesError as error:
                self.not_used("the settings", error)
                return None
            if project:
                return project
        return None

    def _in_revision(self, target: Target) -> Target:
        """Return a target with the vocabulary as it is in the revision."""
        files = tuple(self._then_or_now(str(path)) for path in target.models.vocabulary)
        return replace(target, models=replace(target.models, vocabulary=files))

    def _then_or_now(self, path: str) -> GitFile | str:
        """Return a file of the revision, or its path if it is the same now."""
        file = GitFile(self.revision, for_git(path), follows=True)
        if os.path.isfile(path) and file.is_file() and file.read_bytes() == Path(path).read_bytes():
            return path
        return file


def _alone(targets: Iterable[Target]) -> Iterator[Target]:
    """Yield each target once for each of its models."""
    for target in targets:
        for name in target.models.names:
            yield replace(target, models=replace(target.models, names=(name,)))


def _rules_of(target: Target) -> str:
    return target.rules if names_shipped(target.rules) else from_here(target.rules)


def _model_of(target: Target) -> object:
    return _rules_of(target), target.models.names[0].text


def _identity_of(target: Target) -> object:
    return _model_of(target), identity("", target.options)


def _paired(now: Sequence[Target], then: Sequence[Target]) -> Iterator[tuple[int, int]]:
    """Yield the numbers of models that belong together: with the same options first, then in order."""
    ours, theirs = list(range(len(now))), list(range(len(then)))
    for key_of in (_identity_of, _model_of):
        found = _in_turn(now, then, ours, theirs, key_of)
        ours = [number for number in ours if number not in found]
        theirs = [number for number in theirs if number not in found.values()]
        yield from found.items()


def _in_turn(
    now: Sequence[Target],
    then: Sequence[Target],
    ours: Sequence[int],
    theirs: Sequence[int],
    key_of: Callable[[Target], object],
) -> dict[int, int]:
    """Return for each of our numbers the next of theirs with the same key, as long as there are some."""
    waiting: dict[object, list[int]] = {}
    for number in theirs:
        waiting.setdefault(key_of(then[number]), []).append(number)
    return {number: own.pop(0) for number in ours if (own := waiting.get(key_of(now[number])))}


def _shown(targets: Sequence[Target], numbers: Sequence[int], without: set[str]) -> list[str]:
    several = [(_rules_of(each), each.models.names[0].text, each.options) for each in targets]
    names = names_with_options([Named(*each) for each in several])
    return [
        f"{several[number][0]} on {names[number]}" for number in numbers if several[number][0] not in without
    ]
