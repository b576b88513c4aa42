"""Time the comparison of the policies with their twins: `python benchmarks/bench_prove.py`."""

import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from measuring import Row, compared, needed, show

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

with needed():
    from proofs.rewritten import NEAR_TWINS, ORIGINALS, TWINS

    import paramrules

ROUNDS = 3


def rows() -> Iterator[Row]:
    """Measure each proof, and name its answer, cells and steps."""
    rewritten = [(path, "rewritten") for path in TWINS] + [(path, "changed") for path in NEAR_TWINS]
    for path, how in rewritten:
        files = paramrules.load(ORIGINALS[path.name]), paramrules.load(path)
        proof = paramrules.prove(*files)
        what = f"{path.stem}, {how}: {proof.answer}, {proof.cells:,} cells, {proof.steps:,} steps"
        yield from compared({what: partial(paramrules.prove, *files)}, rounds=ROUNDS)


if __name__ == "__main__":
    show(rows())
