"""Haiku functions: the owner and logical shape of each parameter, and labels of the two-level tree."""

from functools import partial

import haiku as hk
import haiku_models
import jax
import jax.numpy as jnp
import optax
import pytest
from jax_models import facts, owners
from paramrules_optax import labels, mask_fn

import paramrules
from paramrules import RulesError, assign
from paramrules.rules import parse

IDS = jax.ShapeDtypeStruct((2, 4), "int32")
IMAGES = jax.ShapeDtypeStruct((2, 4, 4, 1), "float32")


@pytest.mark.parametrize(
    "model",
    [
        haiku_models.classifier,
        partial(haiku_models.classifier),
        hk.transform(haiku_models.classifier),
        hk.without_apply_rng(hk.transform(haiku_models.classifier)),
        hk.transform_with_state(haiku_models.classifier),
        hk.multi_transform(lambda: (haiku_models.classifier, haiku_models.classifier)),
        hk.multi_transform_with_state(lambda: (haiku_models.classifier, haiku_models.classifier)),
    ],
    ids=["function", "partial", "transform", "without_apply_rng", "with_state", "multi", "multi_with_state"],
)
def test_a_perceptron_transformed_or_not(model):
    inventory = paramrules.inventory(model, inputs=IMAGES)
    assert owners(inventory) == {
        "mlp.~.linear_0": "MLP > Linear",
        "mlp.~.linear_1": "MLP > Linear",
        "~": "Module",
    }
    kernel = inventory["mlp.~.linear_0.w"]
    assert (kernel.shape, kernel.role, kernel.fan_in, kernel.fan_out) == ((16, 6), "weight", 16, 6)
    assert inventory["mlp.~.linear_1.b"].role == "bias"


def test_a_parameter_outside_of_all_modules_has_no_type():
    inventory = paramrules.inventory(haiku_models.classifier, inputs=IMAGES)
    rules = parse("linear: type(Linear)\nodd?: type(*)\nrest: else\n")
    of = assign(rules, inventory).group_of
    assert of("~.gain").label == "rest"
    assert of("mlp.~.linear_0.w").label == "linear"


def test_a_convolution_with_batch_norm_and_a_static_argument():
    for arguments in ({"inputs": (IMAGES, True)}, {"inputs": IMAGES, "kwargs": {"is_training": True}}):
        inventory = paramrules.inventory(hk.transform_with_state(haiku_models.convolutional), **arguments)
        assert owners(inventory) == {"stem": "Conv2D", "batch_norm": "BatchNorm", "head": "Linear"}
        assert inventory["stem.w"].fan_in == 9
        assert inventory["batch_norm.scale"].role == "scale"


def test_a_stack_is_its_layers():
    model = hk.transform(haiku_models.encoder)
    inventory = paramrules.inventory(model, inputs=IDS)
    attention = "Encoder > Layer > MultiHeadAttention > Linear"
    assert owners(inventory) == {
        "encoder.~.embed": "Encoder > Embed",
        "encoder.norm": "Encoder > RMSNorm",
        **{f"encoder.stack.{n}.layer.norm": "Encoder > Layer > LayerNorm" for n in range(3)},
        **{f"encoder.stack.{n}.layer.out": "Encoder > Layer > Linear" for n in range(3)},
        **{
            f"encoder.stack.{n}.layer.attention.{part}": attention
            for n in range(3)
            for part in ("query", "key", "value", "linear")
        },
        "head": "Linear",
    }
    params = jax.eval_shape(model.init, jax.random.key(0), IDS)
    assert params["encoder/stack/layer/attention/query"]["w"].shape == (3, 8, 8)
    query = inventory["encoder.stack.2.layer.attention.query.w"]
    assert (query.shape, query.stored, query.fan_in, query.fan_out) == ((8, 8), (3, 8, 8), 8, 8)
    assert query.layer == ("encoder.stack.layer.attention.query.w", (0,), (2,))
    assert inventory["encoder.stack.1.layer.norm.scale"].shape == (8,)
    assert sum(inventory.column("elements")) == sum(leaf.size for leaf in jax.tree.leaves(params))


