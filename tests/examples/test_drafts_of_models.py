"""Drafts for real models are strict on them."""

import paramrules_optax
import pytest
from golden import golden_model

import paramrules
from paramrules.drafting import draft


@pytest.mark.parametrize("file", golden_model.FILES)
def test_a_draft_is_strict_on_its_model(file: str) -> None:
    model, _ = golden_model.load(file)
    rules = paramrules.parse(draft(model))
    found = paramrules.examine(rules, model, strict=True)
    assert [finding.code for finding in found.findings if finding.severity != "note"] == []
    assert [axis.name for axis in found.axes] == ["decay", "lr"]


def test_a_tree_without_classes() -> None:
    import jax.numpy as jnp

    tree = {f"blocks_{i}": {"kernel": jnp.ones((2, 2)), "bias": jnp.ones(2)} for i in range(3)}
    labels = paramrules_optax.labels(tree, paramrules.parse(draft(tree)))
    assert labels["blocks_2"] == {"kernel": "decay/block_2", "bias": "no_decay/block_2"}
