"""State that was made under other rules follows its parameters by name, to the bit."""

from collections.abc import Callable
from functools import cache, partial
from pathlib import Path
from typing import Any
from zlib import crc32

import flax.serialization
import jax
import jax.numpy as jnp
import numpy as np
import optax
import optax.contrib
import orbax.checkpoint as ocp
import paramrules_optax as pro
import pytest
from flax import nnx
from hypothesis import given, settings
from hypothesis import strategies as st

import paramrules
from tests.support import examples

PARAMS = {
    "embed": jnp.ones((5, 4)),
    "blocks": [{"kernel": jnp.full((4, 4), 0.1 * n), "bias": jnp.ones(4)} for n in range(3)],
    "head": {"kernel": jnp.ones((4, 2)), "bias": jnp.ones(2)},
}
ONE = paramrules.parse("no_decay: ndim <= 1 -> weight_decay = 0\ndecay: else\n")
SPLIT = paramrules.parse(
    """
[decay]
no_decay: leaf == "bias" -> weight_decay = 0
decay:    else
[own]
blocks:   name ~ ^blocks -> optimizer = "x"
rest:     else           -> optimizer = "y"
"""
)
MUON = paramrules.parse('hidden: name ~ ^blocks and ndim == 2 -> optimizer = "muon"\n' + ONE.source.text)
RATE = optax.linear_schedule(0.1, 0.01, 20)


def one(params: Any = PARAMS, rules: Any = ONE, factory: Any = optax.adamw, **how: Any) -> Any:
    return pro.build(params, rules, factory, **({"learning_rate": RATE, "weight_decay": 0.1} | how))


def split(**how: Any) -> Any:
    return one(rules=SPLIT, factory={"x": optax.adamw, "y": optax.adamw}, **how)


def muon(**how: Any) -> Any:
    return one(rules=MUON, factory={"muon": optax.contrib.muon, "default": optax.adamw}, **how)


def gradients(params: Any, step: int) -> Any:
    """Gradients that depend on path and step alone, so that no parameter's way affects another's."""

    def gradient(path: Any, leaf: Any) -> Any:
        seed = crc32(f"{jax.tree_util.keystr(path)} {step}".encode())
        return jnp.asarray(np.random.default_rng(seed).normal(size=leaf.shape), leaf.dtype)

    return jax.tree_util.tree_map_with_path(gradient, params)


def train(tx: Any, params: Any, state: Any, steps: range) -> tuple[Any, Any]:
    update = jax.jit(tx.update)
    for step in steps:
        updates, state = update(gradients(params, step), state, params)
        params = optax.apply_updates(params, updates)
    return params, state


def trained(tx: Any, steps: int = 5) -> tuple[Any, Any]:
    return train(tx, PARAMS, tx.init(PARAMS), range(steps))


@cache
def run() -> tuple[Any, Any]:
    """The parameters and the state of a run of `one`."""
    return trained(one())


def assert_same(actual: Any, expected: Any) -> None:
    jax.tree.map(np.testing.assert_array_equal, actual, expected)


def typed(state: Any, folder: Path) -> Any:
    with ocp.StandardCheckpointer() as checkpointer:
        checkpointer.save(folder / "run", state)
        checkpointer.wait_until_finished()
        return checkpointer.restore(folder / "run", jax.eval_shape(lambda: state))


def raw(state: Any, folder: Path) -> Any:
    with ocp.StandardCheckpointer() as checkpointer:
        checkpointer.save(folder / "run", state)
        checkpointer.wait_until_finished()
        return checkpointer.restore(folder / "run")


def as_dicts(state: Any, _: Path) -> Any:
    return jax.tree.map(np.asarray, flax.serialization.to_state_dict(state))


@pytest.mark.parametrize(
    ("before", "after", "restored"), [(one, split, typed), (split, one, raw), (split, one, as_dicts)]
)
def test_a_checkpoint_goes_on_under_other_rules_as_if_nothing_had_happened(
    before: Any, after: Any, restored: Any, tmp_path: Path
) -> None:
    old, new = before(), after()
    params, state = trained(old)
    regrouped = pro.regroup_state(restored(state, tmp_path), params, new)
    assert jax.tree.structure(regrouped) == jax.tree.structure(new.init(params))
    assert_same(train(new, params, regrouped, range(5, 9))[0], train(old, params, state, range(5, 9))[0])


