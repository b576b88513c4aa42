"""The Equinox example trains as with a mask made by hand."""

import sys
from pathlib import Path
from types import ModuleType

import equinox as eqx
import jax
import optax
import paramrules_optax
import pytest

EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.fixture
def example(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(EXAMPLES / "equinox_mask")
    monkeypatch.delitem(sys.modules, "equinox_mask", raising=False)
    import equinox_mask

    return equinox_mask


def test_the_equinox_mask_has_the_models_structure(example: ModuleType) -> None:
    model = example.Model(jax.random.key(0))
    mask = paramrules_optax.mask(model, example.RULES, "decay")
    params = eqx.filter(model, eqx.is_inexact_array)
    assert jax.tree.structure(mask) == jax.tree.structure(params)
    assert (mask.embedding.weight, mask.norm.weight, mask.norm.bias) == (False, False, True)
    assert (mask.hidden.weight, mask.hidden.bias, mask.head.weight, mask.head.bias) == (True,) * 4


def test_the_equinox_model_trains_as_with_a_mask_made_by_hand(example: ModuleType) -> None:
    model, losses = example.train(20)
    assert losses[-1] < losses[0] / 2

    start = example.Model(jax.random.key(0))
    params, static = eqx.partition(start, eqx.is_inexact_array)

    def by_hand(path: tuple[object, ...], _: object) -> bool:
        text = jax.tree_util.keystr(path)
        return "hidden" in text or "head" in text or text == ".norm.bias"

    mask = jax.tree_util.tree_map_with_path(by_hand, params)
    tx = optax.adamw(1e-2, weight_decay=0.1, mask=lambda _: mask)
    state = tx.init(params)
    tokens = jax.numpy.arange(64)

    @jax.jit
    def step(params: object, state: object) -> tuple[object, object]:
        grads = jax.grad(lambda p: example.loss(eqx.combine(p, static), tokens))(params)
        updates, state = tx.update(grads, state, params)
        return optax.apply_updates(params, updates), state

    for _ in range(20):
        params, state = step(params, state)
    for ours, theirs in zip(
        jax.tree.leaves(eqx.filter(model, eqx.is_inexact_array)), jax.tree.leaves(params), strict=True
    ):
        assert (ours == theirs).all()
