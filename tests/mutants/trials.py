"""Run tests on a mutant: those that execute its line, cheapest first, in forks of this process.

Importing pytest, Hypothesis and what the core depends on takes longer than most tests, so this process
does it once. It never imports the project itself: each fork does, mutated.
"""

import ast
import json
import os
import resource
import signal
import sys
import time
import traceback
from collections.abc import Iterator
from contextlib import suppress
from enum import Enum
from functools import cache
from pathlib import Path
from typing import Any

import click
import coverage
import hypothesis
import lark
import pytest
import rich
from places import Mutant

_imported_before_forks = (click, hypothesis, lark, rich)

FIRST_SECONDS, TIMES, WALL = 10.0, 10.0, 600.0
"""A test may take ten seconds of CPU time and ten times what it takes without a mutant; all ten minutes."""
MEMORY = 8 << 30


class Outcome(Enum):
    """The fate of a mutant."""

    KILLED = "killed"
    TIMEOUT = "timeout"
    SURVIVED = "survived"
    KNOWN = "known"


class Tests:
    """The tests that ran once without a mutant: which lines each executes, and how long it takes."""

    def __init__(self, selection: list[str], log: Path) -> None:
        record = Path("durations.json")
        if not record.exists():
            selected, append = selection, []
        else:  # of an earlier run
            since = record.stat().st_mtime
            selected = [
                str(path) for path in Path("tests").rglob("test_*.py") if path.stat().st_mtime > since
            ]
            append = ["--cov-append"]
        options = [*selected, *append, "--dist=no", "--cov", "--cov-context=test", "--cov-report="]
        if selected and _forked(options, _Timer(record), log) != 0:
            raise RuntimeError(f"the tests fail without mutants:\n{log.read_text()[-3000:]}")
        self._seconds: dict[str, float] = json.loads(record.read_text())
        self._data = coverage.CoverageData(".coverage")
        self._data.read()
        if len(self._data.measured_contexts()) == 1:
            raise RuntimeError("coverage does not know which test executes what")
        self._log = log

    def try_on(self, mutant: Mutant, near: str, most: float) -> tuple[Outcome, str]:
        """Return whether a test notices the mutant, and how many have been tried.

        Args:
            mutant: the mutant.
            near: the folder whose tests come first.
            most: how many seconds of tests to try.
        """
        executing = self._executing(mutant)
        nearest = {test for test in executing if test.startswith(near)}
        others = self._of_module(mutant.path) - executing  # a cache may hide that they execute the line
        stages = [self._cheapest_first(tests) for tests in (nearest, executing - nearest, others)]
        of, stages = sum(map(len, stages)), [list(self._within(most, stage)) for stage in stages]
        path = mutant.path
        original, times = path.read_text(), path.stat()
        path.write_text(mutant.source)
        try:
            outcomes = map(self._outcome, filter(None, stages))
            noticed = next((outcome for outcome in outcomes if outcome is not Outcome.SURVIVED), None)
            return noticed or Outcome.SURVIVED, f"{sum(map(len, stages))} of {of} tests"
        finally:
            path.write_text(original)
            os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))  # as the compiled file beside it says

    def _outcome(self, tests: list[str]) -> Outcome:
        files = dict.fromkeys(test.partition("::")[0] for test in tests)
        code = _forked([*files, "-x"], _Chosen(tests, self._seconds), self._log)
        if code in (0, 5):  # 5: none of these tests is there any more
            return Outcome.SURVIVED
        return Outcome.TIMEOUT if code in (-signal.SIGPROF, -signal.SIGKILL) else Outcome.KILLED

    def _cheapest_first(self, tests: set[str]) -> list[str]:
        return sorted(tests & self._seconds.keys(), key=lambda test: (self._seconds[test], test))

    def _within(self, most: float, tests: list[str]) -> Iterator[str]:
        for test in tests:
            most -= self._seconds[test]
            if most > 0:
                yield test

    def _of_module(self, path: Path) -> set[str]:
        contexts = self._contexts(path)
        return {test for tests in contexts.values() for test in tests if test}

    def _executing(self, mutant: Mutant) -> set[str]:
        """Return the tests that execute the lines, or of the function, or all if only imports do."""
        contexts = self._contexts(mutant.path)
        tests = {test for line in mutant.lines for test in contexts.get(line, ())}
        if tests and "" not in tests:
            return tests
        around = _smallest_definition(mutant.path.read_text(), mutant.lines[0])
        tests = {test for line in around for test in contexts.get(line, ()) if test}
        return tests or set(self._seconds)

    @cache  # noqa: B019 (lives as long as the process)
    def _contexts(self, path: Path) -> dict[int, set[str]]:
        lines = self._data.contexts_by_lineno(str(path.resolve()))
        return {
            line: {context.rpartition("|")[0] for context in contexts} for line, contexts in lines.items()
        }


def _smallest_definition(source: str, line: int) -> range:
    """Return the lines of the function or class around a line, with its decorators; none at the top."""
    found: list[range] = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            start = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
            found.append(range(start, (node.end_lineno or node.lineno) + 1))
    return min((lines for lines in found if line in lines), key=len, default=range(0))


class _Timer:
    """A plugin that records how long each test takes."""

    def __init__(self, record: Path) -> None:
        self._record = record
        self._seconds: dict[str, float] = {}

    def pytest_runtest_logreport(self, report: Any) -> None:
        self._seconds[report.nodeid] = self._seconds.get(report.nodeid, 0.0) + report.duration

    def pytest_sessionfinish(self) -> None:
        before = json.loads(self._record.read_text()) if self._record.exists() else {}
        self._record.write_text(json.dumps(before | self._seconds))


class _Chosen:
    """A plugin that runs only the chosen tests, in this order, and ends the process if one takes too long."""

    def __init__(self, tests: list[str], seconds: dict[str, float]) -> None:
        self._order = {test: index for index, test in enumerate(tests)}
        self._seconds = seconds

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        items[:] = sorted(
            (item for item in items if item.nodeid in self._order), key=lambda item: self._order[item.nodeid]
        )

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        signal.setitimer(signal.ITIMER_PROF, FIRST_SECONDS + TIMES * self._seconds[nodeid])  # then SIGPROF


def _forked(options: list[str], plugin: object, log: Path) -> int:
    """Run pytest in a fork of this process and return its exit code, negative if it took too long."""
    process = os.fork()
    if process == 0:
        try:
            code = _pytest(options, plugin, log)
        except BaseException:
            traceback.print_exc()
            code = 3
        sys.stdout.flush()
        os._exit(code)
    end = time.monotonic() + WALL
    while True:
        ended, status = os.waitpid(process, os.WNOHANG)
        if ended:
            break
        if time.monotonic() > end:
            os.killpg(process, signal.SIGKILL)
        time.sleep(0.02)
    with suppress(ProcessLookupError):
        os.killpg(process, signal.SIGKILL)  # what it started and left
    return os.waitstatus_to_exitcode(status)


def _pytest(options: list[str], plugin: object, log: Path) -> int:
    os.setsid()
    output = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    for stream in (1, 2):
        os.dup2(output, stream)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, MEMORY))
    if isinstance(plugin, _Chosen):
        sys.dont_write_bytecode = True
        os.environ["PYTHONDONTWRITEBYTECODE"] = "1"
        signal.setitimer(signal.ITIMER_PROF, 3 * FIRST_SECONDS)  # to collect them
    imported = (
        "ignore::pytest.PytestAssertRewriteWarning"  # Hypothesis, before pytest could rewrite its asserts
    )
    return int(pytest.main(["-q", "-p", "no:cacheprovider", "-W", imported, *options], plugins=[plugin]))
