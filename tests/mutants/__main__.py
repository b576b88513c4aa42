"""Change single operators and constants of the core, and show the changes that no test notices.

`nox -s mutants -- 40` tries 40 mutants, as many of each folder; `--seed 7` draws others. With `emission`
all are of that folder; `src/paramrules/regex/parse.py:120` tries all mutants of one line. Cosmic Ray makes
them, one at a time in a copy of the clone. Tools that wrap functions instead, such as mutmut, fail our tests
that count calls.

Of all that one operator or constant can become, one is drawn: eleven ways to break one `+` say no more than
one. A mutant that makes a test take ten times as long is killed. Mutants that no test should notice are in
`known.md`, with the reason.
"""

import argparse
import os
import random
import re
import shutil
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from itertools import chain, islice, zip_longest
from pathlib import Path

from places import Change, Mutant, mutant, places
from trials import Outcome, Tests

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
KEPT = ROOT / ".mutants"
COPY = KEPT / "clone"
CORE = Path("src/paramrules")
FOLDERS = ("rules", "assignment", "regex", "emission")
SELECTION = ["@tests/core.txt", "-m", "not slow and not frameworks"]
"""The tests that need no framework, but for folders of generated cases, which take as long as all others."""


def copy_clone() -> None:
    """Copy all but what git ignores, as it is in the working tree."""
    KEPT.mkdir(exist_ok=True)
    (KEPT / ".gitignore").write_text("*")
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    for name in filter(None, listed.stdout.split("\0")):
        (COPY / name).parent.mkdir(parents=True, exist_ok=True)
        if (ROOT / name).exists():
            shutil.copy2(ROOT / name, COPY / name)


def known() -> set[Change]:
    """Return the changes in `known.md`."""
    changes = set()
    for section in re.split(r"^## ", (HERE / "known.md").read_text(), flags=re.MULTILINE)[1:]:
        path = CORE / section.partition("\n")[0]
        there = {line.strip() for line in path.read_text().splitlines()}
        for block in re.findall(r"^```diff\n(.*?)^```$", section, flags=re.MULTILINE | re.DOTALL):
            before, after = (
                tuple(line[1:].strip() for line in block.splitlines() if line[0] == sign) for sign in "-+"
            )
            if not there.issuperset(before):
                raise ValueError(f"known.md: the lines of {path} have changed, so remove\n{block}")
            changes.add((str(path), before, after))
    return changes


def drawn(folder: str, count: int, seed: int) -> Iterator[Mutant]:
    """Return mutants of a folder, each of another place, the same ones for the same seed."""
    dice = random.Random(f"{seed} {folder}")
    shuffled = places(CORE / folder)
    dice.shuffle(shuffled)
    return islice(filter(None, (mutant(dice.choice(place)) for place in shuffled)), count)


def of_line(where: str) -> Iterator[Mutant]:
    """Return all mutants of a line, given as `PATH:LINE`."""
    specs = chain.from_iterable(places(Path(where).parent))
    return filter(None, (mutant(spec) for spec in specs if f"{spec.path}:{spec.start[0]}" == where))


def main() -> int:
    """Return 1 if a mutant survived that is not known."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("what", nargs="*", help="how many mutants (default: 100), folders, or PATH:LINE")
    parser.add_argument("--seed", type=int, default=0)
    again = "first run only the tests that have changed since the last time, not all"
    parser.add_argument("--again", action="store_true", help=again)
    most = "how long the tests that a mutant survives take (default: 60)"
    parser.add_argument("--seconds", type=float, default=60.0, help=most)
    arguments = parser.parse_args()
    count = next((int(word) for word in arguments.what if word.isdigit()), 100)
    folders = [word for word in arguments.what if word in FOLDERS] or FOLDERS
    lines = [word for word in arguments.what if ":" in word]

    if not arguments.again:
        shutil.rmtree(KEPT, ignore_errors=True)
    copy_clone()
    os.chdir(COPY)
    roots = [str(COPY / root) for root in ("src", "grammar", "backends")]
    os.environ["PYTHONPATH"] = os.pathsep.join(roots)
    sys.path[:0] = roots
    unnoticed = known()
    tests = Tests(SELECTION, Path("log"))
    by_folder = [drawn(folder, -(-count // len(folders)), arguments.seed) for folder in folders]
    one_of_each = filter(None, chain.from_iterable(zip_longest(*by_folder)))

    outcomes = {folder: Counter[Outcome]() for folder in folders}
    for found in chain.from_iterable(map(of_line, lines)) if lines else one_of_each:
        started = time.monotonic()
        folder = found.path.parent.name
        outcome, tried = Outcome.KNOWN, ""
        if found.change not in unnoticed:
            outcome, tried = tests.try_on(found, f"tests/{folder}/", arguments.seconds)
        outcomes[folder][outcome] += 1
        took = time.monotonic() - started
        print(f"{outcome.value} {found.path}:{found.lines[0]} ({tried} in {took:.0f} s)", flush=True)
        if outcome is Outcome.SURVIVED:
            print(
                *(f"-{line}" for line in found.before),
                *(f"+{line}" for line in found.after),
                sep="\n",
                flush=True,
            )
    report(outcomes)
    return 1 if any(counted[Outcome.SURVIVED] for counted in outcomes.values()) else 0


def report(outcomes: dict[str, Counter[Outcome]]) -> None:
    """Print for each folder how many mutants were killed, of all and without the known ones."""
    for folder, counted in {**outcomes, "all": sum(outcomes.values(), Counter[Outcome]())}.items():
        tried, known_ones, late = counted.total(), counted[Outcome.KNOWN], counted[Outcome.TIMEOUT]
        survived = counted[Outcome.SURVIVED]
        killed = counted[Outcome.KILLED] + late
        print(
            f"{folder}: {tried} mutants, {killed} killed ({late} by time), {survived} survived, "
            f"{known_ones} known: {killed / max(tried, 1):.1%} killed, "
            f"{killed / max(tried - known_ones, 1):.1%} without the known"
        )


if __name__ == "__main__":
    sys.exit(main())
