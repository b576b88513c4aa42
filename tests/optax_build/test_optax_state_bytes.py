"""The state of Optax's optimizers without training, against that of `init`."""

import jax
import jax.numpy as jnp
import optax
import paramrules_optax
import pytest
from paramrules_optax.state_bytes import optimizers

import paramrules

PARAMS = {"a": jnp.ones((8, 4)), "b": jnp.ones((130, 140), jnp.bfloat16), "c": jnp.ones(())}


@pytest.mark.parametrize("name", ["adamw", "sgd", "adafactor", "lion", "sm3", "prodigy"])
def test_against_init(name: str) -> None:
    rules = paramrules.parse("a: name ~ a\nb: name ~ b\nc: else")
    found = paramrules.state_bytes(paramrules.assign(rules, PARAMS), name)
    for key, size in zip(PARAMS, found, strict=True):
        state = optimizers()[name](learning_rate=0.1).init({key: PARAMS[key]})
        every = sum(leaf.nbytes for leaf in jax.tree.leaves(state))
        shared = sum(leaf.nbytes for leaf in jax.tree.leaves(state) if leaf.ndim == 0)
        assert size <= every
        assert size >= every - shared
    if name == "adamw":
        assert found == [2 * 4 * 32, 2 * 2 * 130 * 140, 2 * 4]
    if name == "sgd":
        assert found == [0, 0, 0]


def test_settings_of_rules_and_stacked_layers() -> None:
    rules = paramrules.parse("first: name ~ layers.0 -> momentum = 0.9\nrest: else")
    inventory = paramrules.inventory({"layers": {"w": jnp.ones((3, 4, 5))}}, stacked={"layers": 1})
    assert paramrules.state_bytes(paramrules.assign(rules, inventory), "sgd") == [4 * 20, 0]
    assert paramrules.state_bytes(paramrules.assign(rules, inventory), "lion") == [4 * 20, 2 * 4 * 20]


def test_only_optimizers_are_optimizers() -> None:
    names = optimizers()
    assert {"adamw", "muon", "lamb"} <= set(names)
    assert not [name for name in names if name.startswith("scale_by")]
    assert names["adamw"] is optax.adamw
    assert paramrules_optax.backend.optimizers().keys() == names.keys()