def test_stacks_in_stacks():
    class Outer(hk.Module):
        def __call__(self, x):
            x = hk.layer_stack(5, name="inner")(lambda y: hk.nets.MLP([3], name="mlp")(y))(x)
            return hk.LayerNorm(-1, True, True, name="norm")(x)

    def model(x):
        return hk.layer_stack(4, name="outer")(lambda y: Outer(name="layer")(y))(x)

    inventory = paramrules.inventory(model, inputs=jnp.ones((2, 3)))
    inner = {
        f"outer.{n}.layer.inner.{m}.mlp.~.linear_0": "Outer > MLP > Linear"
        for n in range(4)
        for m in range(5)
    }
    assert owners(inventory) == inner | {f"outer.{n}.layer.norm": "Outer > LayerNorm" for n in range(4)}
    assert {p.name.rpartition(".")[2]: p.shape for p in inventory} == {
        "w": (3, 3),
        "b": (3,),
        "scale": (3,),
        "offset": (3,),
    }
    assert inventory["outer.3.layer.inner.4.mlp.~.linear_0.w"].stored == (4, 5, 3, 3)


def test_a_recurrent_core():
    inventory = paramrules.inventory(
        hk.transform(haiku_models.recurrent), inputs=jax.ShapeDtypeStruct((5, 2, 4), "float32")
    )
    assert owners(inventory) == {"lstm.linear": "LSTM > Linear", "head": "Linear"}


def test_an_init_that_was_compiled_before():
    init, apply = hk.transform(haiku_models.encoder)
    model = hk.Transformed(jax.jit(init), apply)
    first = paramrules.inventory(model, inputs=IDS)
    assert facts(first) == facts(paramrules.inventory(haiku_models.encoder, inputs=IDS))
    assert facts(paramrules.inventory(model, inputs=IDS)) == facts(first)


def test_random_keys():
    def noisy(x):
        return hk.Linear(3)(x + jax.random.normal(hk.next_rng_key(), x.shape))

    for rngs in (None, jax.random.PRNGKey(0), jax.ShapeDtypeStruct((2,), "uint32")):
        assert len(paramrules.inventory(noisy, inputs=jnp.ones((2, 4)), rngs=rngs)) == 2


def test_labels_and_training_with_a_mask_by_type():
    model = hk.transform(haiku_models.encoder)
    ids = jnp.arange(8).reshape(2, 4)
    params = jax.jit(model.init)(jax.random.key(0), ids)
    inventory = paramrules.inventory(model, inputs=ids)
    rules = parse("no_decay: type(LayerNorm|RMSNorm|Embedding) or ndim <= 1\ndecay: else\n")
    found = labels(params, rules, model=inventory)
    assert jax.tree.structure(found) == jax.tree.structure(params)
    assert found["encoder/stack/layer/attention/query"] == {"w": "decay", "b": "no_decay"}
    assert found["encoder/~/embed"] == {"embeddings": "no_decay"}

    tx = optax.adamw(1e-2, weight_decay=0.1, mask=mask_fn(params, rules, "decay", model=inventory))

    @jax.jit
    def loss(params):
        logits = model.apply(params, None, ids)
        return optax.softmax_cross_entropy_with_integer_labels(logits, ids).mean()

    def trained(gradient):
        now, state, update = params, tx.init(params), jax.jit(tx.update)
        for _ in range(3):
            updates, state = update(gradient(now), state, now)
            now = optax.apply_updates(now, updates)
        return now

    assert loss(trained(jax.grad(loss))) < loss(params)
    still = trained(lambda tree: jax.tree.map(jnp.zeros_like, tree))
    same = jax.tree.map(lambda a, b: bool((a == b).all()), params, still)
    names = paramrules.inventory(params).names
    flat = dict(zip(names, jax.tree.leaves(same), strict=True))
    nonzero = {name for name, v in zip(names, jax.tree.leaves(params), strict=True) if v.any()}
    assert {name for name in nonzero if flat[name]} == {
        "encoder.~.embed.embeddings",
        "encoder.norm.scale",
        "encoder.stack.layer.norm.scale",
    }


