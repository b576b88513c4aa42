"""Check any number of generated pairs: `python tests/proofs/volume.py PAIRS [SEED]`.

Seeds count up from SEED, and each yields three or four pairs. A wrong answer is printed with its pair, and
the exit code is then 1.
"""

import sys
import time
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from proofs.test_prove_against_brute_force import checked


def check(count: int, seed: int) -> int:
    """Check at least so many pairs, print the answers by kind of pair, and return how many are wrong."""
    answers: Counter[tuple[str, str]] = Counter()
    wrong, shown = 0, time.monotonic()
    while answers.total() < count:
        for pair, compare, proof, found in checked(seed):
            answers[pair.kind, proof.answer] += 1
            if found:
                wrong += 1
                print(f"{found}, seed {seed}, {compare}:", *pair.texts, sep="\n---\n", flush=True)
        seed += 1
        if time.monotonic() > shown + 60:
            shown = time.monotonic()
            print(f"{answers.total():,} pairs, {wrong} wrong, next seed {seed}", flush=True)
    print(f"{answers.total():,} pairs, {wrong} wrong, next seed {seed}")
    for (kind, answer), number in sorted(answers.items()):
        print(f"{kind:10} {answer:10} {number:7,}")
    return wrong


if __name__ == "__main__":
    numbers = [int(argument) for argument in sys.argv[1:]]
    sys.exit(bool(check(*numbers, *(1000, 0)[len(numbers) :])))
