"""Time ways to do the same thing side by side: the one place in this folder that holds a clock.

The machine is shared and its clock is noisy, so what counts are ratios. Each round runs every way once, with
garbage collected before each; a ratio is the median over the rounds, so that a busy moment slows both sides.
"""

import gc
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from importlib.util import find_spec
from statistics import median
from typing import NamedTuple

ROUNDS = 15

Ways = Mapping[str, Callable[[], object]]
"""Callables by what they do."""

EXTRAS = {
    "paramrules": "",
    "paramrules_grammar": "",
    "paramrules_optax": "",
    "paramrules_torch": "",
    "lark": "",
    "torch": "torch",
    "jax": "optax",
    "optax": "optax",
    "flax": "demo",
    "transformers": "test",
    "timm": "timm",
    "torchvision": "timm",
    "matplotlib": "bench",
    "playwright": "report",
    "lsprotocol": "lsp",
    "pygls": "lsp",
    "pytest": "core-test",
}
"""The extra of pyproject.toml that brings each package; "" if paramrules itself does."""


class NotInstalled(SystemExit):
    """Packages are missing. Uncaught, it ends a script with a line that says what to install.

    Attributes:
        packages: their names.
    """

    def __init__(self, *packages: str) -> None:
        self.packages = packages
        extras = ",".join(sorted({EXTRAS[package] for package in packages} - {""}))
        names, are = ", ".join(packages), "is" if len(packages) == 1 else "are"
        what = f'".[{extras}]"' if extras else "."
        super().__init__(f"{names} {are} not installed: pip install -e {what}")


def require(*packages: str) -> None:
    """Raise `NotInstalled` for those of the packages that are missing; none is imported."""
    if missing := [package for package in packages if not find_spec(package)]:
        raise NotInstalled(*missing)


@contextmanager
def needed() -> Iterator[None]:
    """Turn a missing package into `NotInstalled`; a benchmark imports what it measures in this.

    A module that an installed package lacks is a mistake in the benchmark, and left as it is.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        package = (error.name or "").partition(".")[0]
        if package not in EXTRAS or find_spec(package):
            raise
        raise NotInstalled(package) from None


class Row(NamedTuple):
    """One measured thing.

    Attributes:
        what: the thing, in words; rows of one file have different ones. A colon ends what several share.
        amount: the median, in `unit`.
        ratio: the median of the ratios to the yardstick; None for a yardstick, or where there is none.
        against: the yardstick, without what it shares with the thing; empty where there is none.
        target: the ratio to stay below, or the amount where there is no ratio; None without an aim.
        unit: of the amount, by default milliseconds.
    """

    what: str
    amount: float
    ratio: float | None = None
    against: str = ""
    target: float | None = None
    unit: str = "ms"


def milliseconds(
    ways: Ways, rounds: int = ROUNDS, clock: Callable[[], float] = time.perf_counter
) -> dict[str, list[float]]:
    """Return the time of each way in each round; rounds interleave the ways."""
    times: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name, way in ways.items():
            gc.collect()
            start = clock()
            made = way()
            times[name].append(1000 * (clock() - start))
            del made  # not while the next one is timed
    return times


def rows_of(times: Mapping[str, list[float]], targets: Mapping[str, float] | None = None) -> Iterator[Row]:
    """Yield a row for each list of times, in milliseconds by round; the first list is the yardstick."""
    (yardstick, first), *others = times.items()
    yield Row(yardstick, median(first))
    for name, taken in others:
        against = yardstick.rpartition(": ")[2]
        ratio = median(ours / theirs for ours, theirs in zip(taken, first, strict=True))
        yield Row(name, median(taken), ratio, against, (targets or {}).get(name))


def compared(
    ways: Ways,
    targets: Mapping[str, float] | None = None,
    rounds: int = ROUNDS,
    clock: Callable[[], float] = time.perf_counter,
) -> Iterator[Row]:
    """Time the ways and yield a row for each; the first is the yardstick of the others.

    Args:
        ways: callables by what they do.
        targets: for some of them, the ratio to stay below.
        rounds: how often each one runs.
        clock: returns seconds; `time.process_time` is less noisy for what neither waits nor uses threads.
    """
    return rows_of(milliseconds(ways, rounds, clock), targets)


def growth(
    less: tuple[str, Callable[[], object]], more: tuple[str, Callable[[], object]], target: float | None
) -> Row:
    """Time the same thing with a part of the input and with all, and return the row of all.

    Args:
        less: what a part takes, in words that follow "times", and how to do it.
        more: the thing with all of the input, and how to do it.
        target: the ratio to stay below.
    """
    return [*compared(dict([less, more]))][1]._replace(target=target)


def each(*parts: Callable[[], Iterator[Row]]) -> Iterator[Row]:
    """Yield the rows of the parts whose packages are there, then raise `NotInstalled` for the others."""
    missing: list[str] = []
    for part in parts:
        try:
            with needed():
                yield from part()
        except NotInstalled as error:
            missing += error.packages
    if missing:
        raise NotInstalled(*dict.fromkeys(missing))


def line(row: Row) -> str:
    """Return a row as a line of text."""
    text = f"{row.what:88} {row.amount:10.2f} {row.unit}"
    if row.ratio is not None:
        text += f" {row.ratio:7.2f} x {row.against}"
    return text if row.target is None else f"{text} (target: {row.target:g})"


def show(rows: Iterable[Row]) -> None:
    """Print rows as they are measured."""
    with needed():
        for row in rows:
            print(line(row), flush=True)
