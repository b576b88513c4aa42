"""Saved states that somebody has changed: each ends in one error that names the value, or is loaded."""

from decimal import Decimal
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
import paramrules_optax as pro
import pytest

import paramrules
from paramrules import RulesError
from paramrules.inventories import nesting

PARAMS = {"a": {"kernel": jnp.ones((2, 3)), "bias": jnp.ones(3)}}
RULES = paramrules.parse("no_decay: ndim <= 1\nrest: else\n")
TX = pro.build(PARAMS, RULES, optax.adamw, learning_rate=0.1)
STATE = TX.update(PARAMS, TX.init(PARAMS), PARAMS)[1]


def changed(which: str, value: Any) -> Any:
    """The state with another value at the first leaf whose path ends so."""
    flat, tree = jax.tree_util.tree_flatten_with_path(STATE)
    at = next(at for at, (path, _) in enumerate(flat) if jax.tree_util.keystr(path).endswith(which))
    leaves = [leaf for _, leaf in flat]
    leaves[at] = value
    return jax.tree.unflatten(tree, leaves)


def refused(state: Any, **how: Any) -> list[tuple[str, str]]:
    with pytest.raises(RulesError) as raised:
        pro.regroup_state(state, PARAMS, TX, **how)
    return [(finding.code, finding.message) for finding in raised.value.diagnostics]


MU = "`ScaleByAdamState.mu` of `a.bias`"


@pytest.mark.parametrize(
    ("value", "finding"),
    [
        (None, ("E680", f"{MU} is missing and should be an array of numbers")),
        ("x", ("E680", f"{MU} is a `str` and should be an array of numbers")),
        (Decimal(1), ("E680", f"{MU} is a `Decimal` and should be an array of numbers")),
        (np.array(["x"] * 3), ("E680", f"{MU} is an array of `<U1` and should be an array of numbers")),
        (
            jax.ShapeDtypeStruct((3,), jnp.float32),
            ("E680", f"{MU} is a `ShapeDtypeStruct` and should be an array of numbers"),
        ),
        (0.5, ("E625", f"{MU} has the shape () and should have (3,)")),
        (np.ones(1), ("E625", f"{MU} has the shape (1,) and should have (3,)")),
        (np.ones((1, 3)), ("E625", f"{MU} has the shape (1, 3) and should have (3,)")),
        (
            np.ones(3, int),
            ("E680", f"{MU} is an array of integers and should be one of floating-point numbers"),
        ),
        (
            np.ones(3, bool),
            ("E680", f"{MU} is an array of booleans and should be one of floating-point numbers"),
        ),
        (
            np.ones(3, complex),
            ("E680", f"{MU} is an array of complex numbers and should be one of floating-point numbers"),
        ),
    ],
)
def test_a_moment_is_an_array_like_its_parameter(value: Any, finding: tuple[str, str]) -> None:
    assert refused(changed(".mu['a']['bias']", value)) == [finding]


@pytest.mark.parametrize("value", [None, np.ones(1), np.ones(3, int)])
def test_a_parameter_starts_without_when_asked(value: Any) -> None:
    with pytest.warns(paramrules.RulesWarning, match="W665"):
        state = pro.regroup_state(changed(".mu['a']['bias']", value), PARAMS, TX, missing="fresh")
    (adam,) = (each for each in jax.tree.leaves(state, is_leaf=_is_adam) if _is_adam(each))
    assert not adam.mu["a"]["bias"].any()
    assert adam.mu["a"]["kernel"].all()


def _is_adam(node: Any) -> bool:
    return isinstance(node, optax.ScaleByAdamState)


@pytest.mark.parametrize("dtype", [jnp.bfloat16, np.float64])
def test_of_any_precision(dtype: Any) -> None:
    state = pro.regroup_state(changed(".mu['a']['bias']", np.ones(3).astype(dtype)), PARAMS, TX)
    assert jax.tree.map(lambda leaf: leaf.dtype, state) == jax.tree.map(lambda leaf: leaf.dtype, STATE)


COUNT = "`ScaleByAdamState.count`"


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("x", f"{COUNT} is a `str` and should be an array of numbers"),
        (True, f"{COUNT} of the saved state is an array of booleans and should be one of integers"),
        (float("nan"), f"{COUNT} of the saved state is `nan` and should be a whole number"),
        (-1, f"{COUNT} of the saved state is `-1` and should be from 0 to 2,147,483,647"),
        (2**40, f"{COUNT} of the saved state is `{2**40}` and should be from 0 to 2,147,483,647"),
        (1e20, f"{COUNT} of the saved state is `1e+20` and should be from 0 to 2,147,483,647"),
        (10**400, f"{COUNT} is an `int` and should be an array of numbers"),
        (
            np.ones(8, int),
            f"{COUNT} of the saved state is an array of the shape (8,) and should be one of the shape ()",
        ),
    ],
)
def test_a_count_is_a_number(value: Any, message: str) -> None:
    assert refused(changed(".count", value)) == [("E680", message)]


@pytest.mark.parametrize("value", [7, 7.0, np.int64(7), np.array(7.0)])
def test_of_any_kind(value: Any) -> None:
    state = pro.regroup_state(changed(".count", value), PARAMS, TX)
    (adam,) = (each for each in jax.tree.leaves(state, is_leaf=_is_adam) if _is_adam(each))
    assert (int(adam.count), adam.count.dtype) == (7, jnp.int32)


def test_the_count_of_a_schedule() -> None:
    tx = pro.build(PARAMS, RULES, optax.sgd, learning_rate=optax.linear_schedule(0.1, 0.0, 10))
    state = tx.update(PARAMS, tx.init(PARAMS), PARAMS)[1]
    flat, tree = jax.tree.flatten(state)
    with pytest.raises(RulesError) as raised:
        pro.regroup_state(jax.tree.unflatten(tree, [np.ones(2, int) for _ in flat]), PARAMS, tx)
    assert {finding.code for finding in raised.value.diagnostics} == {"E680"}


def _endless() -> Any:
    state: dict[str, Any] = {"count": 1}
    state["inner"] = state
    return state


def _deep() -> Any:
    state: Any = jnp.ones(3)
    for _ in range(5_000):
        state = {"inner": state}
    return state


def test_a_tree_that_jax_cannot_flatten() -> None:
    why = "jax cannot flatten it: Comparator raised exception while sorting pytree dictionary keys."
    assert refused({1: 2, "a": 3}) == [("E620", f"this is not the state of an optimizer: {why}")]


def test_a_state_that_shares_without_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nesting, "MOST_FURTHER_NAMES", 1_000)
    state: object = [1]
    for _ in range(40):
        state = [state, state]
    ((code, message),) = refused(state)
    assert code == "E549"
    assert message.startswith("the `list` at `0.0.0.0.0.0.")


def test_a_tree_without_an_end_is_not_given_to_jax() -> None:
    """jax would use up Python's limit of recursion: nothing but small functions could be called any more."""
    assert refused(_endless()) == [("E518", "the `dict` at `inner` contains itself")]
    ((code, message),) = refused(_deep())
    assert code == "E518"
    assert message.startswith("the `dict` at `inner.inner.")
    assert jax.tree.leaves([{"a": 1}]) == [1]
