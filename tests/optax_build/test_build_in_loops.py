"""`build` in the loops that people write: linen, NNX, Equinox, haiku, and what optax wraps around optimizers.

Every loop trains a small language model for some steps, and its parameters are held against those of the
plain loop `update`, `apply_updates` under the same rules, which other tests hold against optax by hand.
"""

from collections.abc import Callable
from functools import cache, partial
from pathlib import Path
from typing import Any

import equinox as eqx
import haiku as hk
import jax
import jax.numpy as jnp
import numpy as np
import optax
import orbax.checkpoint as ocp
import paramrules_optax as pro
import pytest
from flax import linen as nn
from flax import nnx
from flax.training.train_state import TrainState
from optax_build.small_transformer import WORDS, batches, loss

import paramrules

WIDTH = 8
RULES = paramrules.parse(
    """
[decay]
no_decay: type(LayerNorm|Embedding) or ndim <= 1 -> weight_decay = 0
decay:    else
[lr]
frozen: type(Embedding) -> freeze = true
head:   name ~ head     -> lr_scale = 3
rest:   else
""",
    "loops.rules",
)
BATCHES = batches(12)


class LinenModel(nn.Module):
    @nn.compact
    def __call__(self, words: jax.Array) -> jax.Array:
        h = nn.LayerNorm()(nn.Embed(WORDS, WIDTH, name="embed")(words))
        return nn.Dense(WORDS, name="head")(nn.gelu(nn.Dense(WIDTH)(h)))


MODULE = LinenModel()
PARAMS = jax.jit(MODULE.init)(jax.random.key(0), jnp.zeros((1, 4), jnp.int32))["params"]
INVENTORY = paramrules.inventory(MODULE, inputs=jnp.zeros((1, 4), jnp.int32))
ASSIGNMENT = paramrules.assign(RULES, INVENTORY)
RATE = optax.cosine_decay_schedule(3e-2, 40)


def build(params: Any, rules: Any = ASSIGNMENT, **arguments: Any) -> optax.GradientTransformationExtraArgs:
    return pro.build(params, rules, **({"learning_rate": RATE, "weight_decay": 0.1} | arguments))


def cross_entropy(logits: jax.Array, words: jax.Array) -> jax.Array:
    return optax.softmax_cross_entropy_with_integer_labels(logits, words[:, 1:]).mean()


def plainly(
    tx: Any, params: Any, of: Callable[[Any, Any], jax.Array], state: Any = None, batches: Any = BATCHES
) -> Any:
    """Return parameters and state after a plain loop over the batches, which compiles at most once."""
    step = plain_step(tx, of)
    compiled = step._cache_size()
    params = jax.tree.map(jnp.array, params)  # donated below
    state = tx.init(params) if state is None else state
    for words in batches:
        params, state = step(params, state, words)
    assert step._cache_size() <= compiled + 1
    return params, state


@cache
def plain_step(tx: Any, of: Callable[[Any, Any], jax.Array]) -> Any:
    @partial(jax.jit, donate_argnums=(0, 1))
    def step(params: Any, state: Any, words: Any) -> Any:
        updates, state = tx.update(jax.grad(of)(params, words), state, params)
        return optax.apply_updates(params, updates), state

    return step


def linen_loss(params: Any, words: Any) -> jax.Array:
    return loss(MODULE, params, words)


@cache
def usual() -> optax.GradientTransformationExtraArgs:
    return build(PARAMS)


@cache
def usual_end() -> Any:
    return plainly(usual(), PARAMS, linen_loss)[0]


def assert_close(ours: Any, theirs: Any) -> None:
    jax.tree.map(partial(np.testing.assert_allclose, rtol=1e-5, atol=1e-6), ours, theirs)


def test_a_linen_train_state() -> None:
    params = PARAMS
    tx = optax.chain(optax.clip_by_global_norm(1.0), build(params))
    train = TrainState.create(apply_fn=MODULE.apply, params=params, tx=tx)

    @jax.jit
    def step(train: TrainState, words: Any) -> TrainState:
        return train.apply_gradients(grads=jax.grad(linen_loss)(train.params, words))

    for words in BATCHES:
        train = step(train, words)
    assert_close(train.params, plainly(tx, params, linen_loss)[0])
    assert linen_loss(train.params, BATCHES[0]) < 0.9 * linen_loss(params, BATCHES[0])
    np.testing.assert_array_equal(train.params["embed"]["embedding"], params["embed"]["embedding"])


class NnxModel(nnx.Module):
    def __init__(self, rngs: nnx.Rngs) -> None:
        self.embed = nnx.Embed(WORDS, WIDTH, rngs=rngs)
        self.norm = nnx.LayerNorm(WIDTH, rngs=rngs)
        self.drop = nnx.Dropout(0.0, rngs=rngs)
        self.head = nnx.Linear(WIDTH, WORDS, rngs=rngs)

    def __call__(self, words: jax.Array) -> jax.Array:
        return self.head(self.drop(self.norm(self.embed(words))))


