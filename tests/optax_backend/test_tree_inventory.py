"""Known and unknown facts of a plain tree of arrays."""

from dataclasses import dataclass

import equinox as eqx
import flax
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import linen, nnx
from paramrules_optax import backend
from paramrules_optax.inventory import inventory_of

from paramrules import RulesError, assign
from paramrules.rules import parse

ONE = np.ones(1)
TREE = {
    "encoder": {
        "norm": {"scale": jnp.ones(3, jnp.bfloat16), "bias": jnp.ones(3)},
        "dense": {"kernel": jax.ShapeDtypeStruct((3, 4), jnp.float16), "bias": np.ones(4)},
    },
    "gain": 1.5,
    "phase": np.complex64(1j),
}


@dataclass
class Unregistered:
    kernel: object


def refused(tree, **how):
    with pytest.raises(RulesError) as caught:
        inventory_of(tree, **how)
    return str(caught.value)


def test_facts_of_arrays_abstract_arrays_and_numbers():
    inventory = inventory_of(TREE)
    rows = [(p.name, p.shape, p.dtype, p.trainable) for p in inventory]
    assert rows == [
        ("encoder.dense.bias", (4,), "float64", True),
        ("encoder.dense.kernel", (3, 4), "float16", True),
        ("encoder.norm.bias", (3,), "float32", True),
        ("encoder.norm.scale", (3,), "bfloat16", True),
        ("gain", (), "float32", True),
        ("phase", (), "complex64", True),
    ]
    assert repr(inventory) == "<Inventory of 6 parameters, optax>"


def test_a_bare_tree_says_how_to_pass_types():
    rules = parse("no_decay: type(LayerNorm) or ndim <= 1\ndecay: else\n", "decay.rules")
    with pytest.raises(RulesError) as caught:
        assign(rules, TREE)
    assert (
        str(caught.value)
        == """
error[E215]: `type` is not known for this model
  --> decay.rules:1:11
   |
 1 | no_decay: type(LayerNorm) or ndim <= 1
   |           ^^^^^^^^^^^^^^^
   = help: a tree of arrays does not know its modules: pass the model as well, as in \
`labels(params, rules, model=model)`, a linen module or haiku function as \
`model=paramrules.inventory(module, inputs=batch)`; or name the classes: \
`paramrules.inventory(params, types={"encoder.norm": LayerNorm})`"""
    )


@pytest.mark.parametrize("rule", ["within(Encoder)", "role == bias", "fan_in > 3", "fan_out > 3"])
def test_facts_that_depend_on_types_are_unknown_too(rule):
    with pytest.raises(RulesError, match="E215"):
        assign(parse(f"a: {rule}\nb: else\n"), TREE)


def test_attributes_are_known_only_with_the_modules_and_variables_of_a_state():
    state = nnx.state(nnx.Linear(2, 3, rngs=nnx.Rngs(0)), nnx.Param)
    lora = parse("a?: variable(LoRAParam)\nb: else\n", "a.rules")
    assert [group.label for group in assign(lora, state).groups] == ["b"]
    with pytest.raises(RulesError) as caught:
        assign(lora, TREE)
    assert (
        str(caught.value)
        == """
error[E215]: `variable` is not known for this model
  --> a.rules:1:5
   |
 1 | a?: variable(LoRAParam)
   |     ^^^^^^^^^^^^^^^^^^^
   = help: arrays do not know the variables that held them: pass the NNX module itself, or its state"""
    )
    for tree in (TREE, state):
        with pytest.raises(RulesError) as caught:
            assign(parse("a: attr(lr_mult)\nb: else\n", "a.rules"), tree)
        assert (
            str(caught.value)
            == """
error[E215]: `attr` is not known for this model
  --> a.rules:1:4
   |
 1 | a: attr(lr_mult)
   |    ^^^^^^^^^^^^^
   = help: attributes are those of NNX variables, and what modules' `no_weight_decay()` lists: \
pass the model as well, as in `labels(params, rules, model=model)`, or match names"""
        )


