"""W509: reported for a stack that is not declared, and never for a model without stacks."""

import equinox as eqx
import haiku as hk
import haiku_models
import jax
import jax.numpy as jnp
import jax_models
import linen_models
import pytest
from flax import nnx
from paramrules_optax import labels
from stacked_models import LAYERS, Equinox, Nnx, equinox, haiku, linen, nnx_model

import paramrules
from paramrules import RulesWarning, assign, render
from paramrules.rules import parse

IDS = jnp.zeros((2, 6), int)
RULES = parse("no_decay?: ndim <= 1\ndecay: else\n")
WARNING = """warning[W509]: {} looks like a stack of {} layers: each of its {} arrays has them as \
leading axes, `{}` is {}
  = help: if it is one, pass `paramrules.inventory(model, stacked={{"{}": {}}})`, or \
`--stacked {}={}` on the command line; if not, the same with {}"""


def warned(model, stacked=None):
    findings = assign(RULES, paramrules.inventory(model, stacked=stacked)).findings
    return [render(finding) for finding in findings]


def params(model, *inputs):
    return jax.eval_shape(lambda: model.init(jax.random.key(0), *inputs))


@pytest.mark.parametrize(
    ("model", "arrays", "example"),
    [
        (lambda: equinox(True), 13, ("attention.query_proj.weight", (12, 8, 8))),
        (lambda: nnx_model(True), 15, ("attention.key.kernel", (12, 8, 2, 4))),
        (lambda: nnx.state(nnx_model(True), nnx.Param), 15, ("down.kernel", (12, 32, 8))),
        (lambda: params(linen(True), IDS, False), 15, ("down.kernel", (12, 32, 8))),
        (lambda: params(hk.transform(haiku(True)), IDS), 12, ("layer.attention.key.w", (12, 8, 8))),
    ],
)
def test_a_stack_is_reported_once(model, arrays, example):
    leaf, shape = example
    expected = WARNING.format(
        "`blocks`", LAYERS, arrays, f"blocks.{leaf}", shape, "blocks", 1, "blocks", 1, 0
    )
    assert warned(model()) == [expected]
    assert warned(model(), {"blocks": 1}) == []
    assert warned(model(), {"blocks": 0}) == []


def test_a_whole_model_that_is_stacked():
    members = eqx.filter_vmap(lambda key: eqx.nn.MLP(4, 4, 4, 2, key=key))(
        jax.random.split(jax.random.key(0), 5)
    )
    assert warned(members) == [
        WARNING.format("the whole model", 5, 6, "layers.0.weight", (5, 4, 4), "", 1, "", 1, 0)
    ]
    assert warned(members, {"": 1}) == []
    wrapped = {"net": {"up": {"kernel": jnp.ones((5, 4, 3)), "bias": jnp.ones((5, 3))}}}
    assert warned(wrapped) == [
        WARNING.format("`net`", 5, 2, "net.up.kernel", (5, 4, 3), "net", 1, "net", 1, 0)
    ]


def test_two_axes_of_layers_and_one_inside_of_a_declared_stack():
    tree = {"norm": jnp.ones(3), "layers": {"up": {"w": jnp.ones((2, 3, 4, 5)), "b": jnp.ones((2, 3, 5))}}}
    assert warned(tree) == [
        WARNING.format("`layers`", "2 times 3", 2, "layers.up.w", (2, 3, 4, 5), "layers", 2, "layers", 2, 0)
    ]
    assert warned(tree, {"layers": 1}) == [
        WARNING.format("`layers`", 3, 2, "layers.up.w", (3, 4, 5), "layers", 2, "layers", 2, 1)
    ]


def test_each_of_several_stacks():
    layers = {"up": {"w": jnp.ones((2, 4, 5)), "b": jnp.ones((2, 5))}}
    found = warned({"encoder": layers, "decoder": layers, "head": {"w": jnp.ones((5, 3))}})
    assert [line.split("`")[1] for line in found] == ["decoder", "encoder"]
    assert warned({"encoder": layers, "decoder": layers}, {"encoder": 0, "decoder": 0}) == []
    # A declared part silences the warning about the whole.
    assert warned({"encoder": layers, "decoder": layers}, {"encoder": 0}) == [
        WARNING.format("`decoder`", 2, 2, "decoder.up.w", (2, 4, 5), "decoder", 1, "decoder", 1, 0)
    ]


def test_it_reaches_labels_and_can_be_silenced_in_the_rules():
    tree = {"layers": {"up": {"w": jnp.ones((2, 4, 5)), "b": jnp.ones((2, 5))}}}
    with pytest.warns(RulesWarning, match="`layers` looks like a stack of 2 layers"):
        labels(tree, RULES)
    quiet = parse("# allow: W509 -- the first axis is heads\nno_decay?: ndim <= 1\ndecay: else\n")
    assert set(jax.tree.leaves(labels(tree, quiet))) == {"decay"}


