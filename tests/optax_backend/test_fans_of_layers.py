"""Fans of the layers of flax, Equinox and haiku, compared with what the layers compute.

`fan_in` is how many entries of the kernel make one output, `fan_out` how many outputs one input reaches, in
all groups and gates together, as in `torch.nn.init` and `jax.nn.initializers`.
"""

import equinox as eqx
import haiku as hk
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import linen as nn
from flax import nnx

import paramrules

KEY = jax.random.key(0)


def centre(array):
    return tuple(extent // 2 for extent in array.shape)


def central(array):
    return array[centre(array)]


def counted(call, params, number, x, groups=1, gates=1):
    """Return the fans of a leaf, counted from derivatives of the running layer."""
    leaves, structure = jax.tree.flatten(params)

    def output(leaf, x):
        return call(structure.unflatten([*leaves[:number], leaf, *leaves[number + 1 :]]), x)

    @jax.jit
    def derivatives(leaf, x):
        of_leaf = jax.grad(lambda leaf: central(output(leaf, x)))(leaf)
        one = jnp.zeros(x.shape).at[centre(x)].set(1.0)
        return of_leaf, jax.jvp(lambda x: output(leaf, x), (x,), (one,))[1]

    fan_in, fan_out = map(np.count_nonzero, derivatives(leaves[number], x))
    return fan_in / gates, fan_out * groups * gates


def linen_layer(layer, x):
    params = layer.init(KEY, x)["params"]
    return paramrules.inventory(layer, inputs=x), lambda p, x: layer.apply({"params": p}, x), params


def nnx_layer(layer, x):
    graph, params, rest = nnx.split(layer, nnx.Param, ...)
    return paramrules.inventory(layer), lambda p, x: nnx.merge(graph, p, rest)(x), params


def equinox_layer(layer, x):
    params, rest = eqx.partition(layer, eqx.is_inexact_array)
    return paramrules.inventory(layer), lambda p, x: eqx.combine(p, rest)(x), params


def haiku_layer(make, x):
    function = hk.without_apply_rng(hk.transform(lambda x: make()(x)))
    return paramrules.inventory(function, inputs=x), function.apply, function.init(KEY, x)


LAYERS = [
    (linen_layer, nn.Dense(5), (3,), 1),
    (linen_layer, nn.DenseGeneral((4, 8)), (6,), 1),
    (linen_layer, nn.DenseGeneral(5, axis=(-2, -1)), (4, 8), 1),
    (linen_layer, nn.DenseGeneral(5, batch_dims=(0,)), (3, 7, 6), 1),
    (linen_layer, nn.Conv(6, (3,)), (1, 9, 4), 1),
    (linen_layer, nn.Conv(6, (3, 5), feature_group_count=2), (1, 9, 9, 4), 2),
    (linen_layer, nn.Conv(8, (3, 3), feature_group_count=4), (1, 9, 9, 4), 4),
    (linen_layer, nn.ConvTranspose(6, (3, 5)), (1, 9, 9, 4), 1),
    (linen_layer, nn.ConvTranspose(6, (3, 5), transpose_kernel=True), (1, 9, 9, 4), 1),
    (nnx_layer, nnx.Linear(3, 5, rngs=nnx.Rngs(0)), (3,), 1),
    (nnx_layer, nnx.LinearGeneral((4, 8), 5, axis=(-2, -1), rngs=nnx.Rngs(0)), (4, 8), 1),
    (nnx_layer, nnx.Conv(4, 6, (3, 5), feature_group_count=2, rngs=nnx.Rngs(0)), (1, 9, 9, 4), 2),
    (nnx_layer, nnx.ConvTranspose(4, 6, (3, 5), rngs=nnx.Rngs(0)), (1, 9, 9, 4), 1),
    (nnx_layer, nnx.ConvTranspose(4, 6, (3, 5), transpose_kernel=True, rngs=nnx.Rngs(0)), (1, 9, 9, 4), 1),
    (equinox_layer, eqx.nn.Linear(3, 5, key=KEY), (3,), 1),
    (equinox_layer, eqx.nn.Conv1d(4, 6, 3, key=KEY), (4, 9), 1),
    (equinox_layer, eqx.nn.Conv2d(4, 6, (3, 5), groups=2, key=KEY), (4, 9, 9), 2),
    (equinox_layer, eqx.nn.ConvTranspose2d(4, 6, (3, 5), key=KEY), (4, 9, 9), 1),
    (equinox_layer, eqx.nn.ConvTranspose2d(4, 6, (3, 5), groups=2, key=KEY), (4, 9, 9), 2),
    (haiku_layer, lambda: hk.Linear(5), (3,), 1),
    (haiku_layer, lambda: hk.Conv1D(6, 3), (1, 9, 4), 1),
    (haiku_layer, lambda: hk.Conv2D(6, (3, 5), feature_group_count=2), (1, 9, 9, 4), 2),
    (haiku_layer, lambda: hk.Conv2D(6, (3, 5), data_format="NCHW"), (1, 4, 9, 9), 1),
    (haiku_layer, lambda: hk.Conv2DTranspose(6, (3, 5)), (1, 9, 9, 4), 1),
    (haiku_layer, lambda: hk.Conv2DTranspose(6, (3, 5), data_format="NCHW"), (1, 4, 9, 9), 1),
    (haiku_layer, lambda: hk.DepthwiseConv2D(2, (3, 5)), (1, 9, 9, 4), 4),
]


@pytest.mark.parametrize(("family", "layer", "extents", "groups"), LAYERS)
def test_linear_layers_and_convolutions(family, layer, extents, groups):
    x = jax.random.normal(KEY, extents)
    inventory, call, params = family(layer, x)
    [(number, matrix)] = [(n, p) for n, p in enumerate(inventory) if p.role == "weight"]
    assert (matrix.fan_in, matrix.fan_out) == counted(call, params, number, x, groups)


def test_the_gates_of_haikus_gru_as_it_initialises_them():
    seen = {}

    def noted(leaf):
        return lambda shape, dtype: seen.setdefault(f"gru.{leaf}", jnp.ones(shape, dtype)) * 1.0

    def cell(x, state):
        return hk.GRU(5, w_i_init=noted("w_i"), w_h_init=noted("w_h"))(x, state)[0]

    inventory = paramrules.inventory(cell, inputs=(jnp.ones(3), jnp.ones(5)))
    found = {p.name: (p.fan_in, p.fan_out) for p in inventory if p.role == "weight"}
    assert (
        found
        == {name: matrix.shape for name, matrix in seen.items()}
        == {
            "gru.w_h": (5, 15),
            "gru.w_i": (3, 15),
        }
    )


@pytest.mark.parametrize(("cell", "gates"), [(eqx.nn.GRUCell, 3), (eqx.nn.LSTMCell, 4)])
@pytest.mark.parametrize(("leaf", "extent"), [("weight_ih", 3), ("weight_hh", 5)])
def test_the_gates_of_equinox_cells(cell, gates, leaf, extent):
    layer = cell(3, 5, key=KEY)
    params, rest = eqx.partition(layer, eqx.is_inexact_array)
    inputs = {"weight_ih": jnp.ones(3), "weight_hh": jnp.full(5, 0.5)}

    def call(params, x):
        given, state = {**inputs, leaf: x}.values()
        if cell is eqx.nn.LSTMCell:
            return eqx.combine(params, rest)(given, (state, jnp.ones(5)))[0]
        return eqx.combine(params, rest)(given, state)

    inventory = paramrules.inventory(layer)
    found = inventory[leaf]
    assert (found.fan_in, found.fan_out) == (extent, gates * 5)
    assert counted(call, params, inventory.names.index(leaf), inputs[leaf], gates=gates) == (
        extent,
        gates * 5,
    )


def test_attention_as_flax_initialises_it():
    """flax hands initializers the matrix (in, out), and gives it heads afterwards."""
    seen = []

    def kernel(key, shape, dtype=jnp.float32, *_):
        seen.append(shape)
        return jnp.ones(shape, dtype)

    x = jnp.ones((1, 7, 16))
    layer = nn.MultiHeadDotProductAttention(4, qkv_features=32, out_features=10, kernel_init=kernel)
    found = [(p.fan_in, p.fan_out) for p in paramrules.inventory(layer, inputs=x) if p.role == "weight"]
    assert sorted(found) == sorted(set(seen) - {(32, 10)}) * 3 + [(32, 10)] == [(16, 32)] * 3 + [(32, 10)]

    seen.clear()
    module = nnx.MultiHeadAttention(4, 16, 32, 10, kernel_init=kernel, decode=False, rngs=nnx.Rngs(0))
    found = [(p.fan_in, p.fan_out) for p in paramrules.inventory(module) if p.role == "weight"]
    assert sorted(found) == sorted(seen) == [(16, 32)] * 3 + [(32, 10)]


@pytest.mark.parametrize(
    ("family", "layer"),
    [
        (linen_layer, nn.Embed(10, 4)),
        (nnx_layer, nnx.Embed(10, 4, rngs=nnx.Rngs(0))),
        (equinox_layer, eqx.nn.Embedding(10, 4, key=KEY)),
        (haiku_layer, lambda: hk.Embed(10, 4)),
    ],
)
def test_an_embedding_contracts_its_entries(family, layer):
    inventory, _, _ = family(layer, jnp.array(3))
    assert [(p.fan_in, p.fan_out) for p in inventory] == [(10, 4)]


def test_a_convolution_without_shared_weights_has_none():
    layer = nn.ConvLocal(6, (3, 3))
    inventory = paramrules.inventory(layer, inputs=jnp.ones((1, 9, 9, 4)))
    assert (inventory["kernel"].fan_in, inventory["kernel"].fan_out) == (None, None)
