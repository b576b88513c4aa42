"""The example of the README: one rule file, the same model in two frameworks."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from paramrules.cli import main

VIT = Path(__file__).parents[2] / "examples" / "vit"
MODELS = [str(VIT / file) for file in ("vit_torch.py:ViT", "vit_flax.py:ViT")]


@pytest.fixture(scope="module")
def shown() -> list[dict[str, object]]:
    """Return the answer of `show --json` for both models."""
    named = [argument for model in MODELS for argument in ("--model", model)]
    ran = CliRunner().invoke(main, ["show", str(VIT / "vit.rules"), *named, "--json"])
    assert ran.exit_code == 0, ran.output
    return json.loads(ran.stdout)["models"]  # type: ignore[no-any-return]


def test_both_frameworks_get_the_same_groups(shown: list[dict[str, object]]) -> None:
    def told(model: dict[str, object]) -> list[tuple[object, ...]]:
        keys = ("label", "settings", "tensors", "parameters")
        return [tuple(group[key] for key in keys) for group in model["groups"]]  # type: ignore[attr-defined]

    torch, flax = shown
    assert (torch["framework"], flax["framework"]) == ("torch", "optax")
    assert told(torch) == told(flax)
    assert [label for label, *_ in told(torch)] == [
        f"{decay}/{place}"
        for decay in ("no_decay", "decay")
        for place in ("stem", "block_1", "block_2", "block_3", "block_4", "head")
    ]
    assert told(torch)[7] == ("decay/block_1", {"lr_scale": 0.75**4}, 4, 12 * 192**2)


def test_nothing_is_left_dead_or_frozen(shown: list[dict[str, object]]) -> None:
    for model in shown:
        assert (model["left"], model["dead"], model["frozen"]) == ({"decay": [], "lr": []}, [], [])


@pytest.mark.parametrize("model", MODELS, ids=["torch", "flax"])
def test_the_expectations_hold(model: str) -> None:
    ran = CliRunner().invoke(main, ["test", str(VIT / "vit.rules"), "--model", model])
    assert (ran.exit_code, ran.stdout.splitlines()[-1]) == (0, "2 passed, 0 failed")
