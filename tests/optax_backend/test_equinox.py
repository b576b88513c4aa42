"""Inventories of Equinox modules."""

import functools

import equinox as eqx
import jax
import jax.numpy as jnp
import pytest
from jax_models import Transformer, facts
from paramrules_optax import backend, build_abstract
from paramrules_optax.inventory import inventory_of


def build():
    return Transformer(layers=2, key=jax.random.key(0))


transformer = functools.cache(build)


BLOCK = [
    ("norm1.weight", "LayerNorm", "scale", None, None),
    ("norm1.bias", "LayerNorm", "bias", None, None),
    ("attention.query_proj.weight", "Linear", "weight", 8, 8),
    ("attention.key_proj.weight", "Linear", "weight", 8, 8),
    ("attention.value_proj.weight", "Linear", "weight", 8, 8),
    ("attention.output_proj.weight", "Linear", "weight", 8, 8),
    ("attention.output_proj.bias", "Linear", "bias", None, None),
    ("norm2.weight", "RMSNorm", "scale", None, None),
    ("norm2.bias", "RMSNorm", "bias", None, None),
    ("mlp.layers.0.weight", "Linear", "weight", 8, 32),
    ("mlp.layers.0.bias", "Linear", "bias", None, None),
    ("mlp.layers.1.weight", "Linear", "weight", 32, 8),
    ("mlp.layers.1.bias", "Linear", "bias", None, None),
]


def test_a_transformer():
    inventory = inventory_of(transformer())
    rows = [(p.name, p.owner.cls.short, p.role, p.fan_in, p.fan_out) for p in inventory]
    assert rows == [
        ("tokens.weight", "Embedding", "embedding", 11, 8),
        ("positions", "Transformer", "other", None, None),
        *((f"blocks.0.{name}", *facts) for name, *facts in BLOCK),
        *((f"blocks.1.{name}", *facts) for name, *facts in BLOCK),
        ("norm.weight", "LayerNorm", "scale", None, None),
        ("norm.bias", "LayerNorm", "bias", None, None),
        ("head.weight", "Linear", "weight", 8, 11),
        ("head.bias", "Linear", "bias", None, None),
    ]
    around = inventory["blocks.1.mlp.layers.0.weight"].owner.around
    assert [cls.short for cls in around] == ["Transformer", "Block", "MLP", "Linear"]
    assert inventory.unknown == {}
    assert {cls.name for cls in inventory.column("variable")} == {"jax.Array"}


def test_parameters_alone_and_an_abstract_model_say_the_same():
    whole = inventory_of(transformer())
    for other in (
        inventory_of(eqx.filter(transformer(), eqx.is_inexact_array)),
        inventory_of(build_abstract(build)),
        inventory_of(eqx.filter_eval_shape(build)),
    ):
        assert facts(other) == facts(whole)


def test_leaves_of_one_module_share_their_owner():
    owners = inventory_of(transformer()).owners
    assert len(set(owners)) == len({owner.around for owner in owners}) == 8


def test_no_weight_decay_is_relative_to_its_module():
    inner = {"model": [transformer(), transformer()]}
    marked = [p.name for p in inventory_of(inner) if p.attributes]
    assert marked == ["model.0.positions", "model.1.positions"]
    assert inventory_of(inner)["model.0.positions"].attributes == {"no_weight_decay": True}
    column = inventory_of(transformer()).attribute("no_weight_decay")
    assert [number for number, value in enumerate(column) if value] == [1]


def test_no_weight_decay_takes_globs():
    class Listed(eqx.Module):
        layers: list

        def no_weight_decay(self):
            return ["layers.*.bias"]

    listed = Listed([eqx.nn.Linear(2, 2, key=jax.random.key(0)) for _ in range(2)])
    column = inventory_of(listed).attribute("no_weight_decay")
    assert list(map(bool, column)) == [False, True, False, True]


class Mixed(eqx.Module):
    convolution: eqx.nn.Conv2d
    norm: eqx.nn.BatchNorm
    steps: jax.Array
    key: jax.Array
    activation: object
    rate: float

    def __init__(self, key):
        self.convolution = eqx.nn.Conv2d(3, 4, 5, key=key)
        self.norm = eqx.nn.BatchNorm(4, "batch", mode="batch")
        self.steps = jnp.zeros((), int)
        self.key = jax.random.key(1)
        self.activation = jax.nn.relu
        self.rate = 0.1


