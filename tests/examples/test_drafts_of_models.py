"""Drafts for real models are strict on them."""

import paramrules_optax
import pytest
from golden import golden_model
from torch import nn

import paramrules
from paramrules.drafting import draft


@pytest.mark.parametrize("file", golden_model.FILES)
def test_a_draft_is_strict_on_its_model(file: str) -> None:
    model, _ = golden_model.load(file)
    rules = paramrules.parse(draft(model))
    found = paramrules.examine(rules, model, strict=True)
    assert [finding.code for finding in found.findings if finding.severity != "note"] == []
    assert [axis.name for axis in found.axes] == ["decay", "lr"]


def test_a_head_that_is_tied_to_the_embedding() -> None:
    class Model(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.wte = nn.Embedding(9, 4)
            self.h = nn.ModuleList(nn.Linear(4, 4) for _ in range(2))
            self.cls = nn.ModuleDict({"dense": nn.Linear(4, 4), "decoder": nn.Linear(4, 9)})
            self.cls["decoder"].weight = self.wte.weight

    text = draft(Model())
    assert "let head  = name ~ ^cls\\.(?:dense\\.|decoder\\.bias$)\n" in text
    assert "expect rest: head\n" in text
    assert "expect decay: type(Linear) and role == weight\n" in text
    found = paramrules.examine(paramrules.parse(text), paramrules.inventory(Model()), strict=True)
    assert [finding.code for finding in found.findings] == ["N210"]


def test_a_tree_without_classes() -> None:
    import jax.numpy as jnp

    tree = {f"blocks_{i}": {"kernel": jnp.ones((2, 2)), "bias": jnp.ones(2)} for i in range(3)}
    labels = paramrules_optax.labels(tree, paramrules.parse(draft(tree)))
    assert labels["blocks_2"] == {"kernel": "decay/block_2", "bias": "no_decay/block_2"}
