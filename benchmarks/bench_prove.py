"""Time the comparison of the policies with their twins: `python benchmarks/bench_prove.py`."""

import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from measuring import Row, compared, show

import paramrules

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from proofs.rewritten import NEAR_TWINS, ORIGINALS, TWINS

ROUNDS = 3


def rows() -> Iterator[Row]:
    """Measure each proof, and name its answer, cells and steps, which are the same on every machine."""
    for path in (*TWINS, *NEAR_TWINS):
        files = paramrules.load(ORIGINALS[path.name]), paramrules.load(path)
        proof = paramrules.prove(*files)
        what = f"{path.parent.name}/{path.stem}: {proof.answer}, {proof.cells:,} cells, {proof.steps:,} steps"
        yield from compared({what: partial(paramrules.prove, *files)}, rounds=ROUNDS)


if __name__ == "__main__":
    show(rows())
