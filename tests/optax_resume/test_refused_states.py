"""States that do not fit are refused by name, all findings at once, in the words of every backend."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax
import optax.contrib
import paramrules_optax as pro
import pytest
from flax.training.train_state import TrainState

import paramrules
from paramrules import RulesError, RulesWarning

LAYER = {"kernel": jnp.ones((4, 4)), "bias": jnp.ones(4)}
PARAMS = {"blocks": [LAYER, LAYER], "head": LAYER}
ONE = paramrules.parse("no_decay: ndim <= 1\nrest: else\n")
MUON = paramrules.parse('hidden: name ~ ^blocks and ndim == 2 -> optimizer = "muon"\n' + ONE.source.text)
FRESH = '\n  = help: `missing="fresh"` lets them start without'


def one(params: Any = PARAMS, factory: Any = optax.adamw, rules: Any = ONE) -> Any:
    return pro.build(params, rules, factory, learning_rate=0.1)


def stepped(tx: Any, params: Any = PARAMS, steps: int = 3) -> Any:
    state = tx.init(params)
    for _ in range(steps):
        _, state = tx.update(params, state, params)
    return state


def refused(state: Any, params: Any, tx: Any, **how: Any) -> str:
    with pytest.raises(RulesError) as raised:
        pro.regroup_state(state, params, tx, **how)
    return str(raised.value)


def test_new_and_removed_parameters_and_changed_shapes_in_one_report() -> None:
    small = {"kept": LAYER, "old": LAYER}
    large = {"kept": {"kernel": jnp.ones((4, 5)), "bias": jnp.ones(4)}, "new": LAYER}
    state, tx = stepped(one(small), small), one(large)
    assert refused(state, large, tx) == (
        "\nerror[E623]: `old.bias` and `old.kernel` have saved state and no place in the optimizer\n"
        '  = help: `extra="drop"` leaves it out\n\n'
        f"error[E622]: `new.bias` and `new.kernel` have no saved state{FRESH}\n\n"
        "error[E625]: `ScaleByAdamState.mu` of `kept.kernel` has the shape (4, 4) and should have (4, 5)\n"
        '  = help: `missing="fresh"` lets it start without\n\n'
        "error[E625]: `ScaleByAdamState.nu` of `kept.kernel` has the shape (4, 4) and should have (4, 5)\n"
        '  = help: `missing="fresh"` lets it start without'
    )
    with pytest.warns(RulesWarning) as warned:
        regrouped = pro.regroup_state(state, large, tx, missing="fresh", extra="drop")
    assert str(warned[0].message) == (
        "W665: `kept.kernel`, `new.bias` and `new.kernel` start without state beside `kept.bias`, "
        "and the `count` that they share is 3: moments are not corrected for their start\n"
        '  = help: give what starts an optimizer of its own, such as `optimizer = "new"` with '
        '`"new": optax.adamw`, and it counts from 0'
    )
    assert warned[0].filename == __file__
    np.testing.assert_array_equal(regrouped[0].mu["kept"]["bias"], state[0].mu["kept"]["bias"])
    for leaf in (regrouped[0].mu["kept"]["kernel"], *jax.tree.leaves(regrouped[0].nu["new"])):
        assert not leaf.any()


def test_what_starts_with_an_optimizer_of_its_own_counts_from_0() -> None:
    large = {**PARAMS, "new": LAYER}
    rules = paramrules.parse('new: name ~ ^new -> optimizer = "new"\nrest: else\n')
    tx = one(large, {"new": optax.adamw, "default": optax.adamw}, rules)
    regrouped = pro.regroup_state(stepped(one()), large, tx, missing="fresh")
    counts = {label: part.inner_state[0].count for label, part in regrouped.inner_states.items()}
    assert counts == {"new": 0, "default": 3}


def test_frozen_parameters_that_are_trained_now_and_the_other_way() -> None:
    frozen = one(rules=paramrules.parse("off: name ~ ^blocks -> freeze = true\non: else\n"))
    assert refused(stepped(one()), PARAMS, frozen) == (
        "\nerror[E623]: `blocks.{0,1}.bias` and `blocks.{0,1}.kernel` have saved state and no place in the "
        'optimizer\n  = help: `extra="drop"` leaves it out'
    )
    assert refused(stepped(frozen), PARAMS, one()) == (
        f"\nerror[E622]: `blocks.{{0,1}}.bias` and `blocks.{{0,1}}.kernel` have no saved state{FRESH}"
    )
    part = pro.regroup_state(stepped(one()), PARAMS, frozen, extra="drop").inner_states["adamw"]
    assert part.inner_state[0].count == 3


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        (
            optax.adamw,
            lambda **how: optax.sgd(momentum=0.9, **how),
            "`ScaleByAdamState.mu` and `ScaleByAdamState.nu` for `blocks.{0,1}.bias`, "
            "`blocks.{0,1}.kernel`, `head.bias` and `head.kernel`, and this optimizer `TraceState.trace`",
        ),
        (optax.lion, optax.adamw, "`ScaleByLionState.mu` for `blocks.{0,1}.bias`"),
        (optax.adabelief, optax.adam, "`ScaleByBeliefState.mu` and `ScaleByBeliefState.nu` for `blocks"),
    ],
)
def test_another_optimizer(before: Any, after: Any, message: str) -> None:
    assert f"error[E624]: the saved state keeps {message}" in refused(
        stepped(one(factory=before)), PARAMS, after(learning_rate=0.1)
    )


def test_moments_that_mean_something_else_are_told_apart() -> None:
    """A running average and a sum of gradients differ by a factor of up to 20."""
    matrices = {"a": jnp.ones((4, 4)), "b": jnp.ones((4, 4))}
    sgd = one(
        matrices, lambda learning_rate: optax.sgd(learning_rate, momentum=0.9), paramrules.parse("all: else")
    )
    ours = one(matrices, pro.pytorch.muon, paramrules.parse("all: else"))
    assert refused(stepped(sgd, matrices), matrices, ours) == (
        "\nerror[E624]: the saved state keeps `TraceState.trace` for `a` and `b`, and this optimizer "
        f"`AverageState.average`{FRESH}"
    )


def test_an_optimizer_without_state() -> None:
    plain = one(factory=optax.sgd)
    assert refused(stepped(plain), PARAMS, one()).startswith("\nerror[E622]: `blocks.{0,1}.bias`, ")
    assert jax.tree.leaves(pro.regroup_state(stepped(one()), PARAMS, plain, extra="drop")) == []


def test_counts_that_differ_cannot_be_merged() -> None:
    rules = paramrules.parse('blocks: name ~ ^blocks -> optimizer = "late"\nhead: else\n')
    state = stepped(one(rules=rules, factory={"late": optax.adamw, "default": optax.adamw}))
    late = state.inner_states["late"].inner_state
    state.inner_states["late"] = optax.MaskedState((late[0]._replace(count=jnp.array(1)), *late[1:]))
    assert refused(state, PARAMS, one()) == (
        "\nerror[E628]: `blocks.0.bias` and `head.bias` share a `count` now, and it was 1 for the first and "
        "3 for the second\n  = help: keep them with different optimizers"
    )


def test_the_furthest_schedule_counts_for_parts_that_start() -> None:
    schedule = optax.linear_schedule(0.1, 0.0, 10)
    rules = paramrules.parse('blocks: name ~ ^blocks -> optimizer = "late"\nhead: else\n')
    of = {"late": optax.adamw, "default": optax.adamw}
    state = stepped(pro.build(PARAMS, rules, of, learning_rate=schedule))
    late = state.inner_states["late"].inner_state
    state.inner_states["late"] = optax.MaskedState((*late[:2], late[2]._replace(count=jnp.array(1))))
    lion = pro.build(PARAMS, ONE, optax.lion, learning_rate=schedule)
    regrouped = pro.regroup_state(state, PARAMS, lion, missing="fresh")
    assert (regrouped[0].count, regrouped[2].count) == (0, 3)


@pytest.mark.parametrize(
    ("wrong", "text"),
    [
        (
            lambda state: {"step": 3, "opt_state": state},
            "a `dict` is not the state of an optimizer\n  = help: it holds one: pass its `['opt_state']`",
        ),
        (
            lambda state: TrainState(0, None, PARAMS, one(), state),  # type: ignore[arg-type]
            "a `TrainState` is not the state of an optimizer\n  = help: it holds one: pass its `.opt_state`",
        ),
        (
            lambda state: PARAMS,
            "this is a tree of parameters, and not the state of an optimizer\n"
            "  = help: pass the state first, and the parameters second",
        ),
    ],
)
def test_what_is_not_a_state(wrong: Callable[[Any], Any], text: str) -> None:
    assert refused(wrong(stepped(one())), PARAMS, one()) == f"\nerror[E620]: {text}"


def test_state_and_parameters_in_the_wrong_order() -> None:
    assert refused(PARAMS, stepped(one()), one()) == (
        "\nerror[E620]: this is a tree of parameters, and not the state of an optimizer\n"
        "  = help: pass the state first, and the parameters second"
    )
    assert "[E601]" in refused(stepped(one()), stepped(one()), one())


def test_arguments() -> None:
    state = stepped(one())
    with pytest.raises(ValueError, match=r"^`missing` is 'drop' and should be 'refuse' or 'fresh'$"):
        pro.regroup_state(state, PARAMS, one(), missing="drop")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"^`extra` is 'fresh' and should be 'refuse' or 'drop'$"):
        pro.regroup_state(state, PARAMS, one(), extra="fresh")  # type: ignore[arg-type]
    message = (
        r"^`optimizer` is <function adamw at .*> and should be a transformation, such as `build` returns$"
    )
    with pytest.raises(TypeError, match=message):
        pro.regroup_state(state, PARAMS, optax.adamw)


def test_a_part_of_parameters_that_are_gone() -> None:
    """None of its arrays is at a parameter's path: the fields of other parts show what they are."""
    larger = {**PARAMS, "old": LAYER}
    rules = paramrules.parse('old: name ~ ^old -> optimizer = "old"\nrest: else\n')
    state = stepped(one(larger, {"old": optax.adamw, "default": optax.adamw}, rules), larger)
    assert refused(state, PARAMS, one()) == (
        "\nerror[E623]: `old.bias` and `old.kernel` have saved state and no place in the optimizer\n"
        '  = help: `extra="drop"` leaves it out'
    )


