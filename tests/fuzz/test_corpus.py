"""Earlier finds of the fuzzers stay fixed, and the slow session looks for more."""

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest
from fuzz import corpus
from fuzz.targets import TARGETS
from support import calls

SECONDS = os.environ.get("PARAMRULES_FUZZ_SECONDS", "60")
KEPT = [name for name, target in TARGETS.items() if target.has_corpus]


@pytest.mark.parametrize("name", KEPT)
def test_inputs_of_the_corpus(name: str) -> None:
    """They are right, and readers take steps in proportion to them."""
    found, target = corpus.inputs(name), TARGETS[name].run
    assert found
    for data in found:
        if name == "assign":  # whose second evaluator is slow on purpose
            target(data)
        else:
            assert calls(lambda data=data: target(data)) < 150_000 + 200 * len(data)


def test_each_corpus_has_a_target() -> None:
    assert sorted(path.stem for path in corpus.FOLDER.iterdir()) == sorted(KEPT)
    assert {path.stem for path in corpus.FALLEN.iterdir()} <= set(TARGETS)


@pytest.mark.slow
@pytest.mark.skipif(find_spec("atheris") is None, reason="atheris has no wheel for this system or Python")
def test_fuzzers_find_nothing() -> None:
    command = [sys.executable, Path(__file__).parent / "run.py", "--seconds", SECONDS]
    done = subprocess.run(command, capture_output=True, text=True, timeout=float(SECONDS) + 600)
    assert done.returncode == 0, done.stdout + done.stderr
    names = [line.split()[0] for line in done.stdout.splitlines()[1:]]
    assert names == list(TARGETS)
