"""Models built without memory."""

import resource
import time

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import linen, nnx
from jax_models import NnxTransformer, Transformer
from paramrules_optax import backend, build_abstract
from paramrules_optax.inventory import inventory_of


def abstract(tree):
    return all(isinstance(leaf, jax.ShapeDtypeStruct) for leaf in jax.tree.leaves(tree))


def test_an_equinox_module_keeps_other_leaves():
    model = build_abstract(lambda: Transformer(key=jax.random.key(0)))
    assert isinstance(model, Transformer)
    assert model.length == 6
    assert callable(model.blocks[0].mlp.activation)
    assert abstract(eqx.filter(model, lambda leaf: hasattr(leaf, "shape")))


def test_an_nnx_module():
    model = build_abstract(lambda: NnxTransformer(rngs=nnx.Rngs(0)))
    assert isinstance(model, NnxTransformer)
    assert model.positions.get_metadata()["lr_mult"] == 2
    assert abstract(nnx.state(model))


def test_nnx_modules_inside_tuples_and_dicts():
    made = build_abstract(
        lambda: ({"a": NnxTransformer(rngs=nnx.Rngs(0))}, [nnx.LayerNorm(3, rngs=nnx.Rngs(0))])
    )
    assert abstract(nnx.state(made))
    assert made[1][0].scale.shape == (3,)


def test_linen_parameters():
    variables = build_abstract(lambda: linen.Dense(4).init(jax.random.key(0), jnp.ones((1, 3))))
    assert inventory_of(variables).column("shape") == [(4,), (3, 4)]
    assert abstract(variables)


def test_a_model_with_its_state():
    model, state = build_abstract(lambda: eqx.nn.make_with_state(eqx.nn.BatchNorm)(3, "batch", mode="batch"))
    assert list(inventory_of((model, state)).names) == ["weight", "bias"]


def test_other_objects_are_returned_as_they_are():
    torch = pytest.importorskip("torch")
    module = torch.nn.Linear(2, 3)
    assert build_abstract(lambda: module) is module
    with torch.device("meta"):
        assert backend.build_abstract(lambda: torch.nn.Linear(2, 3)).weight.is_meta


def test_make_runs_once():
    calls = []
    build_abstract(lambda: calls.append(1) or jnp.ones(3))
    assert calls == [1]


@pytest.mark.parametrize("value_of", [lambda x: x.item(), int, np.asarray, lambda x: range(8)[x], bool])
def test_a_model_that_reads_values_is_built_with_them(value_of):
    def make():
        value_of(jnp.arange(4)[1])
        return eqx.nn.Linear(2, 3, key=jax.random.key(0))

    assert isinstance(build_abstract(make).weight, jax.Array)


def test_errors_of_the_model_are_not_hidden():
    with pytest.raises(ZeroDivisionError):
        build_abstract(lambda: 1 / 0)


@pytest.mark.parametrize(
    "build",
    [
        lambda: Transformer(10, 16384, 64, 128_000, 8192, key=jax.random.key(0)),
        lambda: NnxTransformer(10, 16384, 64, 128_000, 8192, rngs=nnx.Rngs(0)),
    ],
    ids=["Equinox", "NNX"],
)
def test_thirty_billion_parameters_cost_neither_memory_nor_time(build):
    before, start = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.perf_counter()
    inventory = inventory_of(build_abstract(build))
    assert sum(inventory.column("size")) > 30e9
    assert time.perf_counter() - start < 30
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 500_000  # KiB


def test_the_former_name_warns():
    import paramrules_optax

    with pytest.warns(DeprecationWarning, match="`abstractly` is now called `build_abstract`"):
        assert paramrules_optax.abstractly is build_abstract
