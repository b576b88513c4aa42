"""The meaning of rates, decays, freezing and several optimizers, each against optax written out by hand."""

import re
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
import optax.contrib
import paramrules_optax as pro
import pytest
from optax_build.small_transformer import random_gradients

import paramrules

PARAMS, GRADIENTS = random_gradients(4)


def build(text: str, optimizer: Any = optax.adamw, **arguments: Any) -> optax.GradientTransformation:
    return pro.build(PARAMS, paramrules.parse(text, "r.rules"), optimizer, **arguments)


def trained(tx: optax.GradientTransformation, params: Any = PARAMS, gradients: Any = None) -> Any:
    """The parameters after all steps, operation by operation, so that equal arithmetic gives equal bits."""
    with jax.disable_jit():
        state = tx.init(params)
        for gradient in gradients or GRADIENTS:
            updates, state = tx.update(gradient, state, params)
            params = optax.apply_updates(params, updates)
    return params


def assert_equal(ours: Any, theirs: Any) -> None:
    jax.tree.map(np.testing.assert_array_equal, ours, theirs)


def state_leaves(tx: optax.GradientTransformation) -> int:
    return len(jax.tree.leaves(jax.eval_shape(tx.init, PARAMS)))


def test_groups_that_differ_in_rate_and_decay_cost_no_state() -> None:
    tx = build("a: ndim <= 1 -> lr_scale = 0.5, weight_decay = 0\nb: else -> lr = 0.3", learning_rate=0.1)
    assert state_leaves(tx) == state_leaves(optax.adamw(0.1))
    assert jax.tree.structure(tx.init(PARAMS)) == jax.tree.structure(optax.adamw(0.1).init(PARAMS))


def test_a_state_of_optax_itself_is_a_state_here() -> None:
    """A run that began with plain `optax.adamw` goes on with rules."""
    plain = optax.adamw(optax.constant_schedule(0.1))
    tx = build("all: else", learning_rate=optax.constant_schedule(0.1))
    with jax.disable_jit():
        _, state = plain.update(GRADIENTS[0], plain.init(PARAMS), PARAMS)
        ours, theirs = (way.update(GRADIENTS[1], state, PARAMS) for way in (tx, plain))
    assert_equal(ours, theirs)


def kernels(text: str) -> set[str]:
    """The different kernels of a compiled step of twelve arrays of one shape, in six layers."""
    params = {f"layer_{n}": {"a": jnp.ones((40, 30)), "b": jnp.ones((40, 30))} for n in range(6)}
    rates = optax.warmup_cosine_decay_schedule(0.0, 0.1, 10, 100)
    tx = pro.build(params, paramrules.parse(text, "r.rules"), optax.adamw, learning_rate=rates)

    def step(params: Any, gradients: Any, state: Any) -> Any:
        updates, state = tx.update(gradients, state, params)
        return optax.apply_updates(params, updates), state

    compiled = jax.jit(step).lower(params, params, tx.init(params)).compile().as_text()
    bodies = (re.sub(r", metadata={[^}]*}", "", body) for body in compiled.split("\n\n"))
    return {_with_equal_names(body) for body in bodies if re.match(r"%fused_\S+ .*f32\[40,30\]", body)}


def _with_equal_names(body: str) -> str:
    """Return a computation in which operations are called by their place."""
    places: dict[str, str] = {}
    return re.sub(r"%?\b[a-z_]\w*\.[\d.]+", lambda name: places.setdefault(name[0], f"#{len(places)}"), body)


def test_arrays_of_one_shape_share_their_kernels_whatever_the_scales() -> None:
    """There are kernels for both moments and for the step, and not one for each of six scales."""
    found = kernels(r"l{i}: name ~ ^layer_(?<i>\d+) -> lr_scale = 0.5 ** i")
    assert 3 <= len(found) < 6, found


def test_a_rate_of_a_rule_replaces_the_base_rate_and_a_scale_multiplies_it_then() -> None:
    tx = build(
        "[a]\na: ndim <= 1 -> lr = 0.3\nr: else\n[b]\nb: ndim <= 1 -> lr_scale = 0.1\nr: else",
        learning_rate=1.0,
    )
    by_hand = optax.multi_transform(
        {True: optax.adamw(0.3 * 0.1), False: optax.adamw(1.0)}, jax.tree.map(lambda p: p.ndim <= 1, PARAMS)
    )
    assert_equal(trained(tx), trained(by_hand))


