"""The tables of docs/speed.md and README, made from results.json; run.py measures that.

Nothing is measured here, and no framework is needed, so that a test can hold the tables to the results.
"""

import json
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

from measuring import Row

ROOT = Path(__file__).parents[1]
RESULTS = Path(__file__).with_name("results.json")
PAGES = (ROOT / "README.md", ROOT / "docs" / "speed.md")
START, END = "<!-- speed: {} -->\n", "<!-- end -->"

TITLES = {
    "bench_peers": "Beside other libraries",
    "bench_torch": "Param groups in PyTorch",
    "bench_torch_step": "Optimizers in PyTorch",
    "bench_regroup": "State under other groups",
    "bench_optax": "Labels, masks and inventories in JAX",
    "bench_optax_step": "Optimizers in Optax",
    "bench_saved": "Saved inventories",
    "bench_cold": "The first second",
    "bench_reading": "Reading rule files",
    "bench_lock": "Locks",
    "bench_parity": "Two models compared",
    "bench_prove": "Proofs",
    "bench_growth": "All sizes",
}
"""The benchmarks that run.py runs, in the order of the page, and their headings there."""

HIGHLIGHTS = {
    "bench_peers": ("paramrules", "`paramrules", "a loop by hand", "timm's", "the Trainer's", "flax's"),
    "bench_torch_step": ("28 groups from rules, against",),
    "bench_optax_step": ("`paramrules_optax", "`multi_transform`"),
}
"""The rows that README shows: those whose names go on like this after their last colon."""

WORDS = ("", "against", "answer")
"""The heads of columns that hold words."""

Results = dict[str, dict[str, Any]]
"""By the name of a benchmark its `rows`, and the `run` in which they were measured."""


def load() -> Results:
    """Return the kept results."""
    results: Results = json.loads(RESULTS.read_text("utf-8"))
    return results


def rows(results: Results, name: str) -> list[Row]:
    """Return the rows of a benchmark."""
    return [Row(**row) for row in results[name]["rows"]]


def number(amount: float) -> str:
    """Return a number to three digits, or whole."""
    return f"{amount:,.0f}" if amount >= 100 else f"{float(f'{amount:.3g}'):g}"


def time(row: Row) -> str:
    """Return the amount of a row, with its unit; from a second on in seconds."""
    seconds = row.unit == "ms" and row.amount >= 1000
    return f"{number(row.amount / 1000)} s" if seconds else f"{number(row.amount)} {row.unit}"


def aim(row: Row) -> str:
    """Return the target of a row, a ratio or an amount, and whether it is missed; "" without a target."""
    if row.target is None:
        return ""
    text = number(row.target) if row.ratio is not None else time(row._replace(amount=row.target))
    return f"{text}, **missed**" if missed(row) else text


def missed(row: Row) -> bool:
    """True if a row, as it is shown, is above its target."""
    return row.target is not None and (row.amount if row.ratio is None else round(row.ratio, 2)) > row.target


def markdown(head: list[str], cells: list[list[str]]) -> str:
    """Return a table of Markdown; columns of words are on the left, others on the right."""
    lines = [head, ["---" if title in WORDS else "---:" for title in head], *cells]
    return "".join(f"| {' | '.join(line)} |\n".replace("  ", " ") for line in lines)


def table(rows: list[Row], targets: bool = True) -> str:
    """Return rows one below the other, with a column of targets if one of them has any."""
    targets = targets and any(row.target is not None for row in rows)
    measured = "time" if {row.unit for row in rows} == {"ms"} else "measured"
    head = ["", measured, "against", "target"]
    cells = [
        [row.what, time(row), "" if row.ratio is None else f"{row.ratio:.2f} times {row.against}", aim(row)]
        for row in rows
    ]
    width = 4 if targets else 3
    return markdown(head[:width], [line[:width] for line in cells])


def grids(rows: list[Row]) -> str:
    """Return rows such as `1,000 rules: reading` as tables of what is counted, a line for each number."""
    found: dict[str, dict[str, dict[str, Row]]] = {}
    for row in rows:
        size, _, way = row.what.partition(": ")
        count, _, counted = size.partition(" ")
        found.setdefault(counted, {}).setdefault(count, {})[way] = row
    tables = []
    for counted, lines in found.items():
        ways = list(next(iter(lines.values())))
        cells = [[count, *(cell(row) for row in line.values())] for count, line in lines.items()]
        tables.append(markdown([counted, *ways], cells))
    return "\n".join(tables)


def cell(row: Row) -> str:
    """Return the amount of a row, with its ratio in parentheses."""
    return time(row) if row.ratio is None else f"{time(row)} ({row.ratio:.2f})"


def proofs(rows: list[Row]) -> str:
    """Return a line for each answer: how many pairs of files have it, and how long that takes."""
    by_answer: dict[str, list[Row]] = {}
    for row in rows:
        answer = row.what.partition(": ")[2].partition(",")[0]
        by_answer.setdefault(answer, []).append(row)
    cells = []
    for answer, found in by_answer.items():
        slowest = max(found, key=lambda row: row.amount)
        middle = Row("", median(row.amount for row in found))
        name = slowest.what.partition(",")[0]
        cells.append([answer, str(len(found)), time(middle), f"{time(slowest)} ({name})"])
    return markdown(["answer", "pairs of files", "median", "slowest"], cells)


LAYOUTS: dict[str, Callable[[list[Row]], str]] = {
    "bench_lock": grids,
    "bench_growth": grids,
    "bench_prove": proofs,
}
"""How rows are laid out, where it is not one below the other."""


def origin(results: Results) -> str:
    """Return when, on what and with which versions was measured: a sentence for each different run."""
    runs: dict[str, list[str]] = {}
    for name in TITLES:
        if name in results:
            run = results[name]["run"]
            versions = ", ".join(f"{package} {version}" for package, version in run["versions"].items())
            text = f"on {run['date']} on {run['machine']}, with {versions}"
            runs.setdefault(text, []).append(name)
    if len(runs) == 1:
        return f"Measured {next(iter(runs))}.\n"
    return "".join(f"- {', '.join(names)}: measured {text}\n" for text, names in runs.items())


def highlights(results: Results) -> str:
    """Return README's table."""
    chosen = [
        row
        for name, ends in HIGHLIGHTS.items()
        for row in rows(results, name)
        if row.ratio is not None and row.what.rpartition(": ")[2].startswith(ends)
    ]
    return table(chosen, targets=False)


def parts(results: Results) -> dict[str, str]:
    """Return the generated parts of the pages, by the names of their markers."""
    tables = {name: LAYOUTS.get(name, table)(rows(results, name)) for name in TITLES if name in results}
    return {"origin": origin(results), "highlights": highlights(results), **tables}


def renewed(page: str, results: Results) -> str:
    """Return the text of a page with what stands between its markers made anew."""
    for name, text in parts(results).items():
        before, marker, rest = page.partition(START.format(name))
        if marker:
            page = before + marker + "\n" + text + "\n" + END + rest.partition(END)[2]
    return page


def write(results: Results) -> None:
    """Renew the pages."""
    for page in PAGES:
        page.write_text(renewed(page.read_text("utf-8"), results), "utf-8")
