"""Warnings of `build` about settings unlike PyTorch's and about estimates that rules split."""

import warnings
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
import optax.contrib
import paramrules_optax as pro
import pytest
from optax.contrib import schedule_free, schedule_free_adamw, schedule_free_eval_params

import paramrules

PARAMS = {"kernel": jnp.array([[1.0, -2.0], [0.5, 3.0]]), "head": jnp.ones((2, 2)), "bias": jnp.ones(2)}
SAME = "no_decay: ndim <= 1 -> weight_decay = 0\nrest: else"


def warned(text: str, optimizer: Any, rate: Any = 0.1, **settings: Any) -> list[str]:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        pro.build(PARAMS, paramrules.parse(text, "r.rules"), optimizer, learning_rate=rate, **settings)
    return [str(warning.message) for warning in caught]


def test_a_rule_that_sets_what_is_read_otherwise() -> None:
    assert warned("bias: ndim <= 1 -> eps = 0.1\nrest: else -> eps = 0.2", optax.rmsprop) == [
        """W650: `rmsprop` adds `eps` inside the root, and PyTorch outside
  --> r.rules:1:20
   |
 1 | bias: ndim <= 1 -> eps = 0.1
   |                    ^^^^^^^^^
  --> r.rules:2:15
   |
 2 | rest: else -> eps = 0.2
   |               ^^^^^^^^^
   = help: for PyTorch's meaning pass `paramrules_optax.pytorch.rmsprop`; for Optax's, write `# allow: W650 \
-- why` above"""
    ]
    assert warned("# allow: W650 -- only here\nrest: else -> eps = 0.2", optax.rmsprop) == []


def test_an_argument_that_sets_it() -> None:
    assert warned("rest: else", optax.adagrad, eps=0.1) == [
        """W650: `adagrad` adds `eps` inside the root, and PyTorch outside
  = help: for PyTorch's meaning pass `paramrules_optax.pytorch.adagrad`; for Optax's, bind it with \
`functools.partial`"""
    ]
    assert warned("rest: else", partial(optax.adagrad, eps=0.1)) == []


UNLIKE = [
    (
        optax.rmsprop,
        {"momentum": 0.9},
        optax.constant_schedule(0.1),
        "applies the schedule before `momentum`",
    ),
    (optax.radam, {"eps": 0.1}, 0.1, "adds `eps` after correcting the bias"),
    (optax.nadam, {"betas": (0.8, 0.9)}, 0.1, "keeps the momentum in `betas` constant"),
    (optax.nadamw, {"b1": 0.8}, 0.1, "keeps the momentum in `b1` constant"),
    (partial(optax.nadam, b2=0.9), {"b1": 0.8}, 0.1, "keeps the momentum in `b1` constant"),
]


@pytest.mark.parametrize(("optimizer", "settings", "rate", "what"), UNLIKE)
def test_each_that_is_read_otherwise(optimizer: Any, settings: Any, rate: Any, what: str) -> None:
    (warning,) = warned("rest: else", optimizer, rate, **settings)
    assert f"` {what}, and PyTorch " in warning


LIKE = [
    (optax.rmsprop, {"momentum": 0.9}, 0.1),
    (optax.rmsprop, {"eps": 0.0, "alpha": 0.9}, 0.1),
    (optax.rmsprop, {"eps": 0.1, "eps_in_sqrt": False}, 0.1),
    (optax.adam, {"betas": (0.8, 0.9), "eps": 0.1}, 0.1),
    (optax.nadam, {"b2": 0.9, "eps": 0.1}, 0.1),
    (optax.lion, {"b1": 0.8}, 0.1),
    (pro.pytorch.rmsprop, {"eps": 0.1, "momentum": 0.9}, optax.constant_schedule(0.1)),
]


@pytest.mark.parametrize(("optimizer", "settings", "rate"), LIKE)
def test_each_that_is_not(optimizer: Any, settings: Any, rate: Any) -> None:
    assert warned("rest: else", optimizer, rate, **settings) == []


@pytest.mark.parametrize(
    ("optimizer", "key", "counterpart"),
    [
        (optax.sgd, "dampening", "sgd"),
        (optax.adagrad, "lr_decay", "adagrad"),
        (optax.adamw, "amsgrad", "adamw"),
        (optax.nadam, "momentum_decay", "nadam"),
        (optax.contrib.muon, "adjust_lr_fn", "muon"),
    ],
)
def test_a_setting_that_only_pytorchs_has(optimizer: Any, key: str, counterpart: str) -> None:
    with pytest.raises(paramrules.RulesError) as error:
        pro.build(PARAMS, paramrules.parse("rest: else"), optimizer, learning_rate=0.1, **{key: 0.1})
    assert f"= help: `paramrules_optax.pytorch.{counterpart}` has it" in str(error.value)