def test_a_number_with_a_shape_behind_it_is_a_schedule() -> None:
    """As in torch, where a scheduler multiplies each group's initial rate: `lr` in a rule goes with it."""
    shape = optax.cosine_decay_schedule(1.0, 10)
    tx = optax.chain(
        build("a: ndim <= 1 -> lr = 0.3\nrest: else", learning_rate=0.1), optax.scale_by_schedule(shape)
    )
    by_hand = optax.multi_transform(
        {True: optax.adamw(lambda count: 0.3 * shape(count)), False: optax.adamw(lambda n: 0.1 * shape(n))},
        jax.tree.map(lambda p: p.ndim <= 1, PARAMS),
    )
    jax.tree.map(partial(np.testing.assert_allclose, rtol=1e-5, atol=1e-6), trained(tx), trained(by_hand))


def test_the_base_decay_is_that_of_the_factory_if_none_is_given() -> None:
    tx = build("less: ndim <= 1 -> weight_decay_scale = 0.5\nrest: else", optax.lion, learning_rate=0.1)
    by_hand = optax.multi_transform(
        {True: optax.lion(0.1, weight_decay=1e-3 * 0.5), False: optax.lion(0.1)},
        jax.tree.map(lambda p: p.ndim <= 1, PARAMS),
    )
    assert_equal(trained(tx), trained(by_hand))


def test_decay_that_is_not_scaled() -> None:
    """big_vision: `update = -sched(t) * (lr * lr_mult * opt(g) + wd * wd_mult * p)`."""
    rules = "few: ndim <= 1 -> lr_scale = 0.5, weight_decay = 0\nrest: else -> weight_decay_scale = 0.5"
    schedule = optax.cosine_decay_schedule(1.0, 10)
    tx = optax.chain(
        build(rules, optax.adam, learning_rate=0.1, weight_decay=0.02, decay="unscaled"),
        optax.scale_by_schedule(schedule),
    )
    few = jax.tree.map(lambda p: p.ndim <= 1, PARAMS)
    big_vision = optax.chain(
        optax.scale_by_adam(),
        optax.scale(0.1),
        optax.masked(optax.scale(0.5), few),
        optax.add_decayed_weights(0.02 * 0.5, jax.tree.map(lambda p: p.ndim > 1, PARAMS)),
        optax.scale(-1.0),
        optax.scale_by_schedule(schedule),
    )
    jax.tree.map(partial(np.testing.assert_allclose, rtol=1e-6, atol=1e-7), trained(tx), trained(big_vision))


def test_an_unknown_factory_decays_beside_its_step() -> None:
    def factory(learning_rate: Any) -> optax.GradientTransformation:
        return optax.sgd(learning_rate)

    rules = "few: ndim <= 1 -> lr_scale = 0.5, weight_decay = 0\nrest: else"
    tx = build(rules, factory, learning_rate=0.1, weight_decay=0.02, decay="unscaled")
    ours = trained(tx, gradients=GRADIENTS[:1])
    for param, gradient, after in zip(*map(jax.tree.leaves, (PARAMS, GRADIENTS[0], ours)), strict=True):
        few = param.ndim <= 1
        theirs = param - (0.05 * gradient if few else 0.1 * gradient + 0.02 * param)
        np.testing.assert_allclose(after, theirs, rtol=1e-6, atol=1e-8)


def test_adafactor_decays_as_pytorch_has_it() -> None:
    """Scaled by the rate, with momentum and a schedule; optax's own decay is `unscaled`."""
    settings: dict[str, Any] = {"min_dim_size_to_factor": 4, "momentum": 0.9}
    rate = optax.cosine_decay_schedule(0.1, 10)
    tx = build(
        "few: ndim <= 1 -> weight_decay = 0\nrest: else",
        optax.adafactor,
        learning_rate=rate,
        weight_decay=0.5,
        **settings,
    )
    without = build("all: else", optax.adafactor, learning_rate=rate, **settings)
    params = PARAMS
    state, other = tx.init(params), without.init(params)
    update, update_without = jax.jit(tx.update), jax.jit(without.update)
    for step, gradient in enumerate(GRADIENTS):
        ours, state = update(gradient, state, params)
        theirs, other = update_without(gradient, other, params)
        for one, two, param in zip(*map(jax.tree.leaves, (ours, theirs, params)), strict=True):
            weight = 0.5 if param.ndim > 1 else 0.0
            np.testing.assert_allclose(one, two - rate(step) * weight * param, rtol=1e-5, atol=1e-7)
        params = optax.apply_updates(params, ours)


