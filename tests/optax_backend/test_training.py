"""Real steps with real optimizers: parameters that a rule does not decay stay the same to the bit."""

import functools

import equinox as eqx
import flax
import jax
import jax.numpy as jnp
import optax
import pytest
from flax import nnx
from jax_models import NnxTransformer, Transformer, loss
from paramrules_optax import label_fn, labels, mask, mask_fn
from paramrules_optax.inventory import inventory_of

from paramrules.rules import parse

# Decays every weight and bias of a Linear and the bias of LayerNorm, and nothing else.
LINEAR = parse(
    "decay: type(Linear) or (type(LayerNorm) and role == bias)\nno_decay: else\n",
    "linear.rules",
)
BY_NAME = parse('no_decay: leaf in ("scale", "bias", "b", "n")\ndecay: else\n', "names.rules")


def undecayed(before, after):
    """Return the names of the parameters that are equal to the bit."""
    names = inventory_of(before).names
    pairs = zip(jax.tree.leaves(before), jax.tree.leaves(after), strict=True)
    return {name for name, (a, b) in zip(names, pairs, strict=True) if (a == b).all()}


def in_group(tree, rules, label):
    found = mask(tree, rules, label)
    return {name for name, held in zip(inventory_of(tree).names, jax.tree.leaves(found), strict=True) if held}


def trained(tx, params, gradient=lambda params: jax.tree.map(jnp.zeros_like, params), steps=3):
    state = tx.init(params)

    @jax.jit
    def step(params, state):
        updates, state = tx.update(gradient(params), state, params)
        return optax.apply_updates(params, updates), state

    for _ in range(steps):
        params, state = step(params, state)
    return params


def adamw(answer):
    return optax.adamw(1e-2, weight_decay=0.1, mask=answer)


def masked(answer):
    return optax.chain(
        optax.scale_by_adam(), optax.masked(optax.add_decayed_weights(0.1), answer), optax.scale(-1e-2)
    )


def injected(answer):
    return optax.inject_hyperparams(optax.adamw, static_args="mask")(1e-2, weight_decay=0.1, mask=answer)


HANDED = pytest.mark.parametrize("handed", [adamw, masked, injected])


def build():
    return Transformer(layers=2, key=jax.random.key(0))


equinox_model = functools.cache(build)


@HANDED
def test_equinox_decays_linear_and_the_bias_of_layernorm_and_nothing_else(handed):
    model = equinox_model()
    params = eqx.filter(model, eqx.is_inexact_array)
    after = trained(handed(mask_fn(model, LINEAR, "decay")), params)
    same = undecayed(params, after)
    # Biases of LayerNorm start and stay at zero, so they prove nothing.
    zeros = {
        n for n, a in zip(inventory_of(params).names, jax.tree.leaves(params), strict=True) if not a.any()
    }
    assert same == in_group(params, LINEAR, "no_decay") | zeros
    assert same - zeros == {
        "tokens.weight",
        "positions",
        "norm.weight",
        *(f"blocks.{i}.{norm}.weight" for i in (0, 1) for norm in ("norm1", "norm2")),
    }
    assert zeros - in_group(params, LINEAR, "no_decay") == {
        "norm.bias",
        "blocks.0.norm1.bias",
        "blocks.1.norm1.bias",
    }


def test_equinox_with_a_tree_for_a_mask_and_a_bias_that_is_not_zero():
    model = eqx.tree_at(lambda m: (m.norm.bias, m.head.bias), equinox_model(), (jnp.ones(8), jnp.ones(11)))
    params = eqx.filter(model, eqx.is_inexact_array)
    after = trained(adamw(mask(model, LINEAR, "decay")), params)
    assert (after.norm.bias < params.norm.bias).all()
    assert (after.head.bias < params.head.bias).all()
    assert (after.norm.weight == params.norm.weight).all()


def test_equinox_learns_as_with_a_mask_made_by_hand():
    model = equinox_model()
    params, static = eqx.partition(model, eqx.is_inexact_array)

    def gradient(params):
        return jax.grad(lambda p: loss(eqx.combine(p, static)))(params)

    def selected(cls, leaf):
        def select(tree):
            nodes = jax.tree.leaves(tree, is_leaf=lambda node: isinstance(node, cls))
            found = (getattr(node, leaf) for node in nodes if isinstance(node, cls))
            return [value for value in found if value is not None]

        return select

    by_hand = jax.tree.map(lambda _: False, params)
    for cls, leaf in ((eqx.nn.Linear, "weight"), (eqx.nn.Linear, "bias"), (eqx.nn.LayerNorm, "bias")):
        by_hand = eqx.tree_at(selected(cls, leaf), by_hand, replace_fn=lambda _: True)

    ours = trained(adamw(mask_fn(model, LINEAR, "decay")), params, gradient)
    theirs = trained(adamw(lambda _: by_hand), params, gradient)
    assert jax.tree.all(jax.tree.map(lambda a, b: (a == b).all(), ours, theirs))
    compiled = eqx.filter_jit(loss)
    assert compiled(eqx.combine(ours, static)) < compiled(model)


