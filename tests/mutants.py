"""Change single operators and constants of the core, and show the changes that no test notices.

`nox -s mutants -- 40` tries 40 mutants drawn from all, `nox -s mutants -- 40 --seed 7` others, and
`nox -s mutants -- 40 emission` those of one folder. Cosmic Ray makes the mutants, one at a time in a copy of
the clone. Tools that wrap functions instead, such as mutmut, fail our tests that count calls.
"""

import argparse
import os
import random
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from cosmic_ray.commands import init
from cosmic_ray.modules import find_modules
from cosmic_ray.mutating import mutate_and_test
from cosmic_ray.testing import run_tests
from cosmic_ray.work_db import use_db
from cosmic_ray.work_item import MutationSpec, TestOutcome, WorkerOutcome

ROOT = Path(__file__).parents[1]
FOLDERS = ("rules", "assignment", "regex", "emission")
BACKENDS = ("tests/torch_build", "tests/mlx_backend")
"""Test folders that cover emission, besides tests/emission."""
TIMEOUT = 600.0


def copy_clone(target: Path) -> None:
    """Copy what git tracks, as it is in the working tree."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True)
    for name in filter(None, listed.stdout.split("\0")):
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        if (ROOT / name).exists():
            shutil.copy2(ROOT / name, target / name)


def command(folder: str) -> str:
    """Return the tests of a folder, which come first, and of all that is computed with it."""
    more = BACKENDS if folder == "emission" else ()
    tests = " ".join((f"tests/{folder}", *more, "@tests/core.txt", "tests/oracle"))
    return f"{sys.executable} -m pytest -x -q -p no:cacheprovider {tests}"


def mutants(folder: str) -> list[MutationSpec]:
    """Return all mutants of a folder but those of annotations, where `|` is a union."""
    with use_db(":memory:") as database:
        init(sorted(find_modules([Path("src/paramrules") / folder])), database, {})
        specs = [mutation for item in database.work_items for mutation in item.mutations]
    return sorted(
        (spec for spec in specs if "BinaryOperator_BitOr" not in spec.operator_name),
        key=lambda spec: (str(spec.module_path), spec.operator_name, spec.occurrence),
    )


def main() -> int:
    """Return 1 if a mutant survived."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("count", nargs="?", type=int, default=100, help="mutants to try (default: 100)")
    parser.add_argument("folders", nargs="*", choices=[*FOLDERS, []], help="default: all")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    folders = arguments.folders or FOLDERS
    with tempfile.TemporaryDirectory() as directory:
        copy_clone(Path(directory))
        os.chdir(directory)
        os.environ["PYTHONPATH"] = os.pathsep.join(
            f"{directory}/{root}" for root in ("src", "grammar", "backends")
        )
        outcome, output = run_tests(command("emission"), TIMEOUT)
        if outcome is not TestOutcome.SURVIVED:
            print(output[-3000:], "the tests fail without mutants", sep="\n")
            return 2
        everything = [(folder, spec) for folder in folders for spec in mutants(folder)]
        chosen = random.Random(arguments.seed).sample(everything, min(arguments.count, len(everything)))
        survivors = 0
        for number, (folder, spec) in enumerate(chosen, 1):
            result = mutate_and_test([spec], command(folder), TIMEOUT)
            if result.worker_outcome is not WorkerOutcome.NORMAL:
                raise RuntimeError(result.output)
            survived = result.test_outcome is TestOutcome.SURVIVED
            survivors += survived
            print(
                f"{number}/{len(chosen)} {result.test_outcome.value} {spec.module_path}:{spec.start_pos[0]}",
                flush=True,
            )
            if survived:
                print(result.diff, flush=True)
    print(f"{len(chosen)} of {len(everything)} mutants tried: {survivors} survived")
    return 1 if survivors else 0


if __name__ == "__main__":
    sys.exit(main())