def refused(model, **how):
    with pytest.raises(RulesError) as caught:
        paramrules.inventory(model, **how)
    return str(caught.value)


def test_no_inputs():
    expected = """
error[E541]: the haiku function{} has no parameters before it runs, and there are no inputs to run it with
  = help: pass inputs, arrays or shapes: \
`paramrules.inventory(forward, inputs=jax.ShapeDtypeStruct((1, 28, 28, 1), "float32"))`"""
    assert refused(haiku_models.encoder) == expected.format(" `encoder`")
    assert refused(hk.transform(haiku_models.encoder)) == expected.format("")


HELP = """
  = help: `inputs` is a tuple of the positional arguments, arrays or shapes; those by name go into \
`kwargs={"train": False}`"""


def test_inputs_that_the_function_refuses():
    assert (
        refused(haiku_models.convolutional, inputs=IMAGES)
        == """
error[E542]: the haiku function `convolutional` cannot run with these inputs: TypeError: \
convolutional() missing 1 required positional argument: 'is_training'"""
        + HELP
    )


def test_haiku_has_no_methods():
    assert (
        refused(haiku_models.encoder, inputs=IDS, method="encode")
        == """
error[E517]: `method` is for linen modules: a haiku function has only one
  = help: leave `method` out"""
    )


def test_a_parameter_that_no_module_makes():
    def loaded(rng, x):
        return {"linear": {"w": jnp.ones((4, 3)), "b": jnp.ones(3)}}

    model = hk.Transformed(loaded, None)
    inventory = paramrules.inventory(model, inputs=IDS)
    rules = parse("linear: type(Linear)\nrest: else\n", "a.rules")
    with pytest.raises(RulesError, match="E215"):
        assign(rules, inventory)
    inventory = paramrules.inventory(model, inputs=IDS, types={"linear": hk.Linear})
    assert [group.label for group in assign(rules, inventory).groups] == ["linear"]


def test_a_transparent_stack_keeps_its_layers_apart():
    class Names:
        def stacked_to_flat(self, name, number):
            return f"layer_{number}/{name}"

        def flat_to_stacked(self, name):
            layer, _, inner = name.partition("/")
            return inner, int(layer.removeprefix("layer_"))

    def model(x):
        return hk.layer_stack(2, transparent=True, transparency_map=Names())(lambda y: hk.Linear(3)(y))(x)

    inventory = paramrules.inventory(model, inputs=jnp.ones((2, 3)))
    assert {p.name: p.shape for p in inventory} == {
        f"layer_{n}.linear.{leaf}": shape for n in (0, 1) for leaf, shape in (("w", (3, 3)), ("b", (3,)))
    }
    assert (
        inventory.unknown["type"]
        == "the tree does not know the module of `layer_0.linear.b` (and of 3 more): name its class, as in "
        '`paramrules.inventory(params, types={"layer_0.linear": YourModule})`'
    )


def test_attributes_are_unknown():
    inventory = paramrules.inventory(haiku_models.encoder, inputs=IDS)
    with pytest.raises(RulesError) as caught:
        assign(parse("a: attr(no_weight_decay)\nb: else\n", "a.rules"), inventory)
    assert (
        str(caught.value)
        == """
error[E215]: `attr` is not known for this model
  --> a.rules:1:4
   |
 1 | a: attr(no_weight_decay)
   |    ^^^^^^^^^^^^^^^^^^^^^
   = help: a haiku parameter has no attributes: match its name, its type or its shape"""
    )


def test_haikus_private_name_is_still_there():
    """`LiftingModule` is recognised by name: without it, nested stacks would lose the classes around them."""
    seen = set()

    def spy(call, arguments, keywords, context):
        seen.add(type(context.module).__name__)
        return call(*arguments, **keywords)

    def model(x):
        with hk.intercept_methods(spy):
            return hk.layer_stack(2)(lambda y: y * 2)(x)

    jax.eval_shape(hk.transform(model).init, jax.random.key(0), jnp.ones(3))
    assert "LiftingModule" in seen
