"""Schedules by name and of the decay, against optax written out by hand and against PyTorch's groups."""

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
import paramrules_optax as pro
import pytest

import paramrules
from paramrules import RulesError, RulesWarning

PARAMS = {"body": {"kernel": jnp.ones((2, 3)), "bias": jnp.ones(3)}, "head": {"kernel": jnp.ones((3, 2))}}
GRADIENTS = jax.tree.map(lambda leaf: 0.1 * jnp.arange(1.0, leaf.size + 1).reshape(leaf.shape), PARAMS)
RULES = """
[decay]
no_decay: ndim <= 1 -> weight_decay = 0
half: name ~ ^head -> weight_decay_scale = 0.3, weight_decay_schedule = "cosine"
rest: else
[lr]
head: name ~ ^head -> schedule = "late", lr_scale = 0.7
body: else -> lr_scale = 0.1
"""


def early(count: Any) -> Any:
    return 0.3 / (count + 1)


def late(count: Any) -> Any:
    return jnp.where(count < 2, 0.0, 0.3)


def linear(count: Any) -> Any:
    return 0.04 + 0.01 * count


def cosine(count: Any) -> Any:
    return 0.4 - 0.36 * (1 + jnp.cos(jnp.pi * count / 7)) / 2


RATES = {"default": early, "late": late}
DECAYS = {"default": linear, "cosine": cosine}


def built(text: str = RULES, optimizer: Any = optax.adamw, **how: Any) -> optax.GradientTransformation:
    rates = {"learning_rate": RATES, "weight_decay": DECAYS}
    return pro.build(PARAMS, paramrules.parse(text, "o.rules"), optimizer, **rates | how)


def trained(tx: optax.GradientTransformation, steps: int = 5, params: Any = PARAMS) -> Any:
    with jax.disable_jit():
        state = tx.init(params)
        for _ in range(steps):
            updates, state = tx.update(GRADIENTS, state, params)
            params = optax.apply_updates(params, updates)
    return params


def by_hand(core: Any, rates: Any, decays: Any, *, unscaled: bool = False) -> Any:
    """Each array alone: the core, its decay at the step, its rate at the step."""

    def train(param: Any, gradient: Any, rate: Any, decay: Any) -> Any:
        tx = core()
        state = tx.init(param)
        for step in range(5):
            update, state = tx.update(gradient, state, param)
            if unscaled:
                param = param - rate(step) * update - decay(step) * param
            else:
                param = param - rate(step) * (update + decay(step) * param)
        return param

    with jax.disable_jit():
        return jax.tree.map(train, PARAMS, GRADIENTS, rates, decays)


def tree(body_kernel: Any, bias: Any, head: Any) -> Any:
    return {"body": {"kernel": body_kernel, "bias": bias}, "head": {"kernel": head}}


BODY, HEAD = (lambda count: early(count) * 0.1), (lambda count: late(count) * 0.7)
EXPECTED = tree(BODY, BODY, HEAD), tree(linear, lambda count: 0.0, lambda count: cosine(count) * 0.3)


def test_each_group_follows_its_own_schedules() -> None:
    wanted = by_hand(optax.scale_by_adam, *EXPECTED)
    jax.tree.map(partial(np.testing.assert_allclose, rtol=1e-6), trained(built()), wanted)
    tx = built()
    jitted = tx.update(GRADIENTS, tx.init(PARAMS), PARAMS)[0]
    compiled = jax.jit(tx.update)(GRADIENTS, tx.init(PARAMS), PARAMS)[0]
    jax.tree.map(partial(np.testing.assert_allclose, rtol=1e-6), jitted, compiled)


def test_a_schedule_of_decay_is_evaluated_for_all_groups_in_one_state() -> None:
    calls = []

    def counted(count: Any) -> Any:
        calls.append(1)
        return linear(count)

    text = (
        "no_decay: ndim <= 1 -> weight_decay = 0\nhalf: name ~ ^head -> weight_decay_scale = 0.5\nrest: else"
    )
    tx = built(text, learning_rate=0.1, weight_decay=counted)
    rates = tree(*[lambda count: 0.1] * 3)
    decays = tree(linear, lambda count: 0.0, lambda count: linear(count) * 0.5)
    wanted = by_hand(optax.scale_by_adam, rates, decays)
    jax.tree.map(partial(np.testing.assert_allclose, rtol=1e-6), trained(tx), wanted)
    assert len(calls) == 5
    plain = optax.adamw(0.1)
    assert len(jax.tree.leaves(tx.init(PARAMS))) == len(jax.tree.leaves(plain.init(PARAMS))) + 1


