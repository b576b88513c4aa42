"""`pytest --paramrules`: the targets of the project's settings as tests.

Each target gives, for each of its models, a test that assigning its rules finds no error, and one for each
`expect` of the rule file; a rule file with a lock, one that the lock is up to date. A file with
errors is one test, which fails. Models are built when the first of their tests runs, once in a process.

A package of its own: pytest imports it at every start, and nothing of paramrules without the option.
"""

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from paramrules.assignment import Assignment
    from paramrules.diagnostics import Diagnostic, Span
    from paramrules.named_models import ModelName
    from paramrules.projects import Project, Target
    from paramrules.rules import Rules

    Findings = Callable[[], Sequence[Diagnostic]]


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add `--paramrules`."""
    parser.getgroup("paramrules").addoption(
        "--paramrules",
        action="store_true",
        help="test the rule files and models that [tool.paramrules] in pyproject.toml names",
    )


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(session: pytest.Session, items: list[pytest.Item]) -> None:
    """Add the tests of the project, so that `-k` and other plugins see them."""
    if session.config.getoption("paramrules"):
        items += _Targets.from_parent(session, name="paramrules", nodeid="paramrules").collect()


class _Targets(pytest.Collector):
    """All targets of the settings that hold for pytest's root directory."""

    def collect(self) -> "list[pytest.Item]":
        from paramrules.diagnostics import RulesError
        from paramrules.projects import find_project

        try:
            project = find_project(self.config.rootpath)
        except RulesError as error:  # as pytest reports mistakes in its own settings
            raise pytest.UsageError(str(error).strip()) from None
        return (
            [test for file in project.rule_files for test in self._of_file(project, file)] if project else []
        )

    def _of_file(self, project: "Project", file: str) -> "Iterator[pytest.Item]":
        import paramrules
        from paramrules.diagnostics import RulesError
        from paramrules.projects.naming import model_names

        targets = [target for target in project.targets if target.rules == file]
        wrong = [finding for finding in paramrules.check(file) if finding.is_error]
        try:
            rules = (
                None if wrong or not any(target.models.names for target in targets) else paramrules.load(file)
            )
        except RulesError as error:  # definitions alone, for others to include
            wrong = list(error.diagnostics)
        if wrong:
            yield self._test(f"{file}::check", wrong.copy, file)
        if wrong or rules is None:
            return
        several = [
            _Assigned(project, target, rules, model) for target in targets for model in target.models.names
        ]
        names = model_names((one.target, rules, one.model.text) for one in several)
        for one, title in zip(several, names, strict=True):
            name = f"{file}::{title}"
            yield self._test(name, one.errors, file)
            for place, span in enumerate(one.expectations):
                yield self._test(f"{name}::{span.one_line}", one.expected(place), span.source.name, span)
        lock = targets[0].lock
        if os.path.lexists(lock):
            checking = _Checking(lock, several)
            yield self._test(f"{file}::lock", checking.findings, lock, tables=checking.tables)

    def _test(
        self,
        name: str,
        findings: "Findings",
        file: str,
        span: "Span | None" = None,
        tables: Callable[[], str] = str,
    ) -> "_Test":
        from paramrules.diagnostics import printable

        test: _Test = _Test.from_parent(
            self, name=printable(name), findings=findings, file=file, span=span, tables=tables
        )
        return test


class _Assigned:
    """The rules of a target on one of its models."""

    def __init__(self, project: "Project", target: "Target", rules: "Rules", model: "ModelName") -> None:
        self._project, self.target, self._rules, self.model = project, target, rules, model
        self._assigned = cache(self._assign)

    @property
    def expectations(self) -> "list[Span]":
        """The file's expectations, in the order of the assignment's outcomes."""
        return [each.span for axis in self._rules.axes for each in axis.expectations]

    @property
    def assignment(self) -> "Assignment":
        """The assignment; raises a `RulesError` if the model cannot be built or the options do not fit."""
        assigned = self._assigned()
        if isinstance(assigned, Exception):
            raise assigned
        return assigned

    def _assign(self) -> "Assignment | Exception":
        """Return the assignment or why there is none, so that nothing is built twice."""
        import paramrules
        from paramrules.diagnostics import RulesError

        models = replace(self.target.models, names=(self.model,))
        try:
            (inventory,) = models.inventories()
            options = self.target.options_for(self._rules)
            return paramrules.examine(self._rules, inventory, options=options, strict=self.target.strict)
        except RulesError as error:
            return error

    def errors(self) -> "list[Diagnostic]":
        """Return the errors of the assignment apart from expectations."""
        expected = [outcome.finding for outcome in self.assignment.outcomes]
        found = self._project.graded(self.assignment.findings)
        return [finding for finding in found if finding.is_error and finding not in expected]

    def expected(self, place: int) -> "Findings":
        """Return a function that says why the expectation at a place does not hold."""

        def findings() -> "list[Diagnostic]":
            finding = self.assignment.outcomes[place].finding
            return [finding] if finding else []

        return findings


class _Checking:
    """The check of a lock."""

    def __init__(self, path: str, several: Sequence[_Assigned]) -> None:
        self._path, self._several = path, several
        self._text = ""

    def findings(self) -> "Sequence[Diagnostic]":
        """Return why the lock is not what the rules make of its models."""
        from paramrules.diffs.stale import check_lock
        from paramrules.display import text_of
        from paramrules.locks.locking import Locking

        locking = Locking(self._path)
        for one in self._several:
            locking.add(one.model.relative_to(locking.folder), one.assignment)
        checked = check_lock(self._path, locking.lock(), by_name=True, assignments=locking.assignments)
        self._text = text_of(checked.diffs.report())
        return checked.findings

    def tables(self) -> str:
        """Return what differs, once the findings are known: the tables of `paramrules lock --check`."""
        return self._text


class _Test(pytest.Item):
    """A test that nothing is wrong."""

    def __init__(
        self,
        *,
        findings: "Findings",
        file: str,
        span: "Span | None",
        tables: Callable[[], str],
        **more: Any,
    ) -> None:
        super().__init__(**more)
        self._findings, self._file, self._span, self._tables = findings, file, span, tables

    def runtest(self) -> None:
        from paramrules.diagnostics import RulesError

        if found := self._findings():
            raise RulesError(found)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        from paramrules.diagnostics import RulesError, render

        if not isinstance(excinfo.value, RulesError):
            return super().repr_failure(excinfo, style)
        found = (render(finding.on_command_line(configured=True)) for finding in excinfo.value.diagnostics)
        return "\n\n".join(filter(None, (*found, self._tables())))

    def reportinfo(self) -> tuple[str, int | None, str]:
        return self._file, self._span.line - 1 if self._span else None, self.name.replace("::", ": ")
