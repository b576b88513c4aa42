"""Declared stacks: for modules and trees that do not show theirs."""

import equinox as eqx
import jax
import jax.numpy as jnp
import pytest
from flax import linen as nn
from flax import nnx
from paramrules_optax import labels

import paramrules
from paramrules import RulesError
from paramrules.rules import parse

TREE = {
    "embed": jnp.ones((7, 4)),
    "groups": {
        "norm": {"scale": jnp.ones((2, 4))},
        "layers": {"up": {"kernel": jnp.ones((2, 3, 4, 5)), "bias": jnp.ones((2, 3, 5))}},
    },
}


def shapes(tree, stacked):
    return {parameter.name: parameter.shape for parameter in paramrules.inventory(tree, stacked=stacked)}


def test_a_stack_inside_of_a_stack():
    found = shapes(TREE, {"groups": 1, "groups.layers": 1})
    assert found == {
        "embed": (7, 4),
        **{f"groups.{n}.norm.scale": (4,) for n in range(2)},
        **{f"groups.{n}.layers.{m}.up.kernel": (4, 5) for n in range(2) for m in range(3)},
        **{f"groups.{n}.layers.{m}.up.bias": (5,) for n in range(2) for m in range(3)},
    }
    layer = paramrules.inventory(TREE, stacked={"groups.layers": 1, "groups": 1})[
        "groups.1.layers.2.up.bias"
    ].layer
    assert layer == ("groups.layers.up.bias", (0, 1), (1, 2))


def test_two_axes_of_one_stack():
    found = shapes(TREE, {"groups.layers": 2})
    assert found["groups.layers.1.2.up.kernel"] == (4, 5)
    assert found["groups.norm.scale"] == (2, 4)


def test_the_whole_model_and_a_single_parameter():
    assert shapes({"w": jnp.ones((2, 3)), "m": {"b": jnp.ones(2)}}, {"": 1}) == {
        "0.m.b": (),
        "0.w": (3,),
        "1.m.b": (),
        "1.w": (3,),
    }
    # The leaf stays the last component.
    assert shapes({"m": {"w": jnp.ones((2, 3)), "b": jnp.ones(2)}}, {"m.w": 1}) == {
        "m.b": (2,),
        "m.0.w": (3,),
        "m.1.w": (3,),
    }
    assert shapes(jnp.ones((2, 3)), {"": 1}) == {"0": (3,), "1": (3,)}


def test_nothing_is_stacked_along_no_axis():
    inventory = paramrules.inventory(TREE, stacked={"groups": 0})
    assert inventory.slices is None
    assert inventory["groups.norm.scale"].shape == (2, 4)


def test_types_are_of_modules_of_the_tree():
    inventory = paramrules.inventory(
        {"layers": {"norm": {"scale": jnp.ones((2, 4))}}},
        types={"layers.norm": nn.LayerNorm},
        stacked={"layers": 1},
    )
    assert inventory["layers.1.norm.scale"].owner.cls.short == "LayerNorm"
    assert inventory["layers.1.norm.scale"].role == "scale"


def test_declared_stacks_override_those_that_a_run_shows():
    class Carry(nn.Module):
        @nn.compact
        def __call__(self, x, _):
            return nn.Dense(4, name="dense")(x), None

    class Scanned(nn.Module):
        @nn.compact
        def __call__(self, x):
            both = {"variable_axes": {"params": 0}, "split_rngs": {"params": True}}
            return nn.scan(Carry, length=3, **both)(name="layers")(x, None)

    found = paramrules.inventory(Scanned(), inputs=jnp.ones((2, 4)), stacked={"layers": 0})
    shapes = {p.name: (p.shape, p.layer) for p in found}
    assert shapes == {"layers.dense.bias": ((12,), None), "layers.dense.kernel": ((3, 4, 4), None)}
    found = paramrules.inventory(Scanned(), inputs=jnp.ones((2, 4)), stacked={"layers.dense": 1})
    assert found.names[:2] == ["layers.dense.0.bias", "layers.dense.0.kernel"]


class Tied(nnx.Module):
    def __init__(self, rngs):
        self.first = nnx.Linear(3, 3, rngs=rngs)
        self.second = nnx.Linear(3, 3, rngs=rngs)
        self.second.kernel = self.first.kernel


