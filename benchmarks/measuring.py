"""Time ways to do the same thing side by side: the one place in this folder that holds a clock.

The machine is shared and its clock is noisy, so what counts are ratios. Each round runs every way once, with
garbage collected before each; a ratio is the median over the rounds, so that a busy moment slows both sides.
"""

import gc
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from statistics import median
from typing import NamedTuple

ROUNDS = 15

Ways = Mapping[str, Callable[[], object]]
"""Callables by what they do."""

EXTRAS = {
    "torch": "torch",
    "jax": "optax",
    "optax": "optax",
    "flax": "demo",
    "transformers": "test",
    "timm": "timm",
    "matplotlib": "bench",
    "torchvision": "timm",
    "playwright": "report",
    "pygls": "lsp",
}
"""The extra of pyproject.toml that brings each package."""


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
    what: str,
    less: Callable[[], object],
    more: Callable[[], object],
    target: float | None,
    rounds: int = ROUNDS,
) -> Row:
    """Time the same thing with a tenth of the input and with all, and return the row of all."""
    row = [*compared({"a tenth of it": less, what: more}, rounds=rounds)][1]
    return row._replace(target=target)


def line(row: Row) -> str:
    """Return a row as a line of text."""
    text = f"{row.what:72} {row.amount:10.2f} {row.unit}"
    if row.ratio is not None:
        text += f" {row.ratio:7.2f} x {row.against}"
    return text if row.target is None else f"{text} (target: {row.target:g})"


def show(rows: Iterable[Row]) -> None:
    """Print rows as they are measured; a package that is missing ends them with a sentence."""
    try:
        for row in rows:
            print(line(row), flush=True)
    except ModuleNotFoundError as error:
        left_out(error)


def left_out(error: ModuleNotFoundError) -> None:
    """Report on stderr what to install for what is left out; raise the error if no extra brings it."""
    package = (error.name or "").partition(".")[0]
    if package not in EXTRAS:
        raise error
    print(f"{package} is not installed: pip install -e '.[{EXTRAS[package]}]'", file=sys.stderr)
