"""Time the comparison of the policies with their twins: `python benchmarks/bench_prove.py`."""

import statistics
import sys
import time
from pathlib import Path

import paramrules

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from proofs.rewritten import NEAR_TWINS, ORIGINALS, TWINS

ROUNDS = 3


def main() -> None:
    """Print a row for each file: the answer, the median time, the cells and steps of the proof."""
    print(f"{'file':45} {'answer':10} {'ms':>8} {'cells':>8} {'steps':>10}")
    slowest = 0.0
    for path in (*TWINS, *NEAR_TWINS):
        files = paramrules.load(ORIGINALS[path.name]), paramrules.load(path)
        times = []
        for _ in range(ROUNDS):
            begun = time.perf_counter()
            proof = paramrules.prove(*files)
            times.append(1e3 * (time.perf_counter() - begun))
        slowest = max(slowest, statistics.median(times))
        row = f"{proof.answer:10} {statistics.median(times):8.1f} {proof.cells:8} {proof.steps:10}"
        print(f"{path.parent.name + '/' + path.stem:45} {row}")
    print(f"the slowest takes {slowest:.0f} ms")


if __name__ == "__main__":
    main()