def test_unscaled_decay_and_decay_behind_the_rate() -> None:
    text = "no_decay: ndim <= 1 -> weight_decay = 0\nrest: else"
    rates, decays = tree(*[lambda count: 0.1] * 3), tree(linear, lambda count: 0.0, linear)
    tx = built(text, learning_rate=0.1, weight_decay=linear, decay="unscaled")
    wanted = by_hand(optax.scale_by_adam, rates, decays, unscaled=True)
    jax.tree.map(partial(np.testing.assert_allclose, rtol=1e-6), trained(tx), wanted)
    adafactor = partial(optax.adafactor, min_dim_size_to_factor=2)
    tx = built(text, adafactor, learning_rate=0.1, weight_decay=linear)
    without = built(text, adafactor, learning_rate=0.1, weight_decay=0.0)
    for step in range(3):
        state, other = tx.init(PARAMS), without.init(PARAMS)
        for _ in range(step):
            _, state = tx.update(GRADIENTS, state, PARAMS)
            _, other = without.update(GRADIENTS, other, PARAMS)
        ours, theirs = tx.update(GRADIENTS, state, PARAMS)[0], without.update(GRADIENTS, other, PARAMS)[0]
        np.testing.assert_allclose(
            ours["head"]["kernel"],
            theirs["head"]["kernel"] - 0.1 * linear(step) * PARAMS["head"]["kernel"],
            rtol=1e-5,
        )
        np.testing.assert_array_equal(ours["body"]["bias"], theirs["body"]["bias"])


def test_a_named_schedule_replaces_what_is_bound_to_an_optimizer() -> None:
    text = 'head: name ~ ^head -> optimizer = "sgd", schedule = "late"\nrest: else -> optimizer = "other"'
    optimizers = {
        "sgd": partial(optax.sgd, learning_rate=20.0),
        "other": partial(optax.sgd, learning_rate=0.5),
    }
    tx = built(text, optimizers, learning_rate={"late": late}, weight_decay=None)
    rates = tree(lambda count: 0.5, lambda count: 0.5, late)
    wanted = by_hand(optax.identity, rates, tree(*[lambda count: 0.0] * 3))
    jax.tree.map(partial(np.testing.assert_allclose, rtol=1e-6), trained(tx), wanted)


def test_numbers_by_name_and_marks_and_names() -> None:
    text = """
head: name ~ ^head -> schedule = "fixed", is_last_layer = true, name = "last"
rest: else -> lr = 0.5
"""
    tx = built(
        text,
        optax.sgd,
        learning_rate={"default": 0.1, "fixed": 0.25},
        weight_decay=None,
        marks=["is_last_layer"],
    )
    wanted = by_hand(
        optax.identity, tree(lambda n: 0.5, lambda n: 0.5, lambda n: 0.25), tree(*[lambda count: 0.0] * 3)
    )
    jax.tree.map(partial(np.testing.assert_allclose, rtol=1e-6), trained(tx), wanted)


STACK = {"layers": {"kernel": jnp.ones((3, 2, 2)), "bias": jnp.ones((3, 2))}}


def test_layers_of_a_stack_have_their_own_scale_of_a_schedule_and_no_schedule_of_their_own() -> None:
    inventory = paramrules.inventory(STACK, stacked={"layers": 1})
    text = "layer_{i}: name ~ ^layers\\.(?<i>\\d+) -> weight_decay_scale = i"
    tx = pro.build(
        STACK, paramrules.parse(text), optax.sgd, learning_rate=1.0, weight_decay=linear, model=inventory
    )
    zeros = jax.tree.map(jnp.zeros_like, STACK)
    updates, _ = tx.update(zeros, tx.init(STACK), STACK)
    np.testing.assert_allclose(updates["layers"]["bias"][:, 0], [0.0, -0.04, -0.08], rtol=1e-6)
    with pytest.raises(RulesError) as raised:
        pro.build(
            STACK,
            paramrules.parse('first: name ~ ^layers\\.0 -> schedule = "late"\nrest: else'),
            optax.sgd,
            learning_rate=RATES,
            model=inventory,
        )
    assert str(raised.value) == (
        "\nerror[E631]: the layers that `layers.bias` holds cannot be trained apart: "
        "`layers.0.bias` and `layers.1.bias` follow different schedules\n"
        "  = help: layers of a stack may differ in `lr`, `lr_scale`, `weight_decay` and `weight_decay_scale`"
    )


def said(*arguments: Any, **how: Any) -> str:
    with pytest.raises(RulesError) as raised:
        built(*arguments, **how)
    return str(raised.value)


