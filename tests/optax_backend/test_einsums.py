"""flax's einsums: the equation decides whether one is a linear layer, and how its kernel is a matrix."""

import jax
import pytest
from flax import linen as nn
from flax import nnx

import paramrules

X = jax.ShapeDtypeStruct((3, 7, 16), "float32")

LAYERS = {
    "heads": ("btd,dnh->btnh", (16, 4, 8)),
    "qkv": ("bTd, cdnh -> bcTnh", (3, 16, 4, 8)),
    "each": ("btd,bdf->btf", (3, 16, 5)),
    "gain": ("btd,td->btd", (7, 16)),
    "rest": ("...d,do->...o", (16, 5)),
    "turned": ("btd,od->bto", (5, 16)),
    "summed": ("btd,dkf->btf", (16, 2, 5)),
}
"""The equation and the kernel's shape of each layer."""

FACTS = {
    "heads": ((16, 32), 16, 32, True),
    "qkv": ((96, 16), 16, 96, True),  # the produced axes stand where the first of them stood
    "each": ((3, 16, 5), 16, 5, False),
    "gain": ((7, 16), None, None, False),
    "rest": ((16, 5), 16, 5, True),
    "turned": ((5, 16), 16, 5, True),
    "summed": ((16, 2, 5), None, None, False),  # the axis `k` is neither contracted nor produced
}
"""Of each layer shape, fans, and whether it is a Linear."""


class Linen(nn.Module):
    @nn.compact
    def __call__(self, x):
        for name, (equation, shape) in LAYERS.items():
            if name == "heads":
                nn.Einsum(shape, name=name)(x, equation)  # the equation comes with the call
            elif name == "each":
                nn.Einsum(shape, name=name)(x, einsum_str=equation)
            elif name == "qkv":  # flax's own bias does not fit an equation that moves produced axes
                nn.Einsum(shape, equation, use_bias=False, name=name)(x)
            else:
                nn.Einsum(shape, equation, name=name)(x)
        return x


class Nnx(nnx.Module):
    def __init__(self, rngs):
        for name, (equation, shape) in LAYERS.items():
            setattr(self, name, nnx.Einsum(equation, shape, (4, 8) if name == "heads" else (5,), rngs=rngs))


@pytest.mark.parametrize(
    "inventory",
    [lambda: paramrules.inventory(Linen(), inputs=X), lambda: paramrules.inventory(Nnx(nnx.Rngs(0)))],
    ids=["linen", "nnx"],
)
def test_the_equation_decides(inventory):
    found = inventory()
    kernels = {p.module: p for p in found if p.leaf == "kernel"}
    linear = paramrules.assign(paramrules.parse("linear: type(Linear)"), found).names("linear")
    assert {name: (p.shape, p.fan_in, p.fan_out, p.name in linear) for name, p in kernels.items()} == FACTS
    assert found["heads.bias"].shape == (32,)
    assert found["heads.bias"].stored == (4, 8)
    assert ("heads.bias" in linear, "each.bias" in linear) == (True, False)
    assert {p.role for p in kernels.values()} == {"weight"}
    again = paramrules.Inventory.from_json(found.to_json())
    assert [(p.shape, p.layout) for p in again] == [(p.shape, p.layout) for p in found]
    assert paramrules.assign(paramrules.parse("linear: type(Linear)"), again).names("linear") == linear


class Twice(nn.Module):
    """Embeds with one equation, and reads out with another."""

    @nn.compact
    def __call__(self, x):
        table = nn.Einsum((16, 4, 4), use_bias=False, name="table")
        return table(table(x, "btd,dnh->btnh"), "btnh,dnh->btd")


def test_an_einsum_of_two_equations_is_not_merged():
    found = paramrules.inventory(Twice(), inputs=X)["table.kernel"]
    assert (found.shape, found.layout, found.fan_in) == ((16, 4, 4), None, None)


@pytest.mark.parametrize("equation", ["btd,dd->btd", "btd,d...->bt...", "btd->bt", "a,b,c->abc"])
def test_what_is_not_a_linear_map_has_no_layout(equation):
    layer = nnx.Einsum("bd,do->bo", (4, 4), rngs=nnx.Rngs(0))
    layer.einsum_str = equation
    assert paramrules.inventory(layer)["kernel"].layout is None


def test_explain_says_through_which_base_an_einsum_is_linear():
    layer = nnx.Einsum("bd,dnh->bnh", (4, 2, 3), rngs=nnx.Rngs(0))
    report = str(paramrules.assign(paramrules.parse("linear: type(Linear)"), layer).explain("kernel"))
    assert "  shape (4, 6), stored (4, 2, 3)\n" in report
    assert (
        "`flax.nnx.nn.linear.Einsum` is a `Linear` by its base `paramrules_optax.LinearEinsum`, which the "
        "vocabulary counts among them" in report
    )