def test_layers_of_one_convolution_and_norms_alone_are_not_reported():
    """A stack of norms looks like one norm with one more axis."""
    norms = {"a": {"scale": jnp.ones((5, 4)), "bias": jnp.ones((5, 4))}, "b": {"scale": jnp.ones((5, 3))}}
    assert warned({"norms": norms, "head": {"w": jnp.ones((4, 3))}}) == []


class ConvNet(eqx.Module):
    first: eqx.nn.Conv2d
    second: eqx.nn.Conv2d
    norm: eqx.nn.GroupNorm

    def __init__(self, key):
        self.first = eqx.nn.Conv2d(8, 8, 3, key=key)
        self.second = eqx.nn.Conv2d(8, 8, 1, key=key)
        self.norm = eqx.nn.GroupNorm(2, 8)


class Square(nnx.Module):
    """A model whose extents all equal its number of heads."""

    def __init__(self, rngs):
        self.attention = nnx.MultiHeadAttention(4, 4, 4, decode=False, rngs=rngs)
        self.out = nnx.Linear(4, 4, rngs=rngs)
        self.mix = nnx.Einsum("bij,ijk->bk", (4, 4, 4), (4,), rngs=rngs)
        self.general = nnx.LinearGeneral((4, 4), (4, 4), axis=(-2, -1), rngs=rngs)


class Experts(eqx.Module):
    """A module with arrays of experts, which are not a stack of modules."""

    up: jax.Array
    down: jax.Array
    router: eqx.nn.Linear

    def __init__(self, key):
        self.up = jnp.ones((4, 8, 16))
        self.down = jnp.ones((4, 16, 8))
        self.router = eqx.nn.Linear(8, 4, key=key)


def square_flax_attention(bias):
    heads = {"kernel": jnp.ones((4, 4, 1))} | ({"bias": jnp.ones((4, 1))} if bias else {})
    return {
        "attention": {
            **dict.fromkeys(("query", "key", "value"), heads),
            "out": {"kernel": jnp.ones((4, 1, 4))},
        }
    }


KEY = jax.random.key(0)
ORDINARY = {
    "equinox": lambda: jax_models.Transformer(key=KEY),
    "equinox, square": lambda: jax_models.Transformer(
        layers=8, width=8, heads=8, vocabulary=8, length=8, key=KEY
    ),
    "equinox, unrolled": lambda: Equinox(False, KEY),
    "equinox convolutions": lambda: ConvNet(KEY),
    "equinox parameters alone": lambda: eqx.filter(jax_models.Transformer(key=KEY), eqx.is_inexact_array),
    "experts": lambda: Experts(KEY),
    "layers of experts": lambda: [Experts(KEY) for _ in range(4)],
    "nnx": lambda: jax_models.NnxTransformer(rngs=nnx.Rngs(0)),
    "nnx state": lambda: nnx.state(jax_models.NnxTransformer(layers=8, rngs=nnx.Rngs(0)), nnx.Param),
    "nnx, unrolled": lambda: Nnx(False, nnx.Rngs(0)),
    "nnx, square": lambda: Square(nnx.Rngs(0)),
    "nnx, square, pure": lambda: nnx.to_pure_dict(nnx.state(Square(nnx.Rngs(0)), nnx.Param)),
    "linen": lambda: params(linen_models.Transformer(), IDS, False),
    "linen, square": lambda: params(linen_models.Transformer(width=6, heads=6, vocabulary=6), IDS, False),
    "linen resnet": lambda: params(linen_models.ResNet(), jnp.ones((2, 8, 8, 3)))["params"],
    "linen recurrent": lambda: params(linen_models.Tagger(), IDS),
    "haiku": lambda: params(hk.transform(haiku_models.classifier), jnp.ones((2, 4, 4, 1))),
    "haiku recurrent": lambda: params(hk.transform(haiku_models.recurrent), jnp.ones((5, 2, 4))),
    "haiku, unrolled": lambda: params(hk.transform(haiku(False)), IDS),
    "attention": lambda: square_flax_attention(True),
    "attention without biases": lambda: square_flax_attention(False),
    "matrices of torch": lambda: {
        f"layers.{n}": {"weight": jnp.ones((8, 8)), "bias": jnp.ones(8)} for n in range(8)
    },
    "channels first": lambda: {
        "a": {"w": jnp.ones((8, 8, 3, 3)), "b": jnp.ones((8, 1, 1))},
        "c": {"w": jnp.ones((8, 8, 1, 1))},
    },
}


@pytest.mark.parametrize("model", ORDINARY)
def test_models_without_stacks_are_not_reported(model):
    assert warned(ORDINARY[model]()) == []


def test_a_number_of_each_layer_does_not_hide_a_stack():
    class Block(eqx.Module):
        linear: eqx.nn.Linear
        alpha: jax.Array

    class Net(eqx.Module):
        blocks: Block

    def block(key):
        return Block(eqx.nn.Linear(4, 8, key=key), jnp.ones(()))

    net = Net(eqx.filter_vmap(block)(jax.random.split(jax.random.key(0), 3)))
    (finding,) = paramrules.inventory(net).findings
    assert (finding.code, finding.message[:16]) == ("W509", "`blocks` looks l")
