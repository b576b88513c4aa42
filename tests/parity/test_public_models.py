"""Models that others published, in PyTorch and in JAX: what is paired, and what is in the same group."""

import importlib.util
import sys
from pathlib import Path
from typing import Any

import pytest

from paramrules import Inventory

ROOT = Path(__file__).parents[2]


def _bench() -> Any:
    """Import benchmarks/bench_pairing.py, which is in no package."""
    spec = importlib.util.spec_from_file_location("bench_pairing", ROOT / "benchmarks" / "bench_pairing.py")
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules[spec.name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


BENCH = _bench()
APART = {
    # tied to a bias of a Linear in PyTorch alone
    "bert.flax": {"cls.predictions.bias = cls.predictions.bias": "[types] linear, rest"},
    # a parameter of the model itself, whose axes nothing explains: (1, n, 192) and (n, 192)
    "eq_vit": {
        "cls_token = cls_token": "[ranks] rest, matrix",
        "pos_embed = global_pos_embed.weight": "[ranks] rest, matrix",
    },
}


@pytest.mark.parametrize("pair", BENCH.PAIRS, ids=lambda pair: pair[1])
def test_a_public_pair(pair: tuple[str, str]) -> None:
    found = BENCH.measure(*(Inventory.load(BENCH.PUBLIC / f"{name}.json") for name in pair))
    assert found.apart == APART.get(pair[1], {})
    assert found.cells[1:3] == ("100.0%", "0")
    page = (ROOT / "docs" / "twins.md").read_text("utf-8")
    (row,) = (line for line in page.splitlines() if line.startswith(f"| {', '.join(pair)} |"))
    _, tensors, _, _, *after = row.strip("| ").split(" | ")
    assert (tensors, *after) == found.cells