def test_equal_groups_share_an_estimate() -> None:
    for optimizer in (optax.contrib.prodigy, optax.contrib.dog):
        assert warned(SAME, optimizer, 1.0) == []
        tx = pro.build(PARAMS, paramrules.parse(SAME), optimizer, learning_rate=1.0)
        one = optimizer(1.0)
        params, states = [PARAMS, PARAMS], [tx.init(PARAMS), one.init(PARAMS)]
        for _ in range(3):
            for number, each in enumerate((tx, one)):
                gradients = jax.tree.map(jnp.sin, params[number])
                updates, states[number] = each.update(gradients, states[number], params[number])
                params[number] = optax.apply_updates(params[number], updates)
        jax.tree.map(np.testing.assert_array_equal, *params)


def with_injected(learning_rate: Any) -> Any:
    return optax.inject_hyperparams(optax.sgd)(learning_rate)


def by_name(learning_rate: Any) -> Any:
    return optax.masked(optax.sgd(learning_rate), {"kernel": True, "head": True, "bias": False})


@pytest.mark.parametrize(
    ("optimizer", "called", "splits"),
    [
        (optax.contrib.prodigy, "prodigy", True),
        (optax.contrib.dadapt_adamw, "dadapt_adamw", True),
        (optax.contrib.dog, "dog", True),
        (optax.contrib.momo_adam, "momo_adam", True),
        (optax.contrib.ademamix, "ademamix", False),
        (optax.novograd, "novograd", False),
        (optax.contrib.adopt, "adopt", False),
        (with_injected, "with_injected", False),
        (by_name, "by_name", False),
    ],
)
def test_unequal_groups_split_it(optimizer: Any, called: str, splits: bool) -> None:
    message = f"""W651: `{called}` estimates something over all parameters, and the rules split them into \
2 parts with an estimate each: `bias` and `head` differ
  = help: give all groups of this optimizer one rate, one decay and equal settings"""
    text = "bias: ndim <= 1 -> lr_scale = 0.5\nrest: else"
    assert warned(text, optimizer, 1.0) == ([message] if splits else [])


def test_decay_beside_the_step_does_not_split_it() -> None:
    arguments: Any = {"weight_decay": 0.1, "decay": "unscaled"}
    assert warned(SAME, optax.contrib.prodigy, 1.0, **arguments) == []
    assert len(warned(SAME, optax.contrib.prodigy, 1.0, weight_decay=0.1)) == 1


def test_traced_rates_are_equal_if_they_are_one() -> None:
    @optax.inject_hyperparams
    def injected(learning_rate: Any) -> Any:
        return pro.build(PARAMS, paramrules.parse(SAME), optax.contrib.prodigy, learning_rate=learning_rate)

    state = injected(learning_rate=1.0).init(PARAMS).inner_state
    assert isinstance(state[0], optax.contrib.ProdigyState)


def test_schedule_free_is_refused() -> None:
    with pytest.raises(paramrules.RulesError) as error:
        pro.build(PARAMS, paramrules.parse("rest: else"), schedule_free_adamw, learning_rate=0.1)
    assert (
        str(error.value)
        == """
error[E652]: `schedule_free_adamw` is schedule-free, and `schedule_free_eval_params` would not find its \
state among groups
  = help: make the base optimizer with `build`, without momentum, and wrap it: `optax.contrib.schedule_free(\
paramrules_optax.build(...), learning_rate, b1=0.9)`"""
    )


def test_schedule_free_around_build_is_schedule_free() -> None:
    def loss(params: Any) -> Any:
        return ((jnp.sin(params["kernel"] @ params["head"]) - params["bias"]) ** 2).sum()

    def trained(tx: Any) -> Any:
        @jax.jit
        def step(params: Any, state: Any) -> Any:
            updates, state = tx.update(jax.grad(loss)(params), state, params)
            return optax.apply_updates(params, updates), state

        params, state = PARAMS, tx.init(PARAMS)
        for _ in range(30):
            params, state = step(params, state)
        return schedule_free_eval_params(state, params)

    base = partial(optax.adamw, b1=0.0)
    for text in ("rest: else", SAME):
        built = pro.build(PARAMS, paramrules.parse(text), base, learning_rate=0.05, weight_decay=0.1)
        ours = trained(schedule_free(built, 0.05, b1=0.9))
        assert loss(ours) < 0.5 * loss(PARAMS)
        if text != SAME:
            theirs = trained(schedule_free_adamw(0.05, weight_decay=0.1))
            jax.tree.map(partial(np.testing.assert_allclose, rtol=1e-4, atol=1e-5), ours, theirs)
