"""Pairs that `parity` finds without a mapping, the lines that are left to write, and the time.

    python benchmarks/bench_pairing.py                  # the twins of examples/twins
    python benchmarks/bench_pairing.py A.json B.json    # saved inventories, two by two

A line stands for all tensors whose names differ only by numbers; a module that is to be told from its like
takes one line.
"""

import sys
import time
from collections.abc import Iterator
from pathlib import Path

import paramrules
from paramrules import Inventory

TWINS = Path(__file__).parents[1] / "examples" / "twins"
RULES = paramrules.parse("all: else")
HEAD = "| models | tensors | paired | lines to write | seconds |\n|---|---:|---:|---:|---:|"


def twins() -> Iterator[tuple[str, Inventory, Inventory]]:
    """Yield the models of examples/twins, with a name for each two."""
    sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "twins"))
    from twins import ALL, inventory  # type: ignore[import-not-found]  # beside the tests

    for twin in ALL:
        yield twin.name, inventory(twin.torch), inventory(twin.jax)


def saved(paths: list[str]) -> Iterator[tuple[str, Inventory, Inventory]]:
    """Yield saved inventories two by two."""
    for first, second in zip(paths[::2], paths[1::2], strict=True):
        yield f"{Path(first).stem}, {Path(second).stem}", Inventory.load(first), Inventory.load(second)


def row(name: str, a: Inventory, b: Inventory) -> str:
    """Return the line of the table for two models."""
    start = time.perf_counter()
    found = paramrules.parity(RULES, a, b)
    seconds = time.perf_counter() - start
    left = sum(map(len, found.unpaired))
    every = left + sum(len(pair.a) + len(pair.b) for pair in found.pairs)
    lines = sum(line.startswith("# ") and " = " in line for line in found.mapping().splitlines()[2:])
    return f"| {name} | {len(a):,} / {len(b):,} | {1 - left / every:.1%} | {lines} | {seconds:.2f} |"


if __name__ == "__main__":
    print(HEAD)
    for models in saved(sys.argv[1:]) if sys.argv[1:] else twins():
        print(row(*models), flush=True)
