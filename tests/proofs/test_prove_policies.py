"""The policies against their twins: equal, and different from what nearly means the same."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from proofs.rewritten import NEAR_TWINS, ORIGINALS, TWINS

import paramrules


@pytest.mark.parametrize("twin", TWINS, ids=lambda path: path.stem)
def test_a_policy_equals_its_twin(twin: Path) -> None:
    proof = paramrules.prove(ORIGINALS[twin.name], twin)
    assert proof.answer == "equal"


@pytest.mark.parametrize("twin", NEAR_TWINS, ids=lambda path: path.stem)
def test_a_policy_differs_from_its_near_twin(twin: Path) -> None:
    proof = paramrules.prove(ORIGINALS[twin.name], twin)
    assert proof.answer == "different"
    assert proof.counterexample is not None
    assert len(proof.counterexample.inventory) == 1


PROVE = """\
import sys, paramrules
for at in range(1, len(sys.argv), 2):
    proof = paramrules.prove(sys.argv[at], sys.argv[at + 1])
    print(proof, proof.steps, proof.counterexample and proof.counterexample.inventory.to_json())
"""


def test_a_proof_takes_the_same_steps_in_every_process() -> None:
    """Python hashes texts differently in each."""
    twins = [path for path in (*TWINS, *NEAR_TWINS) if path.stem in ("levanter", "x_transformers_muon")]
    files = [file for twin in twins for file in (str(ORIGINALS[twin.name]), str(twin))]
    one, other = (
        subprocess.run(
            [sys.executable, "-c", PROVE, *files],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    )
    assert one == other
