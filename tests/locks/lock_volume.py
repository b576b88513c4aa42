"""Round trips of any number of generated locks: `python tests/locks/lock_volume.py LOCKS [SEED]`.

Seeds count up from SEED. A lock that does not read back as what was written is printed with its seed, and the
exit code is then 1.
"""

import sys
import time
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from locks.awkward import locks
from locks.test_round_trip import exactly

import paramrules
from paramrules.locks import parse_lock


def fallen(seed: int) -> Iterator[str]:
    """Yield for each lock of a seed what is wrong with its round trip; "" for nothing."""
    for lock in locks(seed):
        try:
            again = parse_lock(lock.text)
        except paramrules.RulesError as error:
            yield error.diagnostics[0].message
            continue
        if exactly(again) != exactly(lock):
            yield "it reads back as another"
        elif again.text != lock.text:
            yield "it is written otherwise again"
        else:
            yield ""


def check(count: int, seed: int) -> int:
    """Check at least so many locks, and return how many fell."""
    done = wrong = 0
    shown = time.monotonic()
    while done < count:
        for why in fallen(seed):
            done += 1
            if why:
                wrong += 1
                print(f"seed {seed}: {why:.300}", flush=True)
        seed += 1
        if time.monotonic() > shown + 60:
            shown = time.monotonic()
            print(f"{done:,} locks, {wrong} wrong, next seed {seed}", flush=True)
    print(f"{done:,} locks, {wrong} wrong, next seed {seed}")
    return wrong


if __name__ == "__main__":
    numbers = [int(argument) for argument in sys.argv[1:]]
    sys.exit(bool(check(*numbers, *(1000, 0)[len(numbers) :])))