def test_equinox_partition_with_a_group_that_is_frozen():
    rules = parse("frozen: type(Embedding)\nplain: ndim <= 1\ndecay: else\n")
    model = equinox_model()
    params, static = eqx.partition(model, eqx.is_inexact_array)
    tx = optax.partition(
        {"frozen": optax.set_to_zero(), "plain": optax.sgd(0.1), "decay": optax.adamw(1e-2)},
        label_fn(model, rules),
    )
    after = trained(tx, params, lambda p: jax.grad(lambda q: loss(eqx.combine(q, static)))(p))
    assert undecayed(params, after) == {"tokens.weight"}


def test_a_mask_inside_a_partition():
    rules = parse("[opt]\nsgd: type(Embedding)\nadam: else\n[decay]\nno_decay: ndim <= 1\ndecay: else\n")
    model = equinox_model()
    params = eqx.filter(model, eqx.is_inexact_array)
    tx = optax.multi_transform(
        {"sgd": optax.set_to_zero(), "adam": adamw(mask_fn(model, rules, "decay"))},
        label_fn(model, rules, "opt"),
    )
    same = undecayed(params, trained(tx, params))
    assert same == in_group(params, rules, "no_decay") | {"tokens.weight"}


def nnx_model():
    return NnxTransformer(layers=2, rngs=nnx.Rngs(0))


def nnx_steps(model, tx, of=loss):
    optimizer = nnx.Optimizer(model, tx, wrt=nnx.Param)

    @nnx.jit
    def step(model, optimizer):
        optimizer.update(model, nnx.grad(of)(model))

    for _ in range(3):
        step(model, optimizer)


@HANDED
def test_nnx_optimizer(handed):
    rules = parse("no_decay: type(LayerNorm|RMSNorm|BatchNorm) or attr(no_weight_decay)\ndecay: else\n")
    model = nnx_model()
    before = nnx.state(nnx.clone(model), nnx.Param)
    nnx_steps(model, handed(mask_fn(model, rules, "decay")), lambda m: 0.0 * loss(m))
    same = undecayed(before, nnx.state(model, nnx.Param))
    zeros = {
        n for n, a in zip(inventory_of(before).names, jax.tree.leaves(before), strict=True) if not a.any()
    }
    assert same == in_group(model, rules, "no_decay") | zeros
    assert {"positions", "norm.scale", "blocks.0.norm2.scale"} <= same - zeros
    assert {"tokens.embedding", "head.kernel", "blocks.1.attention.out.kernel"} <= set(
        inventory_of(before).names
    ) - same


def test_nnx_partition():
    rules = parse("frozen: type(Embed)\nplain: ndim <= 1\ndecay: else\n")
    model = nnx_model()
    compiled = nnx.jit(loss)
    before, start = nnx.state(nnx.clone(model), nnx.Param), float(compiled(model))
    tx = optax.partition(
        {"frozen": optax.set_to_zero(), "plain": optax.sgd(0.1), "decay": optax.adamw(1e-2)},
        label_fn(model, rules),
    )
    nnx_steps(model, tx)
    same = undecayed(before, nnx.state(model, nnx.Param))
    assert "tokens.embedding" in same
    assert "head.kernel" not in same
    assert compiled(model) < start


@flax.struct.dataclass
class Layer:
    w: object
    b: object
    n: object = None


PLAIN = {"w": jnp.ones((2, 2)), "b": jnp.ones(2), "n": None}


@HANDED
@pytest.mark.parametrize(
    "params",
    [
        {"one": PLAIN, "two": [PLAIN, (PLAIN,)]},
        flax.core.freeze({"params": {"one": PLAIN}}),
        Layer(jnp.ones((2, 2)), jnp.ones(2)),
    ],
    ids=["dicts", "FrozenDict", "dataclass"],
)
def test_plain_trees(handed, params):
    after = trained(handed(mask_fn(params, BY_NAME, "decay")), params)
    assert undecayed(params, after) == in_group(params, BY_NAME, "no_decay")
    assert jax.tree.structure(after) == jax.tree.structure(params)


def test_trees_are_labels_of_a_partition_too():
    tx = optax.partition({"decay": optax.adamw(1e-2), "no_decay": optax.sgd(1.0)}, labels(PLAIN, BY_NAME))
    assert undecayed(PLAIN, trained(tx, PLAIN)) == {"b"}


def test_rules_assigned_to_an_abstract_model_serve_the_real_one():
    abstract = eqx.filter_eval_shape(build)
    params = eqx.filter(equinox_model(), eqx.is_inexact_array)
    after = trained(adamw(mask_fn(abstract, LINEAR, "decay")), params)
    assert undecayed(params, after) == undecayed(
        params, trained(adamw(mask_fn(equinox_model(), LINEAR, "decay")), params)
    )
