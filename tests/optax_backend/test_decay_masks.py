"""decay_mask: what `optax.adamw(mask=)` takes, from the rules' settings."""

import jax
import jax.numpy as jnp
import optax
import pytest
from flax import nnx
from paramrules_optax import decay_mask, decay_mask_fn, mask

import paramrules
from paramrules import RulesError

PARAMS = {
    "body": {"kernel": jnp.ones((4, 4)), "bias": jnp.ones(4)},
    "head": {"kernel": jnp.ones((4, 2)), "bias": jnp.ones(2)},
}


def of(text, params=PARAMS, **how):
    return jax.tree.map(bool, decay_mask(params, paramrules.parse(text, "d.rules"), **how))


def tree(body, head):
    return {
        "body": {"kernel": body[0], "bias": body[1]},
        "head": {"kernel": head[0], "bias": head[1]},
    }


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("no_decay: ndim <= 1", tree((True, False), (True, False))),
        (
            "spared: ndim <= 1 -> weight_decay = 0\nrest: else -> lr_scale = 2",
            tree((True, False), (True, False)),
        ),
        ("spared: ndim <= 1 -> weight_decay_scale = 0", tree((True, False), (True, False))),
        ("all: else -> weight_decay_scale = 1", tree((True, True), (True, True))),
        ("fixed: name ~ body -> freeze = true", tree((False, False), (True, True))),
        ("others: name ~ body -> skip = true, weight_decay = 3", tree((False, False), (True, True))),
        ("fixed: name ~ body -> freeze = true, weight_decay = 3", tree((False, False), (True, True))),
        ("others: name ~ body -> skip = true", tree((False, False), (True, True))),
        (
            'spared: ndim <= 1 -> weight_decay = 0, weight_decay_schedule = "w"',
            tree((True, False), (True, False)),
        ),
        (
            "[a]\nno_decay: ndim <= 1\ny: else\n[b]\nhalf: name ~ bias -> weight_decay_scale = 0.5\nx: else",
            tree((True, False), (True, False)),
        ),
    ],
)
def test_from_settings(text, expected):
    assert of(text) == expected
    assert decay_mask_fn(PARAMS, paramrules.parse(text))(PARAMS) == expected


def test_it_is_the_opposite_of_the_mask_of_no_decay():
    rules = paramrules.parse("no_decay: ndim <= 1\ndecay: else")
    assert jax.tree.map(lambda spared: not spared, mask(PARAMS, rules, "no_decay")) == decay_mask(
        PARAMS, rules
    )


def test_options_and_modules():
    text = "option spared = 0.0\nvectors: ndim <= 1 -> weight_decay = spared"
    assert of(text, options={"spared": 0}) == tree((True, False), (True, False))
    model = nnx.Linear(3, 2, rngs=nnx.Rngs(0))
    found = decay_mask(model, paramrules.parse("no_decay: role == bias"))
    assert jax.tree.leaves(found) == [False, True]


@pytest.mark.parametrize(
    ("text", "place", "what"),
    [
        ("head: name ~ head -> weight_decay = 0.1", "d.rules:1:22", "weight_decay = 0.1"),
        (
            "head: name ~ head -> lr_scale = 2, weight_decay_scale = 0.1",
            "d.rules:1:36",
            "weight_decay_scale = 0.1",
        ),
        (
            "head: name ~ head -> freeze = false, weight_decay_scale = 2",
            "d.rules:1:38",
            "weight_decay_scale = 2",
        ),
        (
            'head: name ~ head -> weight_decay_scale = 1, weight_decay_schedule = "w"',
            "d.rules:1:46",
            "weight_decay_schedule = 'w'",
        ),
    ],
)
def test_a_decay_of_its_own_is_refused(text, place, what):
    with pytest.raises(RulesError) as caught:
        of(text)
    message = str(caught.value)
    assert (
        f"error[E640]: the group `head` has `{what}`, and a mask says only whether a parameter decays"
        in message
    )
    assert f"--> {place}\n" in message
    assert message.endswith(
        "= help: train with `paramrules_optax.build`, which gives each group its own decay"
    )


def test_layers_of_one_array_have_to_agree():
    params = {"layers": {"kernel": jnp.ones((2, 4, 4))}}
    inventory = paramrules.inventory(params, stacked={"layers": 1})
    rules = paramrules.parse("no_decay: name ~ ^layers\\.0\nrest: else")
    with pytest.raises(RulesError, match="E605"):
        decay_mask(params, rules, model=inventory)


def test_what_does_not_decay_stays_as_it_is():
    rules = paramrules.parse("no_decay: ndim <= 1\ndecay: else")
    tx = optax.adamw(0.1, weight_decay=0.5, mask=decay_mask(PARAMS, rules))
    updates, _ = tx.update(jax.tree.map(jnp.zeros_like, PARAMS), tx.init(PARAMS), PARAMS)
    assert jax.tree.map(lambda update: bool((update != 0).all()), updates) == tree(
        (True, False), (True, False)
    )
