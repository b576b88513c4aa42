"""Pairs that `parity` finds without a mapping, lines left to write, pairs in the same group, and the time.

    python benchmarks/bench_pairing.py                  # the saved models of tests/parity/public
    python benchmarks/bench_pairing.py --twins          # the twins of examples/twins
    python benchmarks/bench_pairing.py A.json B.json    # saved inventories, two by two

A line stands for all tensors whose names differ only by numbers; a module that is to be told from its like
takes one line. Groups are those of pairing.rules. Pairs in different groups are listed below the table, those
that differ only by numbers once.
"""

import re
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from measuring import needed

with needed():
    import paramrules
    from paramrules import Inventory

ROOT = Path(__file__).parents[1]
PUBLIC = ROOT / "tests" / "parity" / "public"
PAIRS = (
    ("bert.torch", "bert.flax"),
    ("gpt2.torch", "gpt2.flax"),
    ("t5.torch", "t5.flax"),
    ("wav2vec2.torch", "wav2vec2.flax"),
    ("timm-vit_tiny_patch16_224.torch", "bv_vit_ti"),
    ("timm-vit_tiny_patch16_224.torch", "eq_vit"),
)
"""The models of tests/parity/public, two by two."""

RULES = paramrules.load(Path(__file__).with_name("pairing.rules"))
HEAD = (
    "| models | tensors | paired | lines to write | in the same group | seconds |\n"
    "|---|---:|---:|---:|---:|---:|"
)


class Measured(NamedTuple):
    """The comparison of two models.

    Attributes:
        cells: tensors, share that is paired, lines to write and pairs in the same group, as text.
        apart: the pairs in different groups, with the first axis that differs and their labels there.
        seconds: the time that it took.
    """

    cells: tuple[str, ...]
    apart: dict[str, str]
    seconds: float


def measure(a: Inventory, b: Inventory) -> Measured:
    """Compare two models."""
    start = time.perf_counter()
    found = paramrules.parity(RULES, a, b)
    seconds = time.perf_counter() - start
    left = sum(map(len, found.unpaired))
    every = left + sum(len(pair.a) + len(pair.b) for pair in found.pairs)
    lines = sum(line.startswith("# ") and " = " in line for line in found.mapping().splitlines()[2:])
    differing = {(one.a, one.b) for one in found.differences}
    same = sum(not differing.intersection((x, y) for x in pair.a for y in pair.b) for pair in found.pairs)
    apart: dict[str, str] = {}
    for one in found.differences:
        pair = re.sub(r"\d+", "*", f"{one.a} = {one.b}")
        apart.setdefault(pair, f"[{one.axis}] {one.labels[0]}, {one.labels[1]}")
    cells = (
        f"{len(a):,} / {len(b):,}",
        f"{1 - left / every:.1%}",
        str(lines),
        f"{same:,} of {len(found.pairs):,}",
    )
    return Measured(cells, apart, seconds)


def twins() -> Iterator[tuple[str, Inventory, Inventory]]:
    """Yield the models of examples/twins, with a name for each two."""
    sys.path.insert(0, str(ROOT / "tests" / "twins"))
    with needed():
        from twins import ALL, inventory  # type: ignore[import-not-found]  # beside the tests

    for twin in ALL:
        yield twin.name, inventory(twin.torch), inventory(twin.jax)


def saved(paths: list[str]) -> Iterator[tuple[str, Inventory, Inventory]]:
    """Yield saved inventories two by two."""
    for first, second in zip(paths[::2], paths[1::2], strict=True):
        yield f"{Path(first).stem}, {Path(second).stem}", Inventory.load(first), Inventory.load(second)


def chosen(arguments: list[str]) -> Iterator[tuple[str, Inventory, Inventory]]:
    """Yield the models that the command line asks for."""
    if arguments == ["--twins"]:
        return twins()
    return saved(arguments or [str(PUBLIC / f"{name}.json") for pair in PAIRS for name in pair])


if __name__ == "__main__":
    print(HEAD)
    below = []
    for name, first, second in chosen(sys.argv[1:]):
        found = measure(first, second)
        print("|", " | ".join((name, *found.cells, f"{found.seconds:.2f}")), "|", flush=True)
        below += [f"{name}: {pair}: {labels}" for pair, labels in found.apart.items()]
    print("", *below, sep="\n")
