"""The policies against their twins: equal, and different from what nearly means the same."""

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
