"""Helpers of many tests: inventories from plain rows, counted calls, git, a terminal, the number of cases."""

import io
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from cProfile import Profile
from typing import Any, NamedTuple

from paramrules.testing.rows import ROOT, Row, RowColumns, class_of, inventory_of

__all__ = [
    "ROOT",
    "Ran",
    "Row",
    "RowColumns",
    "Terminal",
    "calls",
    "class_of",
    "examples",
    "git",
    "golden_rows",
    "inventory_of",
]


class Ran(NamedTuple):
    """The result of a command: its exit code, standard output, standard error."""

    code: int
    out: str
    err: str


class Terminal(io.StringIO):
    """A stream that says it is a terminal, and keeps what it receives."""

    def isatty(self) -> bool:
        return True


def git(*words: str) -> None:
    """Run git in the current folder as somebody, whose new repositories are on `main`."""
    config = ("user.name=a", "user.email=a@example.org", "init.defaultBranch=main", "commit.gpgsign=false")
    settings = [word for setting in config for word in ("-c", setting)]
    subprocess.run(["git", *settings, *words], check=True, capture_output=True)


def examples(count: int) -> int:
    """Return how many cases a property test generates: `count`, and many times that in the slow session."""
    return count * int(os.environ.get("PARAMRULES_EXAMPLES", "1"))


def golden_rows(data: Mapping[str, Any]) -> list[Row]:
    """The rows of a golden file, whose `around` counts the owner in and knows no bases."""
    skip = set(data["no_weight_decay"])

    def row(entry: Mapping[str, Any]) -> dict[str, Any]:
        attributes = {"no_weight_decay": True} if entry["name"] in skip else {}
        return {**entry, "around": entry["around"][:-1], "attributes": attributes}

    return [{**row(p), "also": [row(other) for other in p.get("also", ())]} for p in data["parameters"]]


def calls(work: Callable[[], object]) -> int:
    """Count the functions that are called while something runs, those written in C too.

    The run is not traced: what is only counted is not asserted to be right, so it covers nothing.
    """
    profile = Profile()
    trace = sys.gettrace()
    sys.settrace(None)
    profile.enable()
    try:
        work()
    finally:
        profile.disable()
        sys.settrace(trace)
    return sum(entry.callcount for entry in profile.getstats())
