"""All that a project checks in CI: its rule files, their style, their expectations and their locks."""

import os
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from paramrules.assignment import Assignment, examine
from paramrules.assignment.coverage import coverage
from paramrules.diagnostics import Diagnostic, RulesError, Source, count_text, distinct
from paramrules.diffs.diffs import Diffs
from paramrules.diffs.stale import check_lock
from paramrules.inventories import Inventory
from paramrules.locks.locking import Locking
from paramrules.projects import Models, Project, Target
from paramrules.projects.orphaned_locks import orphaned_locks
from paramrules.rule_files import Formatted, format_file
from paramrules.rules.load import check, load
from paramrules.rules.shipped import names_shipped
from paramrules.syntax.decode import UNREADABLE, normalised

Build = Callable[[Models], Sequence[Inventory]]

CHECK: Final = "check"
FMT: Final = "fmt"
TEST: Final = "test"
LOCK: Final = "lock"
STEPS: Final = (CHECK, FMT, TEST, LOCK)


@dataclass(frozen=True, slots=True)
class Step:
    """The findings of one command in one file.

    Attributes:
        name: `check`, `fmt`, `test` or `lock`.
        file: the rule file; for `lock`, the lock.
        findings: what it finds that no earlier step has found in the file.
        details: more about it in a few words.
        is_usable: False if an input could not be used, so that there is no answer.
        is_skipped: True if there is nothing to do, or an earlier step has found why it cannot be done.
        diffs: the differences behind a stale lock.
    """

    name: str
    file: str
    findings: Sequence[Diagnostic] = ()
    details: str = ""
    is_usable: bool = True
    is_skipped: bool = False
    diffs: Diffs | None = None

    @property
    def outcome(self) -> str:
        """`ok`, `findings`, `unusable` or `skipped`."""
        if not self.is_usable:
            return "unusable"
        return "skipped" if self.is_skipped else "findings" if self.findings else "ok"

    @property
    def result(self) -> str:
        """The outcome for reading, with the number of findings: `1 error, 2 warnings`."""
        return count_text(self.findings) or self.outcome


def steps(project: Project, build: Build, skip: Collection[str] = ()) -> Iterator[Step]:
    """Check, file by file, all that is configured.

    The steps of a rule file are those of `paramrules check`, `fmt --check`, `test` and, if there is a lock
    beside it, `lock --check`; a shipped policy has no `fmt`. Models are built and assigned once, for both
    `test` and `lock`. The details of `test` say how much of the rules the models reach. What makes a step
    impossible is a finding of it, and the others go on. A lock beside these files that no target has is a
    step, too (W978).

    Args:
        project: the settings.
        build: describes models. It is not called if neither `test` nor `lock` is left.
        skip: the steps to leave out, of `STEPS`.

    Yields:
        The steps, their findings with the severities that the settings give them.

    >>> [(step.name, step.result) for step in steps(project, Models.inventories)]
    [('check', 'ok'), ('fmt', '1 error'), ('test', 'ok'), ('lock', 'ok')]
    """
    build = _once(build)
    for file in project.rule_files:
        seen: list[Diagnostic] = []
        targets = [each for each in project.targets if each.rules == file]
        for step in _steps_of(file, targets[0].lock, targets, build, skip):
            known = len(seen)
            graded = project.graded(step.findings)
            seen = distinct(
                [*seen, *(each for each in graded if step.name == CHECK or each.severity != "note")]
            )
            found = seen[known:]
            if not step.is_usable and not found:
                yield replace(step, findings=(), details="see above", is_usable=True, is_skipped=True)
            else:
                yield replace(step, findings=found)
    if LOCK not in skip:
        for lock, warning in orphaned_locks(project):
            if graded := project.graded([warning]):
                yield Step(LOCK, lock, graded)


def _once(build: Build) -> Build:
    """Return `build` for targets of which several have the same models."""
    built: list[tuple[Models, Sequence[Inventory]]] = []

    def once(models: Models) -> Sequence[Inventory]:
        for known, inventories in built:
            if known == models:
                return inventories
        built.append((models, build(models)))
        return built[-1][1]

    return once


def _steps_of(
    file: str, lock: str, targets: Sequence[Target], build: Build, skip: Collection[str]
) -> Iterator[Step]:
    if CHECK not in skip:
        checked = check(file)
        yield Step(CHECK, file, checked, is_usable=all(each.code not in UNREADABLE for each in checked))
    if FMT not in skip and not names_shipped(file):
        yield _style(file)
    wanted = {TEST: file} if TEST not in skip else {}
    wanted |= {LOCK: lock} if LOCK not in skip and os.path.lexists(lock) else {}
    on_models = [target for target in targets if target.models.names]
    if not on_models:
        for name, each in wanted.items():
            yield Step(name, each, details="no models in the settings", is_skipped=True)
        return
    if not wanted:
        return
    try:
        assigned = _assigned(file, os.path.dirname(lock), on_models, build)
    except RulesError as error:
        for name, each in wanted.items():
            yield Step(name, each, error.diagnostics, is_usable=False)
        return
    if TEST in wanted:
        assignments = [assignment for _, assignment in assigned]
        details = f"{_expected(assignments)}, {coverage(assignments).percent} % reached"
        yield Step(TEST, file, [each for one in assignments for each in one.findings], details)
    if LOCK in wanted:
        yield _locked(lock, assigned)


def _style(file: str) -> Step:
    try:
        formatted = format_file(file)
    except RulesError as error:
        return Step(FMT, file, error.diagnostics, is_usable=False)
    return Step(FMT, file, [_unformatted(formatted)] if formatted.is_changed else [])


def _unformatted(file: Formatted) -> Diagnostic:
    span = Source(file.name, normalised(file.before)).first_difference(normalised(file.after))
    return Diagnostic(
        "E941",
        f"`{file.name}` is not formatted",
        span,
        help="`paramrules fmt` formats it; with `--diff`, it shows what would change",
    )


_Assigned = list[tuple[str, Assignment]]
"""The path of a model in a target, and what the rules make of it."""


def _assigned(file: str, folder: str, targets: Sequence[Target], build: Build) -> _Assigned:
    rules = load(file)
    assigned = []
    for target in targets:
        options = target.options_for(rules)
        for model, inventory in zip(target.models.names, build(target.models), strict=True):
            assignment = examine(rules, inventory, options=options, strict=target.strict)
            assigned.append((model.relative_to(folder), assignment))
    return assigned


def _expected(assignments: Sequence[Assignment]) -> str:
    outcomes = [outcome.holds for each in assignments for outcome in each.outcomes]
    if not outcomes:
        return "no `expect`"
    return f"{outcomes.count(True)} passed, {outcomes.count(False)} failed"


def _locked(lock: str, assigned: _Assigned) -> Step:
    locking = Locking(lock)
    try:
        for name, assignment in assigned:
            locking.add(name, assignment)
        checked = check_lock(lock, locking.lock(), by_name=True, assignments=locking.assignments)
    except RulesError as error:
        return Step(LOCK, lock, error.diagnostics, is_usable=False)
    return Step(LOCK, lock, checked.findings, diffs=checked.diffs)