def injected(inner: Callable[..., Any]) -> Any:
    return optax.inject_hyperparams(lambda rate: inner(learning_rate=rate))(rate=RATE)


def clipped(inner: Callable[..., Any]) -> Any:
    return optax.chain(
        optax.clip_by_global_norm(1.0), inner(), optax.scale_by_schedule(lambda n: 1 / (n + 1))
    )


def only_blocks(inner: Callable[..., Any]) -> Any:
    mask = {"embed": False, "blocks": True, "head": False}
    return optax.masked(optax.chain(inner(), optax.ema(0.5)), mask)


def multi_transform(inner: Callable[..., Any]) -> Any:
    """A partition of the user's own around that of `build`."""
    labels = {"embed": "still", "blocks": "moving", "head": "moving"}
    return optax.partition({"moving": inner(), "still": optax.set_to_zero()}, labels)


def schedule_free(inner: Callable[..., Any]) -> Any:
    return optax.contrib.schedule_free(inner(), learning_rate=0.1)


WRAPPERS: dict[str, Callable[[Any], Any]] = {
    "clipped": clipped,
    "injected": injected,
    "accumulating": lambda inner: optax.MultiSteps(inner(), every_k_schedule=3),
    "finite": lambda inner: optax.apply_if_finite(inner(), 2),
    "masked": only_blocks,
    "schedule-free": schedule_free,
    "partitioned": multi_transform,
    "rate outside": lambda inner: optax.chain(inner(), optax.scale_by_learning_rate(RATE, flip_sign=False)),
}


@pytest.mark.parametrize("wrap", WRAPPERS.values(), ids=WRAPPERS)
def test_what_is_around_an_optimizer_keeps_its_state_too(wrap: Any) -> None:
    old, new = wrap(split), wrap(one)
    params, state = trained(old, steps=5)  # amid the steps of an accumulation
    regrouped = pro.regroup_state(state, params, new)
    assert_same(train(new, params, regrouped, range(5, 8))[0], train(old, params, state, range(5, 8))[0])


@pytest.mark.parametrize(("before", "after"), [(one, muon), (muon, one)])
@pytest.mark.filterwarnings("ignore:(?s).*W665")
def test_hidden_matrices_go_to_muon_and_back(before: Any, after: Any) -> None:
    old, new = before(), after()
    params, state = trained(old)
    regrouped = pro.regroup_state(state, params, new, missing="fresh")
    whole, _ = train(old, params, state, range(5, 9))
    resumed, _ = train(new, params, regrouped, range(5, 9))
    for block, other in zip(resumed["blocks"], whole["blocks"], strict=True):
        np.testing.assert_array_equal(block["bias"], other["bias"])
        assert not np.array_equal(block["kernel"], other["kernel"])
    assert_same([resumed["embed"], resumed["head"]], [whole["embed"], whole["head"]])


def test_what_starts_fresh_starts_as_a_new_run_but_amid_the_schedule() -> None:
    params, state = run()
    regrouped = pro.regroup_state(state, params, muon(), missing="fresh")
    part = regrouped.inner_states["muon"].inner_state
    alone = muon().init(params).inner_states["muon"].inner_state
    assert_same(part[0], alone[0])
    assert (part[2].count, alone[2].count) == (5, 0)
    assert regrouped.inner_states["default"].inner_state[0].count == 5


def test_accumulated_gradients_belong_to_no_optimizer() -> None:
    """They are kept when parameters change theirs, and may begin or end at any time."""
    several = optax.MultiSteps(one(), every_k_schedule=3)
    params, state = trained(several, steps=4)
    regrouped = pro.regroup_state(
        state, params, optax.MultiSteps(muon(), every_k_schedule=3), missing="fresh"
    )
    assert_same(regrouped.acc_grads, state.acc_grads)
    assert (int(regrouped.mini_step), int(regrouped.gradient_step)) == (1, 1)
    sgd = optax.MultiSteps(one(factory=optax.sgd), every_k_schedule=3)
    less = pro.regroup_state(state, params, sgd, extra="drop")
    assert_same(less.acc_grads, state.acc_grads)
    with pytest.raises(paramrules.RulesError, match="have no saved state"):
        pro.regroup_state(less, params, several)
    inner = pro.regroup_state(state, params, one())
    assert_same(inner, state.inner_opt_state)
    assert_same(pro.regroup_state(inner, params, several).inner_opt_state, state.inner_opt_state)


