"""`pytest --paramrules`: the targets of the project's settings as tests.

Each target gives, for each of its models, a test that assigning its rules finds no error, and one for each
`expect` of the rule file. Models are built when the first of their tests runs, once in a process.

A package of its own: pytest imports it at every start, and nothing of paramrules without the option.
"""

from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from paramrules.assignment import Assignment
    from paramrules.diagnostics import Diagnostic, Span
    from paramrules.named_models import ModelName
    from paramrules.projects import Project, Target
    from paramrules.rules import Rules


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
            return list(self._tests(project)) if project else []
        except RulesError as error:  # as pytest reports mistakes in its own settings
            raise pytest.UsageError(str(error).strip()) from None

    def _tests(self, project: "Project") -> Iterator[pytest.Item]:
        import paramrules

        for target in project.targets:
            rules = paramrules.load(target.rules)
            for number, model in enumerate(target.models.names):
                on = _Assigned(project, target, rules, number)
                where = f"{target.rules}::{model.text}"
                yield _Assigns.from_parent(self, name=where, on=on, file=target.rules)
                for place, span in enumerate(on.expectations):
                    name = f"{where}::{span.one_line}"
                    yield _Expects.from_parent(
                        self, name=name, on=on, file=span.source.name, span=span, place=place
                    )


class _Assigned:
    """The rules of a target on one of its models."""

    def __init__(self, project: "Project", target: "Target", rules: "Rules", number: int) -> None:
        self._project, self._target, self._rules, self._number = project, target, rules, number

    @property
    def model(self) -> "ModelName":
        """The name of the model."""
        return self._target.models.names[self._number]

    @property
    def expectations(self) -> "list[Span]":
        """The file's expectations, in the order of the assignment's outcomes."""
        return [each.span for axis in self._rules.axes for each in axis.expectations]

    @cached_property
    def assignment(self) -> "Assignment":
        """The assignment; raises a `RulesError` if the model cannot be built or the options do not fit."""
        import paramrules
        from paramrules.projects import Models

        described = self._target.models
        models = Models((self.model,), described.inputs, described.stacked, described.vocabulary)
        (inventory,) = models.inventories()
        options = self._target.options_for(self._rules)
        return paramrules.examine(self._rules, inventory, options=options, strict=self._target.strict)

    def errors(self) -> "list[Diagnostic]":
        """Return the errors of the assignment apart from expectations."""
        expected = [outcome.finding for outcome in self.assignment.outcomes]
        found = self._project.graded(self.assignment.findings)
        return [finding for finding in found if finding.is_error and finding not in expected]


class _Assigns(pytest.Item):
    """A test that the rules of a target are right for a model."""

    def __init__(self, *, on: _Assigned, file: str, span: "Span | None" = None, **more: Any) -> None:
        super().__init__(**more)
        self.on, self._file, self._span = on, file, span

    def findings(self) -> "list[Diagnostic]":
        """Return what is wrong."""
        return self.on.errors()

    def runtest(self) -> None:
        from paramrules.diagnostics import RulesError

        if found := self.findings():
            raise RulesError(found)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        from paramrules.diagnostics import RulesError, render

        if not isinstance(excinfo.value, RulesError):
            return super().repr_failure(excinfo, style)
        return "\n\n".join(render(finding.on_command_line()) for finding in excinfo.value.diagnostics)

    def reportinfo(self) -> tuple[str, int | None, str]:
        return self._file, self._span.line - 1 if self._span else None, self.name.replace("::", ": ")


class _Expects(_Assigns):
    """A test that an expectation of a rule file holds on a model."""

    def __init__(self, *, place: int, **more: Any) -> None:
        super().__init__(**more)
        self._place = place

    def findings(self) -> "list[Diagnostic]":
        """Return why the expectation does not hold."""
        finding = self.on.assignment.outcomes[self._place].finding
        return [finding] if finding else []
