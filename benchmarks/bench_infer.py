"""Rule files inferred from the groups of other libraries' code, and the models on which they hold.

    python benchmarks/bench_infer.py                     # every function whose library is installed; minutes
    python benchmarks/bench_infer.py "layer decay"       # those with this in their names
    python benchmarks/bench_infer.py --show muP          # the inferred files, and what they get wrong
    python benchmarks/bench_infer.py --write             # the table of docs/inferring-measured.md

Each function of grouping_functions groups one model, from which `infer` makes a file. The file is then tried
on that model, and on a deeper one, a wider one and one of another family, which the function groups as well.
"""

import importlib
import sys
import time
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from measuring import needed

with needed():
    import paramrules

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "inferring-measured.md"
KINDS = ("seen", "deeper", "wider", "other")
HEAD = (
    "| grouping | tensors | groups | rules | by hand | listed | seen | deeper | wider | other | seconds |\n"
    "|---|---:|---:|---:|---:|---:|:-:|:-:|:-:|:-:|---:|"
)
REFUSALS = {"E965", "E966"}
"""The codes of groups that nothing explains."""

START, END = "<!-- measured -->\n", "<!-- end -->"
TIMED = "| model | tensors | groups | rules | seconds | at most |\n|---|---:|---:|---:|---:|---:|"


class Measured(NamedTuple):
    """One function's file.

    Attributes:
        name: the function's.
        tensors: the number of tensors of the model seen.
        groups: the number of its groups.
        rules: the number of rules in the inferred file; 0 if `infer` refused.
        by_hand: that of the policy in the shipped library; None if there is none.
        listed: the number of names that the file lists because nothing explains them.
        wrong: for each kind of model the number of tensors with other settings than the peer's.
        seconds: the time that `infer` took.
        text: the inferred file.
        shown: the first differences, a line each.
    """

    name: str
    tensors: int
    groups: int
    rules: int
    by_hand: int | None
    listed: int
    wrong: dict[str, int]
    seconds: float
    text: str
    shown: list[str]

    @property
    def holds(self) -> bool:
        """True if the file is right on the deeper and on the wider model."""
        return not self.wrong["deeper"] and not self.wrong["wider"]

    def row(self) -> str:
        """Return the row of the table."""
        no = "" if self.rules else "refused"
        marks = ("" if kind not in self.wrong else no or str(self.wrong[kind] or "yes") for kind in KINDS)
        cells = (
            self.name,
            f"{self.tensors:,}",
            str(self.groups),
            str(self.rules),
            "" if self.by_hand is None else str(self.by_hand),
            str(self.listed or ""),
            *marks,
            f"{self.seconds:.1f}",
        )
        return f"| {' | '.join(cells)} |"


def count(rules: paramrules.Rules) -> int:
    """Return the number of rules in a file."""
    return sum(len(axis.rules) for axis in rules.axes)


def measure(function: Any, peers: Any) -> Measured:
    """Infer one function's file and compare it on all of its models."""
    from paramrules.inference import infer

    groupings = {kind: peers.grouping_of(function, kind) for kind in function.models}
    seen = [groupings[kind] for kind in ("seen", "second") if kind in groupings]
    groups = {repr(sorted(s.items())) for s in seen[0].settings if s is not None}
    by_hand = count(paramrules.load(f"<{function.policy}>")) if function.policy else None
    start = time.perf_counter()
    try:
        inferred = infer(seen)
    except paramrules.RulesError as error:
        if {found.code for found in error.diagnostics} - REFUSALS:
            raise
        wrong = {kind: len(grouping.inventory) for kind, grouping in groupings.items()}
        return Measured(
            function.name,
            len(seen[0].inventory),
            len(groups),
            0,
            by_hand,
            0,
            wrong,
            time.perf_counter() - start,
            "",
            [str(error)],
        )
    seconds = time.perf_counter() - start
    wrong, shown = {}, []
    for kind, grouping in groupings.items():
        different = peers.differences(inferred.rules, grouping, dict(inferred.base))
        wrong[kind] = len(different)
        shown += [
            f"{kind}: {found.name}: {dict(found.peer)}, not {dict(found.file)}" for found in different[:3]
        ]
    return Measured(
        function.name,
        len(seen[0].inventory),
        len(groups),
        count(inferred.rules),
        by_hand,
        sum(len(rule.names) for rule in inferred.listed),
        wrong,
        seconds,
        inferred.text,
        shown,
    )


def timed(peers: Any) -> list[str]:
    """Return the rows for the models whose time has a limit."""
    rows = []
    for function, limit in peers.timed():
        if not peers.missing_packages(function):
            found = measure(function, peers)
            name = function.models["seen"].name
            rows.append(
                f"| {function.name}: {name} | {found.tensors:,} | {found.groups} | {found.rules} "
                f"| {found.seconds:.1f} | {limit} |"
            )
            assert not found.wrong["seen"], found.shown
    return rows


def totals(rows: Sequence[Measured]) -> str:
    """Return what the table adds up to, in a few lines."""
    count = len(rows)
    seen, holding = sum(not row.wrong["seen"] for row in rows), sum(row.holds for row in rows)
    other = [row.wrong["other"] for row in rows if "other" in row.wrong]
    by_hand = [row for row in rows if row.by_hand is not None]
    lines = [
        f"- Equal on the model that they were made from: {seen} of {count}.",
        f"- Equal on the deeper and the wider one: {holding} of {count}, {100 * holding // count} %.",
    ]
    if other:
        lines.append(f"- Equal on another family: {other.count(0)} of {len(other)}.")
    if by_hand:
        ours, theirs = sum(row.rules for row in by_hand), sum(row.by_hand or 0 for row in by_hand)
        lines.append(f"- Rules: {ours}, against {theirs} in the policies written by hand.")
    return "\n".join([*lines, f"- Names that nothing explained: {sum(row.listed for row in rows)}."])


def peers_package() -> Any:
    """Import the functions; torchvision is made to import beside a torch without CUDA."""
    sys.path[:0] = [str(Path(__file__).parent), str(ROOT / "tests")]
    importlib.import_module("torchvision_ops").install()
    warnings.simplefilter("ignore")
    with needed():
        return importlib.import_module("grouping_functions")


def main(*arguments: str) -> None:
    """Print the tables, the totals and what could not run; `--write` puts the tables into the page."""
    words = [word for word in arguments if not word.startswith("--")]
    peers = peers_package()
    parts = []
    for title, functions in (("Functions", peers.every()), ("Held out", peers.held_out())):
        chosen = [f for f in functions if not words or any(word in f.name for word in words)]
        rows = [measure(f, peers) for f in chosen if not peers.missing_packages(f)]
        for row in rows if "--show" in arguments else ():
            print(f"### {row.name}\n\n{row.text}\n" + "\n".join(row.shown))
        if rows:
            parts += [f"## {title}", "\n".join([HEAD, *(row.row() for row in rows)]), totals(rows)]
        for function in chosen:
            if absent := peers.missing_packages(function):
                print(f"{function.name}: {', '.join(absent)} not installed", file=sys.stderr)
    if not words:
        parts += ["## Time", "\n".join([TIMED, *timed(peers)])]
    print("\n\n".join(parts))
    if "--write" in arguments:
        before, _, rest = PAGE.read_text().partition(START)
        PAGE.write_text(before + START + "\n\n".join(parts) + "\n" + END + rest.partition(END)[2])


if __name__ == "__main__":
    main(*sys.argv[1:])