def test_tied_arrays_are_tied_layer_by_layer():
    make = nnx.split_rngs(splits=2)(nnx.vmap(Tied))
    model = nnx.Dict(pair=make(nnx.Rngs(0)))
    inventory = paramrules.inventory(model, stacked={"pair": 1})
    assert inventory["pair.1.second.kernel"].names == ("pair.1.first.kernel", "pair.1.second.kernel")
    assert len(inventory) == 6
    again = paramrules.Inventory.from_json(inventory.to_json())
    assert again["pair.1.second.kernel"].layer == ("pair.first.kernel", (0,), (1,))


def test_a_tied_array_with_only_one_name_in_a_stack():
    with pytest.raises(RulesError) as caught:
        paramrules.inventory(Tied(nnx.Rngs(0)), stacked={"first": 1})
    assert (
        str(caught.value)
        == """
error[E508]: `first.kernel` and `second.kernel` are one array, and `stacked` declares only one of them
  = help: declare the paths of both"""
    )


def test_no_weight_decay_of_a_stacked_equinox_module():
    class Layer(eqx.Module):
        gain: jax.Array

        def no_weight_decay(self):
            return {"gain"}

    class Model(eqx.Module):
        layers: Layer

    model = Model(eqx.filter_vmap(Layer)(jnp.ones((3, 4))))
    inventory = paramrules.inventory(model, stacked={"layers": 1})
    rules = parse("no_decay: attr(no_weight_decay)\ndecay: else\n")
    assert labels(model, rules, model=inventory).layers.gain == "no_decay"


@pytest.mark.parametrize(
    ("stacked", "message"),
    [
        (
            {"grups.layers": 1},
            """
error[E507]: `stacked` names `grups.layers`, which the model does not have
  = help: did you mean `groups.layers`?""",
        ),
        (
            {"zzz": 1},
            """
error[E507]: `stacked` names `zzz`, which the model does not have
  = help: paths are canonical: `encoder.layers`""",
        ),
        (
            {"groups": True},
            """
error[E508]: `stacked` maps `groups` to `True`, which is not a number of axes
  = help: give the number of leading axes that are layers: `stacked={"groups": 1}`""",
        ),
        (
            {"groups": -1},
            """
error[E508]: `stacked` maps `groups` to `-1`, which is not a number of axes
  = help: give the number of leading axes that are layers: `stacked={"groups": 1}`""",
        ),
        (
            {"groups": "1"},
            """
error[E508]: `stacked` maps `groups` to `'1'`, which is not a number of axes
  = help: give the number of leading axes that are layers: `stacked={"groups": 1}`""",
        ),
        (
            {"groups": 3},
            """
error[E508]: `groups` is declared as a stack, but `groups.layers.up.bias` has 2 times 3 times 5 layers and \
`groups.layers.up.kernel` 2 times 3 times 4
  = help: declare each stack by its own path: all arrays below a path have the same layers""",
        ),
        (
            {"groups.norm": 3},
            """
error[E508]: `groups.norm.scale` has the shape (2, 4), and `stacked` says that 3 of its axes are layers
  = help: declare a path below `groups.norm` that leaves it out, or fewer axes""",
        ),
        (
            {"groups": 2},
            """
error[E508]: `groups` is declared as a stack, but `groups.layers.up.bias` has 2 times 3 layers and \
`groups.norm.scale` 2 times 4
  = help: declare each stack by its own path: all arrays below a path have the same layers""",
        ),
        (
            {"": 1},
            """
error[E508]: the whole model is declared as a stack, but `embed` has 7 layers and `groups.layers.up.bias` 2
  = help: declare each stack by its own path: all arrays below a path have the same layers""",
        ),
    ],
)
def test_declarations_that_do_not_fit_the_model(stacked, message):
    with pytest.raises(RulesError) as caught:
        paramrules.inventory(TREE, stacked=stacked)
    assert str(caught.value) == message


def test_a_stack_without_layers():
    with pytest.raises(RulesError) as caught:
        paramrules.inventory({"layers": {"w": jnp.ones((0, 4))}}, stacked={"layers": 1})
    assert (
        str(caught.value)
        == """
error[E508]: `layers.w` has the shape (0, 4), which has no layers
  = help: leave it out of the model, or `layers` out of `stacked`"""
    )


def test_an_inventory_takes_no_declaration():
    with pytest.raises(RulesError) as caught:
        paramrules.inventory(paramrules.inventory(TREE), stacked={"groups": 1})
    assert (
        str(caught.value)
        == """
error[E517]: `stacked` says nothing about an inventory, which has been taken already
  = help: leave `stacked` out"""
    )