def test_other_leaves_are_skipped():
    expected = ["convolution.weight", "convolution.bias", "norm.weight", "norm.bias"]
    model, state = eqx.nn.make_with_state(Mixed)(jax.random.key(0))
    assert list(inventory_of(model).names) == expected
    assert list(inventory_of((model, state)).names) == expected


def test_running_statistics_inside_a_model_are_not_parameters():
    model = Mixed(jax.random.key(0))
    assert sum(map(eqx.is_inexact_array, jax.tree.leaves(model.norm))) > 2
    assert list(inventory_of(model).names) == [
        "convolution.weight",
        "convolution.bias",
        "norm.weight",
        "norm.bias",
    ]


def test_a_convolution_and_its_bias():
    weight, bias = list(inventory_of(Mixed(jax.random.key(0))))[:2]
    assert (weight.fan_in, weight.fan_out, weight.shape) == (75, 100, (4, 3, 5, 5))
    assert (bias.role, bias.fan_in, bias.shape) == ("bias", None, (4,))  # (4, 1, 1), as it is stored


def test_modules_in_a_dict_know_themselves_and_what_is_beside_them_does_not():
    tree = {"encoder": eqx.nn.LayerNorm(3), "temperature": jnp.ones(())}
    inventory = inventory_of(tree)
    assert inventory["encoder.weight"].owner.cls.short == "LayerNorm"
    assert not inventory["temperature"].owner.known
    assert "type" in inventory.unknown
    assert inventory_of({"encoder": eqx.nn.LayerNorm(3)}).unknown == {}


class Tied(eqx.Module):
    shared: eqx.nn.Shared

    def __init__(self, get=lambda pair: pair[0].weight):
        keys = jax.random.split(jax.random.key(0))
        pair = eqx.nn.Embedding(5, 3, key=keys[0]), eqx.nn.Linear(3, 5, key=keys[1])
        self.shared = eqx.nn.Shared(pair, lambda pair: pair[1].weight, get)


@pytest.mark.parametrize("build", [Tied, lambda: build_abstract(Tied)])
def test_shared_nodes_are_one_parameter_with_two_names(build):
    inventory = inventory_of(build())
    assert [p.name for p in inventory] == ["shared.0.weight", "shared.1.bias"]
    embedding, head = inventory["shared.0.weight"], inventory["shared.1.weight"]
    assert embedding.names == head.names == ("shared.0.weight", "shared.1.weight")
    assert (embedding.owner.cls.short, head.owner.cls.short) == ("Embedding", "Linear")
    assert (embedding.role, head.role, head.fan_in) == ("embedding", "embedding", 5)


def test_whole_layers_that_are_shared():
    layers = [eqx.nn.Linear(2, 2, key=key) for key in jax.random.split(jax.random.key(0), 3)]
    shared = eqx.nn.Shared(layers, lambda ls: ls[1:], lambda ls: [ls[0], ls[0]])
    inventory = inventory_of(shared)
    assert [p.names for p in inventory] == [
        ("0.weight", "1.weight", "2.weight"),
        ("0.bias", "1.bias", "2.bias"),
    ]
    assert [cls.short for cls in inventory["2.bias"].owner.around] == ["Shared", "Linear"]


def test_arrays_shared_transposed_or_without_functions_keep_one_name():
    class Square(eqx.Module):
        shared: eqx.nn.Shared

    pair = [eqx.nn.Linear(2, 2, key=key) for key in jax.random.split(jax.random.key(0))]
    square = Square(eqx.nn.Shared(pair, lambda p: p[1].weight, lambda p: p[0].weight.T))
    assert list(inventory_of(square).names) == ["shared.0.weight", "shared.0.bias", "shared.1.bias"]
    filtered = eqx.filter(Tied(), eqx.is_inexact_array)
    assert list(inventory_of(filtered).names) == ["shared.0.weight", "shared.1.bias"]


def test_one_layer_in_two_places_is_two_layers():
    layer = eqx.nn.Linear(2, 2, key=jax.random.key(0))
    assert len(inventory_of([layer, layer])) == 4


def test_the_backend_recognises_modules_whatever_they_hold():
    assert backend.recognises(transformer())
    assert backend.recognises(build_abstract(build))
    assert backend.recognises(eqx.nn.Lambda(jax.nn.relu))