def test_an_nnx_optimizer() -> None:
    """Its `init` sees variables, its `update` bare arrays."""
    model = NnxModel(nnx.Rngs(0))
    definition, start, rest = nnx.split(model, nnx.Param, ...)
    pure = jax.tree.map(jnp.array, nnx.to_pure_dict(start))
    tx = build(model, RULES)
    optimizer = nnx.Optimizer(model, tx, wrt=nnx.Param)

    @nnx.jit
    def step(model: NnxModel, optimizer: nnx.Optimizer[NnxModel], words: jax.Array) -> None:
        gradients = nnx.grad(lambda model: cross_entropy(model(words[:, :-1]), words))(model)
        optimizer.update(model, gradients)

    for words in BATCHES:
        step(model, optimizer, jnp.asarray(words))

    def of(params: Any, words: Any) -> jax.Array:
        whole = nnx.merge(definition, nnx.State(params), rest)
        return cross_entropy(whole(words[:, :-1]), words)

    ours = nnx.to_pure_dict(nnx.state(model, nnx.Param))
    assert_close(ours, plainly(tx, pure, of)[0])
    np.testing.assert_array_equal(ours["embed"]["embedding"], pure["embed"]["embedding"])


class EquinoxModel(eqx.Module):
    """With a function among its leaves, and callable itself."""

    embed: eqx.nn.Embedding
    norm: eqx.nn.LayerNorm
    act: Callable[[jax.Array], jax.Array]
    head: eqx.nn.Linear

    def __init__(self, key: jax.Array) -> None:
        one, two = jax.random.split(key)
        self.embed = eqx.nn.Embedding(WORDS, WIDTH, key=one)
        self.norm = eqx.nn.LayerNorm(WIDTH)
        self.act = jax.nn.gelu
        self.head = eqx.nn.Linear(WIDTH, WORDS, key=two)

    def __call__(self, word: jax.Array) -> jax.Array:
        return self.head(self.act(self.norm(self.embed(word))))


@pytest.mark.parametrize("whole", [True, False], ids=["the whole model", "its arrays"])
def test_an_equinox_model(whole: bool) -> None:
    model = start = EquinoxModel(jax.random.key(0))
    tx = build(model, RULES)
    state = tx.init(eqx.filter(model, eqx.is_inexact_array))

    def of(model: Any, words: Any) -> jax.Array:
        return cross_entropy(jax.vmap(jax.vmap(model))(words[:, :-1]), words)

    @eqx.filter_jit
    def step(model: EquinoxModel, state: Any, words: Any) -> Any:
        gradients = eqx.filter_grad(of)(model, words)
        held = model if whole else eqx.filter(model, eqx.is_inexact_array)
        updates, state = tx.update(gradients, state, held)
        return eqx.apply_updates(model, updates), state

    for words in BATCHES:
        model, state = step(model, state, words)
    arrays, rest = eqx.partition(start, eqx.is_inexact_array)
    theirs, _ = plainly(tx, arrays, lambda arrays, words: of(eqx.combine(arrays, rest), words))
    assert_close(eqx.filter(model, eqx.is_inexact_array), theirs)
    np.testing.assert_array_equal(model.embed.weight, start.embed.weight)


def test_a_haiku_function() -> None:
    def forward(words: jax.Array) -> jax.Array:
        norm = hk.LayerNorm(-1, create_scale=True, create_offset=True)
        return hk.Linear(WORDS, name="head")(norm(hk.Embed(WORDS, WIDTH)(words)))

    model = hk.without_apply_rng(hk.transform(forward))
    words = jnp.asarray(BATCHES[0][:, :-1])
    params = model.init(jax.random.key(0), words)
    tx = build(params, RULES, model=paramrules.inventory(model, inputs=words))

    def of(params: Any, words: Any) -> jax.Array:
        return cross_entropy(model.apply(params, words[:, :-1]), words)

    after, state = plainly(tx, params, of)
    np.testing.assert_array_equal(after["embed"]["embeddings"], params["embed"]["embeddings"])
    assert of(after, BATCHES[0]) < 0.9 * of(params, BATCHES[0])
    assert len(jax.tree.leaves(state)) == 2 * 4 + 2


def test_injected_hyperparameters() -> None:
    """`build` inside of a function of the hyperparameters, which are set while training goes on."""
    params = PARAMS

    @optax.inject_hyperparams
    def injected(learning_rate: Any, weight_decay: Any) -> optax.GradientTransformation:
        return build(params, learning_rate=learning_rate, weight_decay=weight_decay)

    tx = injected(learning_rate=0.03, weight_decay=0.1)
    after, state = plainly(tx, params, linen_loss)
    assert_close(after, plainly(build(params, learning_rate=0.03), params, linen_loss)[0])
    state.hyperparams["learning_rate"] = jnp.zeros(())
    stopped, _ = plainly(tx, after, linen_loss, state)
    jax.tree.map(np.testing.assert_array_equal, stopped, after)
    scheduled = injected(learning_rate=RATE, weight_decay=0.1)
    assert_close(plainly(scheduled, params, linen_loss)[0], usual_end())


