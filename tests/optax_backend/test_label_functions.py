"""label_fn and mask_fn: what optimizers are handed, whatever tree they come with."""

import functools
import gc
import weakref

import equinox as eqx
import jax
import jax.numpy as jnp
import optax
import pytest
from flax import nnx
from jax_models import NnxTransformer, Transformer, pure
from paramrules_optax import label_fn, labels, mask_fn

from paramrules import RulesError
from paramrules.rules import parse

RULES = parse("no_decay?: ndim <= 1\ndecay: else\n", "decay.rules")


@functools.cache
def transformer():
    return Transformer(key=jax.random.key(0))


def refused(function, tree):
    with pytest.raises(RulesError) as caught:
        function(tree)
    return str(caught.value)


def test_they_are_plain_functions():
    function = type(lambda: None)
    assert type(label_fn(transformer(), RULES)) is function
    assert type(mask_fn(transformer(), RULES, "decay")) is function


def test_boxed_pure_and_dict_trees_of_nnx_have_the_same_answer():
    model = NnxTransformer(rngs=nnx.Rngs(0))
    state = nnx.state(model, nnx.Param)
    answer = label_fn(model, RULES)
    expected = jax.tree.leaves(labels(model, RULES))
    for tree in (state, pure(state), nnx.to_pure_dict(state), model):
        found = answer(tree)
        assert jax.tree.leaves(found) == expected
    assert jax.tree.structure(answer(pure(state))) == jax.tree.structure(pure(state))
    assert jax.tree.structure(answer(model)) == jax.tree.structure(state)


def test_masked_out_parts_stay_masked_out():
    params = {"a": jnp.ones(2), "b": jnp.ones((2, 2)), "c": None}
    answer = label_fn({"a": jnp.ones(2), "b": jnp.ones((2, 2)), "c": jnp.ones(3)}, RULES)
    assert answer(params) == {"a": "no_decay", "b": "decay", "c": None}
    params["a"] = optax.MaskedNode()
    assert answer(params) == {"a": optax.MaskedNode(), "b": "decay", "c": None}


def test_a_whole_equinox_model_and_its_gradients():
    model = transformer()
    answer = mask_fn(model, RULES, "decay")
    gradients = eqx.filter_grad(lambda m: jnp.sum(m.head.weight))(model)
    expected = eqx.filter(jax.tree.map(jnp.ndim, eqx.filter(model, eqx.is_array)), lambda n: n is not None)
    for tree in (model, eqx.filter(model, eqx.is_inexact_array), gradients):
        found = answer(tree)
        assert jax.tree.leaves(found) == [n > 1 for n in jax.tree.leaves(expected)]
        assert found.blocks[0].mlp.activation is None


def test_inside_jit_and_under_eval_shape():
    answer = mask_fn({"w": jnp.ones((2, 2)), "b": jnp.ones(2)}, RULES, "decay")

    @jax.jit
    def decayed(params):
        return jax.tree.map(lambda p, m: p * 0.5 if m else p, params, answer(params))

    found = decayed({"w": jnp.ones((2, 2)), "b": jnp.ones(2)})
    assert (float(found["w"][0, 0]), float(found["b"][0])) == (0.5, 1.0)
    abstract = jax.eval_shape(decayed, {"w": jnp.ones((2, 2)), "b": jnp.ones(2)})
    assert answer(abstract) == {"w": True, "b": False}


def test_arrays_are_not_kept_alive():
    array = jnp.ones((2, 2))
    alive = weakref.ref(array)
    answer = mask_fn({"w": array}, RULES, "decay")
    del array
    gc.collect()
    assert alive() is None
    assert answer({"w": 1.0}) == {"w": True}


def test_a_tree_of_another_model():
    answer = label_fn({"encoder": {"kernel": jnp.ones((2, 2)), "bias": jnp.ones(2)}}, RULES)
    assert (
        refused(answer, {"encoder": {"kernl": jnp.ones(1)}})
        == """
error[E601]: `encoder.kernl` is not a parameter of the model that the rules were assigned to
  = help: did you mean `encoder.kernel`?"""
    )
    assert (
        refused(answer, {"bias": jnp.ones(1), "x": jnp.ones(1)})
        == """
error[E601]: `bias` is not a parameter of the model that the rules were assigned to
  = help: pass the tree that is trained, or the model that it belongs to"""
    )


def test_a_schedules_count_under_inject_hyperparams():
    answer = mask_fn({"w": jnp.ones((2, 2))}, RULES, "decay")
    injected = optax.inject_hyperparams(optax.adamw)(1e-3, mask=answer)
    assert (
        refused(injected.init, {"w": jnp.ones((2, 2))})
        == """
error[E601]: a single array stands in the place of the tree of parameters
  = help: `optax.inject_hyperparams` takes a function for a schedule unless told otherwise: \
`optax.inject_hyperparams(optax.adamw, static_args="mask")`"""
    )


class Counting(eqx.Module):
    weight: jax.Array
    calls: jax.Array


def test_integers_of_an_equinox_module():
    model = Counting(jnp.ones((2, 2)), jnp.zeros((), jnp.int32))
    assert labels(model, RULES) == Counting("decay", None)
    answer = label_fn(model, RULES)
    assert answer(eqx.filter(model, eqx.is_inexact_array)) == Counting("decay", None)
    assert (
        refused(answer, eqx.filter(model, eqx.is_array))
        == """
error[E601]: `calls` is an array of int32, not a parameter
  = help: pass `eqx.filter(model, eqx.is_inexact_array)`"""
    )


def test_running_statistics_that_the_model_still_holds():
    model = eqx.nn.BatchNorm(3, "batch", mode="batch")
    answer = label_fn(model, RULES)
    assert (
        refused(answer, eqx.filter(model, eqx.is_inexact_array))
        == """
error[E601]: `batch_state_index.init.0` is a running statistic, not a parameter
  = help: build the model with `eqx.nn.make_with_state`, which takes them out of it"""
    )


def test_variables_of_nnx_that_are_not_parameters():
    model = nnx.BatchNorm(3, rngs=nnx.Rngs(0))
    assert (
        refused(label_fn(model, RULES), nnx.state(model))
        == """
error[E601]: `mean` is a `BatchStat`, not a parameter
  = help: pass `nnx.state(model, nnx.Param)`"""
    )


def test_an_array_that_an_equinox_module_has_got_since():
    answer = label_fn({"a": eqx.nn.Linear(2, 2, use_bias=False, key=jax.random.key(0))}, RULES)
    assert (
        refused(answer, {"a": eqx.nn.Linear(2, 2, key=jax.random.key(0))})
        == """
error[E601]: `a.bias` is not a parameter of the model that the rules were assigned to
  = help: pass the tree that is trained, or the model that it belongs to"""
    )