def test_what_is_frozen_has_no_state_and_does_not_move() -> None:
    odd = jax.tree.map(lambda p: p.at[(0,) * p.ndim].set(-0.0), PARAMS)
    nan = jax.tree.map(lambda g: jnp.full_like(g, jnp.nan), GRADIENTS[0])
    frozen = {"embed": nan["embed"], "layer_0": nan["layer_0"]}
    gradients = [{**gradient, **frozen} for gradient in GRADIENTS]
    rules = r"frozen: name ~ ^(embed|layer_0)\. -> freeze = true" "\ntrained: else"
    tx = build(rules, learning_rate=0.1, weight_decay=0.1)
    after = trained(tx, odd, gradients)
    for name in odd:
        for one, other in zip(*map(jax.tree.leaves, (odd[name], after[name])), strict=True):
            assert (np.asarray(one).tobytes() == np.asarray(other).tobytes()) == (name in frozen)
            assert np.isfinite(other).all()
    count = len(jax.tree.leaves({name: tree for name, tree in PARAMS.items() if name not in frozen}))
    assert state_leaves(tx) == 2 * count + 1
    jax.tree.map(
        np.testing.assert_array_equal,
        jax.jit(tx.update)(gradients[0], tx.init(odd), odd)[0]["embed"],
        {"embedding": jnp.full((16, 8), -0.0)},
    )


def test_other_settings_are_another_core() -> None:
    tx = build(
        "a: ndim <= 1 -> betas = (0.8, 0.99), eps = 1e-6\n"
        'b: leaf == "embedding" -> betas = (0.9, 0.999)\nrest: else',
        learning_rate=0.1,
    )
    by_hand = optax.multi_transform(
        {True: optax.adamw(0.1, 0.8, 0.99, 1e-6), False: optax.adamw(0.1)},
        jax.tree.map(lambda p: p.ndim <= 1, PARAMS),
    )
    assert_equal(trained(tx), trained(by_hand))
    assert state_leaves(tx) == state_leaves(by_hand)
    assert list(tx.init(PARAMS).inner_states) == ["adamw", "adamw#2"]


MUON = """
[optimizer]
muon: ndim == 2 and name ~ ^layer_ -> optimizer = "muon", lr_scale = 10
rest: else
[decay]
no_decay: ndim <= 1 -> weight_decay = 0
decay: else
"""


def test_muon_beside_adamw() -> None:
    both = {"muon": partial(optax.contrib.muon, ns_steps=3), "default": optax.adamw}
    tx = build(MUON, both, learning_rate=0.01, weight_decay=0.1, b2=0.95)
    labels = {
        name: jax.tree.map(
            lambda p, name=name: "muon" if p.ndim == 2 and name.startswith("layer_") else p.ndim > 1, tree
        )
        for name, tree in PARAMS.items()
    }
    labels = jax.tree.map(str, labels)
    by_hand = optax.multi_transform(
        {
            "muon": optax.contrib.muon(0.01 * 10, ns_steps=3, weight_decay=0.1),
            "True": optax.adamw(0.01, b2=0.95, weight_decay=0.1),
            "False": optax.adamw(0.01, b2=0.95, weight_decay=0.0),
        },
        labels,
    )
    assert_equal(trained(tx), trained(by_hand))
    assert set(tx.init(PARAMS).inner_states) == {"muon", "default"}


def test_an_optimizer_has_bases_of_its_own() -> None:
    """Arguments that `functools.partial` binds come first, a schedule too."""
    schedule = optax.linear_schedule(0.1, 0.0, 10)
    both = {
        "muon": partial(optax.contrib.muon, learning_rate=schedule, weight_decay=0.3, beta=0.9, eps=1e-8),
        "default": optax.adamw,
    }
    tx = build(MUON, both, learning_rate=0.01, weight_decay=0.1, eps=1e-6)
    first = build(
        MUON,
        {"muon": partial(optax.contrib.muon, beta=0.9), "default": optax.adamw},
        learning_rate=schedule,
        weight_decay=0.3,
    )
    ours, theirs = trained(tx), trained(first)
    for layer in ("layer_0", "layer_1"):
        assert_equal(ours[layer]["up"]["kernel"], theirs[layer]["up"]["kernel"])
    assert (ours["head"]["kernel"] != theirs["head"]["kernel"]).any()


@pytest.mark.parametrize("decay", ["scaled", "unscaled"])
def test_rules_may_say_nothing_but_names(decay: Any) -> None:
    rules = "head: name ~ ^head\nrest: else  # allow: W619 -- the labels are of interest"
    tx = build(rules, learning_rate=0.1, weight_decay=0.0, decay=decay)
    assert_equal(trained(tx), trained(optax.adamw(0.1, weight_decay=0.0)))


def test_adafactor_without_clipping_and_without_the_parameters_scale() -> None:
    plain = {"clipping_threshold": None, "multiply_by_parameter_scale": False}
    ours = trained(build("all: else", optax.adafactor, learning_rate=1e-2, **plain))
    assert_equal(ours, trained(optax.adafactor(1e-2, **plain)))
