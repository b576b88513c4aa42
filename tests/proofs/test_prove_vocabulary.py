"""Proofs for models that have a vocabulary of their own."""

from pathlib import Path
from typing import Any

import pytest

import paramrules
from paramrules.proofs import Proof

OWN = """
[families]
RMSNorm = ["unit_net.UnitScale"]
"""


@pytest.fixture
def own(tmp_path: Path) -> Path:
    file = tmp_path / "own.toml"
    file.write_text(OWN, "utf-8")
    return file


def proof(one: str, other: str, **more: Any) -> Proof:
    files = (paramrules.parse(f"a: {test}\nb: else\n") for test in (one, other))
    return paramrules.prove(*files, **more)


@pytest.mark.parametrize(
    ("one", "other", "without", "answer"),
    [
        ("type(RMSNorm|unit_net.UnitScale)", "type(RMSNorm)", "different", "equal"),
        ("type(unit_net.UnitScale|*Norm)", "type(*Norm)", "different", "different"),
        ("ndim == 1 or type(LayerNorm) and type(UnitScale)", "ndim == 1", "different", "different"),
        ("type(LayerNorm) and not type(RMSNorm)", "type(LayerNorm)", "different", "different"),
    ],
)
def test_families_have_the_classes_of_the_vocabulary(
    one: str, other: str, without: str, answer: str, own: Path
) -> None:
    assert proof(one, other).answer == without
    assert proof(one, other, vocabulary=own).answer == proof(other, one, vocabulary=[own]).answer == answer


def test_an_example_has_the_vocabulary(own: Path) -> None:
    found = proof("type(unit_net.*)", "type(unit_net.*) and not type(RMSNorm)", vocabulary=own)
    assert found.counterexample is not None
    saved = found.counterexample.inventory
    assert saved.vocabulary.sources[1].families == {"RMSNorm": ("unit_net.UnitScale",)}
    example = paramrules.Inventory.from_json(saved.to_json())
    assert paramrules.assign(paramrules.parse("a: type(RMSNorm)\nb: else\n"), example).groups[0].label == "a"


def test_a_vocabulary_holds_for_one_proof(own: Path) -> None:
    proof("ndim == 1", "ndim < 2", vocabulary=own)
    assert proof("type(RMSNorm|unit_net.UnitScale)", "type(RMSNorm)").answer == "different"


def test_a_vocabulary_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(paramrules.RulesError, match="E510"):
        proof("ndim == 1", "ndim < 2", vocabulary=tmp_path / "none.toml")
