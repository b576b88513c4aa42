"""One rule file groups two models of one architecture alike, whatever they call their parameters."""

from typing import Any

import pytest
from table import README, with_table
from twins import ALL, TWINS, Twin, ask

TWICE = {"speech/speech_torch.py:make": {f"no_decay/lstm_{layer}": 4 * 512 for layer in range(4)}}
"""What a model of torch has and its twin has not: torch's LSTM adds two biases where one would do."""


@pytest.mark.parametrize("twin", ALL, ids=lambda twin: twin.name)
def test_both_models_have_the_same_groups(twin: Twin) -> None:
    shown = ask("show", str(TWINS / twin.rules), *twin.models)
    torch, jax = shown["models"]
    assert (torch["framework"], jax["framework"], shown["findings"]) == ("torch", "optax", [])
    for model in (torch, jax):
        assert (model["dead"], model["left"]) == ([], {"decay": [], "lr": []})

    def told(model: dict[str, Any], more: dict[str, int]) -> list[tuple[str, dict[str, Any], int]]:
        return [
            (group["label"], group["settings"], group["parameters"] - more.get(group["label"], 0))
            for group in model["groups"]
        ]

    assert told(torch, TWICE.get(twin.torch, {})) == told(jax, {})


def test_the_table_says_what_is() -> None:
    page = README.read_text("utf-8")
    assert with_table(page) == page
