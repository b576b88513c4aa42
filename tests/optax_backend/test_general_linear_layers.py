"""Fans of flax's general linear layers: only the instance knows which axes it contracts."""

import jax
import pytest
from flax import linen as nn
from flax import nnx

import paramrules

X = jax.ShapeDtypeStruct((3, 7, 16), "float32")


class Linen(nn.Module):
    """Hand-written attention, and a layer with one kernel for each item of a batch."""

    @nn.compact
    def __call__(self, x):
        h = nn.DenseGeneral((4, 8), name="heads")(x)
        h = nn.DenseGeneral(16, axis=(-2, -1), name="out")(h)
        return nn.DenseGeneral(5, batch_dims=(0,), name="each")(h)


class Scanned(nn.Module):
    @nn.compact
    def __call__(self, x):
        def layer(module, x, _):
            h = nn.DenseGeneral((4, 8), name="heads")(x)
            return nn.DenseGeneral(16, axis=(-2, -1), name="out")(h), None

        scan = nn.scan(layer, variable_axes={"params": 0}, split_rngs={"params": True}, length=2)
        return scan(self, x, None)[0]


class Nnx(nnx.Module):
    def __init__(self, rngs):
        self.heads = nnx.LinearGeneral(16, (4, 8), rngs=rngs)
        self.out = nnx.LinearGeneral((4, 8), 16, axis=(-2, -1), rngs=rngs)
        self.each = nnx.LinearGeneral(16, 5, batch_axis={0: 3}, rngs=rngs)


def fans(inventory):
    return {p.module: (p.shape, p.fan_in, p.fan_out) for p in inventory if p.leaf == "kernel"}


@pytest.mark.parametrize(
    "inventory",
    [
        lambda: paramrules.inventory(Linen(), inputs=X),
        lambda: paramrules.inventory(Nnx(nnx.Rngs(0))),
    ],
    ids=["linen", "nnx"],
)
def test_the_layer_decides_what_it_contracts(inventory):
    assert fans(inventory()) == {
        "heads": ((16, 32), 16, 32),
        "out": ((32, 16), 32, 16),
        "each": ((3, 16, 5), 16, 5),
    }


def test_layers_inside_a_scan():
    assert fans(paramrules.inventory(Scanned(), inputs=X)) == {
        f"{module}.{layer}" if module else layer: found
        for module in ("0", "1")
        for layer, found in (("heads", ((16, 32), 16, 32)), ("out", ((32, 16), 32, 16)))
    }


def test_a_model_that_is_one_such_layer():
    assert fans(paramrules.inventory(nn.DenseGeneral((2, 3)), inputs=X)) == {"": ((16, 6), 16, 6)}