def test_settings_are_those_of_the_new_optimizer() -> None:
    def of(rate: float, **how: Any) -> Any:
        make = partial(one, **how)
        return optax.inject_hyperparams(lambda rate: make(learning_rate=rate))(rate=rate)

    state = of(0.1).init(PARAMS)
    assert pro.regroup_state(state, PARAMS, of(0.5)).hyperparams["rate"] == 0.5
    makes = [partial(optax.contrib.muon, ns_coeffs=(3.0, a, 2.0)) for a in (-4.0, -5.0)]
    old, new = (one(rules=MUON, factory={"muon": make, "default": optax.adamw}) for make in makes)
    state = jax.tree.map(lambda leaf: leaf + 1, old.init(PARAMS))
    inner = pro.regroup_state(state, PARAMS, new).inner_states["muon"].inner_state[0].inner_states["muon"]
    np.testing.assert_array_equal(inner.inner_state[0].ns_coeffs, [3.0, -5.0, 2.0])
    assert inner.inner_state[0].count == 1


def test_a_schedule_begins_where_there_was_none() -> None:
    old = one(learning_rate=0.1)
    state = jax.tree.map(lambda leaf: leaf + 1, old.init(PARAMS))
    regrouped = pro.regroup_state(state, PARAMS, one())
    assert (regrouped[0].count, regrouped[2].count) == (1, 0)


def test_moments_take_the_new_dtype() -> None:
    params, state = run()
    half = pro.regroup_state(state, params, one(factory=partial(optax.adamw, mu_dtype=jnp.bfloat16)))
    np.testing.assert_array_equal(half[0].mu["embed"], state[0].mu["embed"].astype(jnp.bfloat16))


def test_no_array_is_in_the_state_twice_so_that_it_can_be_donated() -> None:
    tx = split()
    regrouped = pro.regroup_state(one().init(PARAMS), PARAMS, tx)
    leaves = jax.tree.leaves(regrouped)
    assert len({leaf.unsafe_buffer_pointer() for leaf in leaves}) == len(leaves)


def test_a_plain_optimizer_and_one_of_rules_go_on_from_each_other() -> None:
    plain = optax.adamw(RATE, weight_decay=0.1)
    regrouped = pro.regroup_state(run()[1], PARAMS, plain)
    assert jax.tree.structure(regrouped) == jax.tree.structure(plain.init(PARAMS))
    assert_same(jax.tree.leaves(regrouped), jax.tree.leaves(run()[1]))
    assert_same(pro.regroup_state(regrouped, PARAMS, one()), run()[1])


STACKED = {"layers": {"kernel": jnp.ones((3, 4, 4)), "bias": jnp.ones((3, 4))}, "head": jnp.ones((4, 2))}


def test_a_scanned_stack_whose_layers_have_rates_of_their_own() -> None:
    inventory = paramrules.inventory(STACKED, stacked={"layers": 1})
    by_layer = paramrules.parse(
        'layer_{i}: name ~ ^layers\\.(?<i>\\d+) -> lr_scale = 0.5 ** i, optimizer = "x"\nhead: else\n'
    )
    rules = [paramrules.assign(r, inventory) for r in (paramrules.parse("all: else"), by_layer)]
    old = pro.build(STACKED, rules[0], optax.adamw, learning_rate=0.1)
    new = pro.build(STACKED, rules[1], {"x": optax.adamw, "default": optax.adamw}, learning_rate=0.1)
    params, state = train(old, STACKED, old.init(STACKED), range(3))
    regrouped = pro.regroup_state(state, params, new)
    mine = regrouped.inner_states["x"].inner_state[0]
    assert_same(mine.mu["layers"], state[0].mu["layers"])
    (whole, _), (resumed, _) = (
        train(*run, range(3, 5)) for run in ((old, params, state), (new, params, regrouped))
    )
    assert_same(
        jax.tree.map(lambda a: a[0], resumed["layers"]), jax.tree.map(lambda a: a[0], whole["layers"])
    )
    assert_same(resumed["head"], whole["head"])