class Own(NamedTuple):
    """A record with several shared arrays in one field."""

    seen: tuple[Any, Any]
    sums: Any


@jax.tree_util.register_dataclass
@dataclass
class Averages:
    count: Any
    average: Any


@jax.tree_util.register_pytree_with_keys_class
class Odd:
    """A node with keys of its own kind."""

    def __init__(self, child: Any) -> None:
        self.child = child

    def tree_flatten_with_keys(self) -> Any:
        return [("odd", self.child)], None

    @classmethod
    def tree_unflatten(cls, _: Any, children: Any) -> "Odd":
        return cls(*children)


@jax.tree_util.register_pytree_node_class
class Plain:
    """A node without keys."""

    def __init__(self, child: Any) -> None:
        self.child = child

    def tree_flatten(self) -> Any:
        return [self.child], None

    @classmethod
    def tree_unflatten(cls, _: Any, children: Any) -> "Plain":
        return cls(*children)


def zeros(params: Any) -> Any:
    return jax.tree.map(jnp.zeros_like, params)


@pytest.mark.parametrize(
    "make",
    [
        lambda params: Own((jnp.zeros(()), jnp.zeros(2)), zeros(params)),
        lambda params: Averages(jnp.zeros(()), zeros(params)),
        lambda params: Odd(Averages(jnp.zeros(()), zeros(params))),
        lambda params: Plain(Averages(jnp.zeros(()), zeros(params))),
        lambda params: (zeros(params), jnp.zeros(()), {"sums": zeros(params), "number": jnp.zeros(())}),
        zeros,
    ],
)
@pytest.mark.parametrize("params", [PARAMS, {"params": PARAMS}, jnp.ones(3)])
def test_states_of_other_makes(make: Any, params: Any) -> None:
    if make is zeros and params is not PARAMS:
        return
    tx = optax.chain(optax.GradientTransformation(make, lambda *_: None))  # type: ignore[arg-type]
    state = jax.tree.map(lambda leaf: leaf + 7, tx.init(params))
    regrouped = pro.regroup_state(state, params, tx)
    assert jax.tree.structure(regrouped) == jax.tree.structure(state)
    jax.tree.map(np.testing.assert_array_equal, regrouped, state)


def test_a_parameter_called_value() -> None:
    params = {"value": jnp.ones(3), "policy": {"value": jnp.ones(2)}}
    tx = one(params, rules=paramrules.parse("all: else"))
    state = stepped(tx, params)
    jax.tree.map(np.testing.assert_array_equal, pro.regroup_state(state, params, tx), state)