def test_declared_types():
    class Encoder:
        pass

    types = {
        "encoder": Encoder,
        "encoder.norm": linen.LayerNorm,
        "encoder.dense": linen.Dense,
        "": Encoder,
    }
    inventory = inventory_of(TREE, types=types)
    assert set(inventory.unknown) == {"variable", "attr", "module_attr"}
    kernel = inventory["encoder.dense.kernel"]
    assert [cls.short for cls in kernel.owner.around] == [Encoder.__qualname__.rpartition(".")[2]] * 2 + [
        "Dense"
    ]
    assert (kernel.role, kernel.fan_in, kernel.fan_out) == ("weight", 3, 4)
    assert inventory["gain"].owner.cls.short == "Encoder"
    groups = assign(parse("a: type(LayerNorm)\nb: else\n"), inventory).groups
    assert [len(group.parameters) for group in groups] == [2, 4]


def test_modules_missing_from_types_stay_unknown():
    inventory = inventory_of(TREE, types={"encoder.norm": linen.LayerNorm})
    assert "type" in inventory.unknown
    assert inventory["encoder.norm.scale"].owner.cls.short == "LayerNorm"
    assert not inventory["encoder.dense.bias"].owner.known
    with pytest.raises(RulesError) as caught:
        assign(parse("no_decay: type(LayerNorm)\n", "decay.rules"), inventory)
    assert (
        str(caught.value)
        == """
error[E215]: `type` is not known for this model
  --> decay.rules:1:11
   |
 1 | no_decay: type(LayerNorm)
   |           ^^^^^^^^^^^^^^^
   = help: the tree does not know the module of `encoder.dense.bias` (and of 3 more): name its class, as in \
`paramrules.inventory(params, types={"encoder.dense": YourModule})`"""
    )


def test_an_array_beside_modules():
    tree = {"actor": eqx.nn.Linear(2, 2, key=jax.random.key(0)), "temperature": jnp.ones(())}
    help = (
        "the tree does not know the module of `temperature`: name its class, as in "
        '`paramrules.inventory(params, types={"": YourModel})`'
    )
    assert inventory_of(tree).unknown["type"] == help
    assert "type" not in inventory_of(tree, types={"": dict}).unknown


def test_a_type_for_a_root_that_holds_only_modules():
    class Net:
        pass

    tree = {"norm": {"scale": jax.ShapeDtypeStruct((3,), "float32")}}
    inventory = inventory_of(tree, types={"": Net, "norm": linen.LayerNorm})
    groups = assign(parse("a: within(Net) and type(LayerNorm)\n"), inventory).groups
    assert [group.label for group in groups] == ["a"]


def test_a_type_for_a_module_that_is_not_there():
    assert (
        refused(TREE, types={"encoder.nrm": linen.LayerNorm})
        == """
error[E533]: `types` names a module `encoder.nrm`, which the tree does not have
  = help: did you mean `encoder.norm`?"""
    )
    assert (
        refused(TREE, types={"x": linen.LayerNorm})
        == """
error[E533]: `types` names a module `x`, which the tree does not have
  = help: paths are canonical: `encoder.layers_0.norm`"""
    )


def test_a_type_that_is_not_a_class():
    assert (
        refused(TREE, types={"encoder.norm": "LayerNorm"})
        == """
error[E532]: the type of `encoder.norm` is `'LayerNorm'`, which is not a class
  = help: pass the class itself: `types={"encoder.norm": LayerNorm}`"""
    )


def test_a_type_for_a_module_whose_class_is_known():
    model = eqx.nn.Linear(2, 3, key=jax.random.key(0))
    assert inventory_of(model, types={"": eqx.nn.Linear})["weight"].owner.cls.short == "Linear"
    assert (
        refused({"layer": model}, types={"layer": linen.LayerNorm})
        == """
error[E534]: `layer` is an `equinox.nn._linear.Linear`, and `types` says `flax.linen.normalization.LayerNorm`
  = help: leave it out of `types`, which is for modules of unknown class"""
    )


def test_an_integer_leaf():
    assert (
        refused({"w": jnp.ones(2), "step": jnp.zeros((), jnp.int32), "seen": np.arange(3)})
        == """
error[E538]: `seen` is an array of int64, which no optimizer trains (and 1 more)
  = help: pass parameters alone, as the optimizer gets them"""
    )


def test_a_random_key():
    assert (
        refused({"w": jnp.ones(2), "key": jax.random.key(0)})
        == """
error[E538]: `key` is an array of key<fry>, which no optimizer trains
  = help: pass parameters alone, as the optimizer gets them"""
    )