def test_factored_moments() -> None:
    make = partial(optax.adafactor, min_dim_size_to_factor=4, momentum=0.9)
    single, parted = one(factory=make), one(rules=SPLIT, factory={"x": make, "y": make})
    state = jax.tree.map(lambda leaf: leaf + 1, single.init(PARAMS))
    regrouped = pro.regroup_state(state, PARAMS, parted)
    rows = regrouped.inner_states["x"].inner_state[0].v_row["blocks"]
    assert_same(rows, state[0].v_row["blocks"])
    assert_same(pro.regroup_state(regrouped, PARAMS, single), state)


class Net(nnx.Module):
    def __init__(self) -> None:
        self.body = nnx.Linear(4, 4, rngs=nnx.Rngs(0))
        self.head = nnx.Linear(4, 2, rngs=nnx.Rngs(1))


@pytest.mark.parametrize("bare", [True, False])
def test_the_optimizer_of_nnx(bare: bool) -> None:
    model = Net()
    params = nnx.state(model, nnx.Param)
    new = pro.build(
        model,
        paramrules.parse('head: name ~ ^head -> optimizer = "x"\nrest: else\n'),
        {"x": optax.adamw, "default": optax.adamw},
        learning_rate=0.1,
    )
    optimizer = nnx.Optimizer(model, pro.build(model, ONE, optax.adamw, learning_rate=0.1), wrt=nnx.Param)
    optimizer.update(model, jax.tree.map(jnp.ones_like, params))
    saved = nnx.to_pure_dict(nnx.state(optimizer))["opt_state"] if bare else optimizer.opt_state
    regrouped = pro.regroup_state(saved, params, new)
    part = regrouped.inner_states["x"].inner_state[0]
    assert part.count == 1
    np.testing.assert_array_equal(jax.tree.leaves(part.mu)[0], optimizer.opt_state[0].mu["head"]["bias"][...])
    assert jax.tree.structure(regrouped) == jax.tree.structure(new.init(params))


PREDICATES = ["leaf == 'bias'", "name ~ ^embed", "name ~ ^head", "name ~ ^blocks", "size > 15"]


def rules_of(order: list[int], optimizers: tuple[str, ...]) -> Any:
    """Rules in some order, equal in all settings but for the optimizer."""
    lines = [f'g{n}?: {PREDICATES[n]} -> optimizer = "{optimizers[n]}"\n' for n in order]
    rules = paramrules.parse("".join(lines) + 'rest: else -> optimizer = "x"\n')
    return one(rules=rules, factory=dict.fromkeys(["x", *(optimizers[n] for n in order)], optax.adamw))


orders = st.lists(st.sampled_from(range(len(PREDICATES))), unique=True)
chosen = st.tuples(*[st.sampled_from("xyz") for _ in PREDICATES])


@settings(max_examples=examples(5))
@given(before=orders, after=orders, optimizers=chosen, others=chosen)
def test_any_two_groupings_of_equal_settings_train_alike(
    before: list[int], after: list[int], optimizers: tuple[str, ...], others: tuple[str, ...]
) -> None:
    params, state = run()
    first, second = rules_of(before, optimizers), rules_of(after, others)
    there = pro.regroup_state(state, params, first)
    again = pro.regroup_state(there, params, second)
    assert_same(pro.regroup_state(again, params, first), there)
    assert_same(pro.regroup_state(again, params, one()), state)
    grads = gradients(params, 5)
    updates = [tx.update(grads, held, params)[0] for tx, held in ((first, there), (second, again))]
    # XLA fuses by tree: parts of another size may round differently.
    jax.tree.map(partial(np.testing.assert_allclose, rtol=1e-6), *updates)
