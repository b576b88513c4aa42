"""On real models and the policies of real projects the evaluator and the naive one agree."""

import json
from pathlib import Path

import pytest
from oracle import naive
from oracle.test_against_naive import answer, wanted
from support import golden_rows, inventory_of

import paramrules

TESTS = Path(__file__).parents[1]
POLICIES = sorted((TESTS / "cases" / "policies").glob("*.rules"))
SMALL = "timm-vit_tiny_patch16_224"
MODELS = [
    pytest.param(path.stem, marks=() if path.stem == SMALL else pytest.mark.slow)
    for path in sorted((TESTS / "golden").glob("*.json"))
]


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("policy", POLICIES, ids=lambda path: path.stem)
def test_agrees_on_a_policy(policy: Path, model: str) -> None:
    rules = paramrules.load(policy)
    options = {"base_width": 128} if policy.stem == "22_mup" else {}
    golden = json.loads((TESTS / "golden" / f"{model}.json").read_text("utf-8"))
    inventory = inventory_of(golden_rows(golden))
    expected = wanted(naive.assign(rules.file, inventory, options=options))
    assert answer(rules, inventory, options, strict=False) == expected