def test_a_name_that_is_not_there() -> None:
    assert (
        said(learning_rate={"default": early, "lat": late}, weight_decay=linear)
        == """
error[E644]: the group `half/head` names the schedule `late`, and there are `default` and `lat`
  --> o.rules:7:23
   |
 7 | head: name ~ ^head -> schedule = "late", lr_scale = 0.7
   |                       ^^^^^^^^^^^^^^^^^
   = help: did you mean `lat`?

error[E644]: the group `half/head` names the decay schedule `cosine`, and only one was passed
  --> o.rules:4:49
   |
 4 | half: name ~ ^head -> weight_decay_scale = 0.3, weight_decay_schedule = "cosine"
   |                                                 ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
   = help: pass both, as in `weight_decay={"cosine": ..., "default": ...}`"""
    )
    assert (
        said(learning_rate={"late": late}, weight_decay={"cosine": cosine})
        == """
error[E644]: the groups `no_decay/body` and `rest/body` name no schedule, and there is only `late`
  = help: name one of them `default`, or add one: `{"default": ..., ...}`"""
    )
    sgd = partial(optax.sgd, learning_rate=0.1)
    text = 'a: ndim == 1 -> weight_decay = 0\nb: name ~ body\nc: else -> weight_decay_schedule = "cosine"'
    assert (
        said(text, sgd, learning_rate=None, weight_decay={"cosine": cosine})
        == """
error[E644]: the group `b` names no decay schedule, and there is only `cosine`
  = help: name one of them `default`, or add one: `{"default": ..., ...}`"""
    )


def test_a_name_that_nobody_uses() -> None:
    with pytest.warns(RulesWarning) as caught:
        built('a: ndim == 1 -> weight_decay = 0\nb: else -> schedule = "late"', weight_decay=DECAYS)
    assert [str(warning.message) for warning in caught] == [
        "W641: no rule names the decay schedule `cosine`\n"
        '  = help: write `weight_decay_schedule = "cosine"` among the settings of a rule, '
        "or remove the schedule"
    ]
    assert caught[0].filename == __file__


def test_a_decay_of_its_own_beside_a_schedule() -> None:
    text = "a: ndim == 1 -> weight_decay = 0.1\nb: name ~ body -> weight_decay = 0.1\nc: else"
    assert (
        said(text, weight_decay=linear)
        == """
error[E630]: the groups `a` and `b` set `weight_decay`, and a schedule has no base decay to replace
  --> o.rules:1:17
   |
 1 | a: ndim == 1 -> weight_decay = 0.1
   |                 ^^^^^^^^^^^^^^^^^^
  --> o.rules:2:19
   |
 2 | b: name ~ body -> weight_decay = 0.1
   |                   ^^^^^^^^^^^^^^^^^^
   = help: write `weight_decay_scale`, which multiplies the schedule, \
or give the group a schedule of its own, with `weight_decay_schedule`"""
    )


def test_a_factory_that_takes_its_decay_as_a_number() -> None:
    def adamw(learning_rate: Any, weight_decay: float = 0.1) -> optax.GradientTransformation:
        return optax.adamw(learning_rate, weight_decay=weight_decay)

    text = "a: ndim == 1 -> weight_decay = 0\nb: else"
    assert (
        said(text, adamw, weight_decay=linear)
        == """
error[E646]: `adamw` takes one weight decay for all steps, and this is a schedule
  = help: pass `decay="unscaled"`, which decays beside any optimizer, or a factory such as `optax.adamw`"""
    )
    tx = built(text, adamw, learning_rate=0.1, weight_decay=linear, decay="unscaled")
    decays = tree(linear, lambda count: 0.0, linear)
    wanted = by_hand(optax.scale_by_adam, tree(*[lambda count: 0.1] * 3), decays, unscaled=True)
    jax.tree.map(partial(np.testing.assert_allclose, rtol=1e-6), trained(tx), wanted)


def test_a_schedule_needs_the_parameters() -> None:
    tx = built()
    with pytest.raises(ValueError, match=r"^weight decay needs the parameters: call `update"):
        tx.update(GRADIENTS, tx.init(PARAMS))


def test_what_is_not_a_rate() -> None:
    with pytest.raises(
        TypeError, match=r"^`weight_decay` is '0.1', a `str`, and should be a number or a schedule$"
    ):
        built(weight_decay={"default": "0.1"})
    with pytest.raises(
        TypeError, match=r"^`learning_rate` is None, a `NoneType`, and should be a number or a"
    ):
        built(learning_rate={"default": None})
