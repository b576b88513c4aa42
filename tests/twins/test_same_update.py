"""One rule file, ten steps of AdamW in float64: torch and optax end at the same parameters."""

import sys
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
import paramrules_optax
import paramrules_torch
import pytest
import torch
from gpt2_weights import Tree, to_linen

import paramrules

GPT2 = Path(__file__).parents[2] / "examples" / "twins" / "gpt2"
RULES = GPT2 / "gpt2.rules"
LAYERS, WIDTH, HEADS, VOCABULARY, LENGTH = 3, 16, 2, 31, 12
STEPS, RATE, DECAY = 10, 1e-2, 0.1

sys.path.insert(0, str(GPT2))
import gpt2_linen  # noqa: E402
import gpt2_torch  # noqa: E402


@pytest.fixture(autouse=True, scope="module")
def in_float64() -> Iterator[None]:
    with jax.enable_x64(True):
        yield


def torch_model() -> torch.nn.Module:
    torch.manual_seed(0)
    return gpt2_torch.make(LAYERS, WIDTH, HEADS, VOCABULARY, LENGTH).double()


def linen_model(scan: bool) -> gpt2_linen.GPT2:
    return gpt2_linen.GPT2(LAYERS, WIDTH, HEADS, VOCABULARY, LENGTH, scan)


@cache
def described(scan: bool) -> paramrules.Inventory:
    return paramrules.inventory(linen_model(scan), inputs=jax.ShapeDtypeStruct((1, LENGTH), "int32"))


def weights(model: torch.nn.Module, scan: bool = False) -> Tree:
    return jax.tree.map(jnp.asarray, to_linen(dict(model.named_parameters()), LAYERS, HEADS, scan))


BATCHES = np.random.default_rng(0).integers(0, VOCABULARY, (STEPS, 4, LENGTH))


def trained_in_torch(groups: Callable[[torch.nn.Module], Any]) -> torch.nn.Module:
    model = torch_model()
    optimizer = torch.optim.AdamW(groups(model), lr=RATE, weight_decay=DECAY)
    for batch in torch.from_numpy(BATCHES):
        logits = model(batch).logits[:, :-1]
        loss = torch.nn.functional.cross_entropy(logits.reshape(-1, VOCABULARY), batch[:, 1:].reshape(-1))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return model


def trained_in_jax(tx: optax.GradientTransformation, scan: bool) -> Tree:
    model, params = linen_model(scan), weights(torch_model(), scan)

    def loss(params: Tree, batch: jax.Array) -> jax.Array:
        logits = model.apply({"params": params}, batch)[:, :-1]
        return optax.softmax_cross_entropy_with_integer_labels(logits, batch[:, 1:]).mean()

    @jax.jit
    def step(params: Tree, state: Any, batch: jax.Array) -> tuple[Tree, Any]:
        updates, state = tx.update(jax.grad(loss)(params, batch), state, params)
        return optax.apply_updates(params, updates), state

    state = tx.init(params)
    for batch in BATCHES:
        params, state = step(params, state, jnp.asarray(batch))
    return params


def furthest(some: Tree, others: Tree) -> float:
    """The largest difference between two trees of parameters."""
    differences = jax.tree.map(lambda a, b: jnp.abs(a - b).max(), some, others)
    return max(float(difference) for difference in jax.tree.leaves(differences))


@pytest.fixture(scope="module")
def by_the_rules() -> torch.nn.Module:
    return trained_in_torch(
        lambda model: paramrules_torch.param_groups(model, RULES, lr=RATE, weight_decay=DECAY)
    )


@pytest.mark.parametrize("scan", [False, True], ids=["unrolled", "scanned"])
def test_both_compute_the_same(scan: bool) -> None:
    model = torch_model()
    batch = BATCHES[0]
    with torch.no_grad():
        theirs = model(torch.from_numpy(batch)).logits.numpy()
    ours = jax.jit(linen_model(scan).apply)({"params": weights(model, scan)}, jnp.asarray(batch))
    assert ours.dtype == jnp.float64
    assert np.abs(theirs - ours).max() < 1e-13 < np.abs(theirs).max()


def one_optimizer_a_group() -> optax.GradientTransformation:
    """Return the groups' settings written out: an `optax.adamw` for each."""
    assignment = paramrules.assign(paramrules.load(RULES), described(scan=False))
    optimizers = {
        group.label: optax.adamw(
            RATE * group.settings.get("lr_scale", 1.0),
            weight_decay=group.settings.get("weight_decay", DECAY),
        )
        for group in assignment.groups
    }
    labels = paramrules_optax.label_fn(weights(torch_model()), assignment)
    return optax.multi_transform(optimizers, labels)


def built(scan: bool) -> optax.GradientTransformation:
    return paramrules_optax.build(
        weights(torch_model(), scan),
        RULES,
        optax.adamw,
        learning_rate=RATE,
        weight_decay=DECAY,
        model=described(scan),
    )


@pytest.mark.parametrize("scan", [False, True], ids=["unrolled", "scanned"])
def test_ten_steps_end_at_the_same_parameters(by_the_rules: torch.nn.Module, scan: bool) -> None:
    assert furthest(weights(by_the_rules, scan), trained_in_jax(built(scan), scan)) < 1e-10


def test_so_they_do_with_an_optimizer_for_each_group(by_the_rules: torch.nn.Module) -> None:
    trained = trained_in_jax(one_optimizer_a_group(), scan=False)
    assert furthest(weights(by_the_rules), trained) < 1e-10


def test_the_rules_make_a_difference(by_the_rules: torch.nn.Module) -> None:
    """Without which the test above would say nothing."""
    there = weights(by_the_rules)
    assert furthest(there, weights(torch_model())) > 1e-2
    assert furthest(there, weights(trained_in_torch(lambda model: model.parameters()))) > 1e-2