@pytest.mark.parametrize(("leaf", "what"), [("gelu", "a `str`"), (3, "an `int`"), (True, "a `bool`")])
def test_a_leaf_that_is_not_an_array(leaf, what):
    assert (
        refused({"w": jnp.ones(2), "act": leaf})
        == f"""
error[E537]: `act` is {what}, not an array
  = help: pass parameters alone, as the optimizer gets them"""
    )


def test_objects_that_are_not_trees():
    assert (
        refused({"dense": flax.linen.Dense(3)})
        == """
error[E537]: `dense` is a `flax.linen.linear.Dense`, not an array
  = help: linen keeps parameters apart from modules: pass `model.init(...)["params"]`"""
    )
    assert (
        refused({"a": ONE, "b": Unregistered(ONE)})
        == f"""
error[E537]: `b` is a `{__name__}.Unregistered`, not an array
  = help: if it holds parameters, call `jax.tree_util.register_dataclass(Unregistered)`"""
    )
    assert (
        refused(nnx.Linear)
        == """
error[E537]: the argument is the class `Linear`, not an array
  = help: pass an instance: `Linear(...)`"""
    )


@pytest.mark.parametrize("freeze", [dict, flax.core.freeze])
def test_linens_other_collections(freeze):
    variables = freeze({"params": {"a": {"scale": jnp.ones(2)}}, "batch_stats": {"a": {"mean": jnp.ones(2)}}})
    assert (
        refused(variables)
        == """
error[E540]: the tree holds the collection `batch_stats` beside `params`
  = help: pass `variables["params"]`"""
    )


def test_partitioned_boxes_hold_their_arrays():
    inventory = inventory_of(
        {"kernel": linen.Partitioned(jnp.ones((2, 3)), names=("a", "b")), "bias": jnp.ones(3)}
    )
    assert inventory.column("shape") == [(3,), (2, 3)]
    assert [cls.short for cls in inventory.column("variable")] == ["Array", "Partitioned"]


def test_what_the_backend_recognises():
    assert backend.recognises(TREE)
    assert backend.recognises({"a": [None, np.ones(2)]})
    assert backend.recognises({"a": "text", 1: np.ones(2)})  # jax cannot sort the keys, as its inventory says
    assert backend.recognises({1: np.ones(2), "a": "text"})
    assert backend.recognises({"a": ONE, 1: ONE})
    assert backend.recognises(linen.Dense(3))
    assert not backend.recognises({})
    assert not backend.recognises({"a": "text", "b": 2})
    assert not backend.recognises(object())


def test_torch_modules_and_their_tensors_are_another_backends():
    torch = pytest.importorskip("torch")
    module = torch.nn.Linear(2, 3)
    assert not backend.recognises(module)
    assert not backend.recognises(dict(module.named_parameters()))
    assert not backend.recognises(module.state_dict())


def test_shapes_with_symbols_are_not_known():
    rows, columns = jax.export.symbolic_shape("rows, columns")
    wide, tall = (jax.ShapeDtypeStruct(shape, jnp.float32) for shape in ((rows, columns), (rows, 3)))
    help = "\n  = help: leave symbols to the shapes of inputs: those of parameters are numbers"
    for tree, what in [
        ({"a": ONE, "b": tall}, "`b` has no known shape: `rows` stands for a number"),
        ({"a": ONE, "b": tall, "c": wide}, "`b` has no known shape: `rows` stands for a number (and 1 more)"),
        (tall, "the argument has no known shape: `rows` stands for a number"),
    ]:
        with pytest.raises(RulesError) as caught:
            assign(parse("wide: shape[0] > 3\nothers: else"), inventory_of(tree))
        assert str(caught.value) == f"\nerror[E503]: {what}{help}"
    assert "E503" in refused({"b": tall}, stacked={"": 1})
    assert "`kernel` has no known shape: `columns`" in refused(linen.Dense(4), inputs=(wide,))
    assert inventory_of(linen.Dense(4), inputs=(tall,))["kernel"].shape == (3, 4)


def test_extents_may_be_numbers_of_numpy():
    tree = {"a": jax.ShapeDtypeStruct((np.int64(2), 3), jnp.float32)}
    assert inventory_of(tree)["a"].shape == (2, 3)
    assert {type(extent) for extent in inventory_of(tree)["a"].shape} == {int}
