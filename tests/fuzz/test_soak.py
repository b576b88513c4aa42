"""Reading and assigning over and over keeps nothing."""

import gc
import json
import tracemalloc
from pathlib import Path

import pytest
from support import golden_rows, inventory_of

import paramrules

TESTS = Path(__file__).parents[1]
GOLDEN = json.loads((TESTS / "golden" / "timm-vit_tiny_patch16_224.json").read_text("utf-8"))
TEXT = (TESTS / "cases" / "policies" / "02_timm_layer_decay_vit.rules").read_text("utf-8")


def once(number: int) -> None:
    """Read a file that was never read before, assign it to a new inventory, and ask why."""
    rules = paramrules.parse(f"{TEXT}\n# number {number}\n", f"file_{number}.rules")
    assignment = paramrules.assign(rules, inventory_of(golden_rows(GOLDEN)))
    assert str(assignment.explain("blocks.0.norm1.weight"))
    with pytest.raises(paramrules.RulesError):
        paramrules.parse(f"{TEXT}\nrule {number}", "broken.rules")


def kept_by(rounds: range) -> int:
    """Bytes that are still held after these rounds and were not before."""
    gc.collect()
    before = tracemalloc.get_traced_memory()[0]
    for number in rounds:
        once(number)
    gc.collect()
    return tracemalloc.get_traced_memory()[0] - before


@pytest.mark.parametrize("rounds", [20, pytest.param(2_000, marks=pytest.mark.slow)])
def test_memory_does_not_grow(rounds: int) -> None:
    once(0)  # fills what is made once a process
    tracemalloc.start()
    try:
        assert kept_by(range(1, rounds + 1)) < 100_000 + 100 * rounds
    finally:
        tracemalloc.stop()