def test_gradients_added_up_over_several_steps() -> None:
    params = PARAMS
    several = optax.MultiSteps(build(params), every_k_schedule=3)
    ours, _ = plainly(several, params, linen_loss)
    tx, theirs = build(params), params
    state = tx.init(params)
    gradient, update = jax.jit(jax.grad(linen_loss)), jax.jit(tx.update)
    for number in range(0, len(BATCHES), 3):
        gradients = [gradient(theirs, words) for words in BATCHES[number : number + 3]]
        mean = jax.tree.map(lambda *parts: sum(parts) / 3, *gradients)
        updates, state = update(mean, state, theirs)
        theirs = optax.apply_updates(theirs, updates)
    jax.tree.map(partial(np.testing.assert_allclose, rtol=1e-4, atol=2e-5), ours, theirs)


def test_optax_finds_its_way_in_the_state() -> None:
    params = PARAMS
    tx = build(params)
    state = tx.init(params)
    doubled = optax.tree_utils.tree_map_params(tx, lambda leaf: leaf + 2, state)
    moments = jax.tree.leaves(optax.tree_utils.tree_get(doubled, "mu"))
    assert len(moments) == len(jax.tree.leaves(params)) - 1
    assert all((moment == 2).all() for moment in moments)
    assert int(optax.tree_utils.tree_get_all_with_path(doubled, "count")[0][1]) == 0


@pytest.mark.parametrize("changed", ["nothing", "the schedule", "the rules"])
def test_a_checkpoint_goes_on_under_another_schedule_or_other_rates(changed: str, tmp_path: Path) -> None:
    """The state's structure says what is trained by which optimizer, and nothing of rates and decays."""
    params = PARAMS
    half, state = plainly(usual(), params, linen_loss, batches=BATCHES[:6])
    with ocp.StandardCheckpointer() as checkpointer:
        checkpointer.save(tmp_path / "half", {"params": half, "state": state})
    later = {
        "nothing": usual(),
        "the schedule": build(params, learning_rate=optax.linear_schedule(1e-3, 0.0, 40)),
        "the rules": build(
            params,
            paramrules.parse(
                "frozen: type(Embedding) -> freeze = true\nall: else -> lr_scale = 0.1", "o.rules"
            ),
            model=INVENTORY,
        ),
    }[changed]
    abstract = jax.eval_shape(lambda params: {"params": params, "state": later.init(params)}, params)
    with ocp.StandardCheckpointer() as checkpointer:
        restored = checkpointer.restore(tmp_path / "half", abstract)
    ours, _ = plainly(later, restored["params"], linen_loss, restored["state"], BATCHES[6:])
    theirs, _ = plainly(later, half, linen_loss, state, BATCHES[6:])
    jax.tree.map(np.testing.assert_array_equal, ours, theirs)
    moved = jax.tree.map(
        lambda one, other: not np.allclose(one, other, rtol=1e-5, atol=1e-6), ours, usual_end()
    )
    assert any(jax.tree.leaves(moved)) == (changed != "nothing")


def test_boxes_around_parameters_are_around_moments_too() -> None:
    """So that flax finds where moments belong on many devices."""

    class Boxed(nn.Module):
        @nn.compact
        def __call__(self, x: jax.Array) -> jax.Array:
            split = nn.with_partitioning(nn.initializers.lecun_normal(), (None, "data"))
            return nn.Dense(4, name="head")(nn.Dense(8, kernel_init=split, name="hidden")(x))

    x = jnp.ones((2, 8))
    params = Boxed().init(jax.random.key(0), x)["params"]
    rules = paramrules.parse("frozen: name ~ ^head -> freeze = true\nrest: else", "boxed.rules")
    tx = pro.build(params, rules, learning_rate=0.1, model=paramrules.inventory(Boxed(), inputs=x))
    specs = nn.get_partition_spec(jax.eval_shape(tx.init, params))
    moments = optax.tree_utils.tree_get(specs, "mu")
    assert moments["hidden"]["kernel"] == jax.sharding.PartitionSpec(None, "data")
    gradients = jax.tree.map(jnp.ones_like, params)
    updates, _ = jax.jit(tx.update)(gradients, tx.init(params), params)
    pure = nn.meta.unbox(params)
    alone, _ = tx.update(nn.meta.unbox(gradients), tx.init(pure), pure)
    assert_close(nn.meta.unbox(updates), alone)
