"""On real models and the policies of real projects the evaluator and the naive one agree."""

import json
import re
from pathlib import Path

import pytest
from oracle import naive
from oracle.test_against_naive import answer, wanted
from support import Row, golden_rows, inventory_of

import paramrules

TESTS = Path(__file__).parents[1]
POLICIES = sorted((TESTS / "cases" / "policies").glob("*.rules"))
VIT = "timm-vit_tiny_patch16_224"
LEFT_OUT = re.compile(r"blocks\.([3-9]|10)\.")
"""Blocks of the ViT that are like the others."""
MODELS = ["four blocks of a ViT"] + [
    pytest.param(path.stem, marks=pytest.mark.slow) for path in sorted((TESTS / "golden").glob("*.json"))
]


def rows_of(model: str) -> list[Row]:
    """Return the rows of a recorded model, or of the small one that stands for them in most runs."""
    small = model == MODELS[0]
    path = TESTS / "golden" / f"{VIT if small else model}.json"
    rows = golden_rows(json.loads(path.read_text("utf-8")))
    return [row for row in rows if not (small and LEFT_OUT.match(row["name"]))]


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("policy", POLICIES, ids=lambda path: path.stem)
def test_agrees_on_a_policy(policy: Path, model: str) -> None:
    rules = paramrules.load(policy)
    options = {"base_width": 128} if policy.stem == "22_mup" else {}
    inventory = inventory_of(rows_of(model))
    expected = wanted(naive.assign(rules.file, inventory, options=options))
    assert answer(rules, inventory, options, strict=False) == expected
