"""Inventories of NNX modules and states."""

import jax.numpy as jnp
import pytest
from flax import linen, nnx
from jax_models import NnxTransformer, facts, pure
from paramrules_optax import backend, build_abstract
from paramrules_optax.inventory import inventory_of

from paramrules import RulesError
from paramrules.inventories import Unreadable, nesting


def transformer():
    return NnxTransformer(layers=2, rngs=nnx.Rngs(0))


BLOCK = [
    ("attention.key.bias", "LinearGeneral", "bias", None, None),
    ("attention.key.kernel", "LinearGeneral", "weight", 8, 8),
    ("attention.out.bias", "LinearGeneral", "bias", None, None),
    ("attention.out.kernel", "LinearGeneral", "weight", 8, 8),
    ("attention.query.bias", "LinearGeneral", "bias", None, None),
    ("attention.query.kernel", "LinearGeneral", "weight", 8, 8),
    ("attention.value.bias", "LinearGeneral", "bias", None, None),
    ("attention.value.kernel", "LinearGeneral", "weight", 8, 8),
    ("down.bias", "Linear", "bias", None, None),
    ("down.kernel", "Linear", "weight", 32, 8),
    ("norm1.bias", "LayerNorm", "bias", None, None),
    ("norm1.scale", "LayerNorm", "scale", None, None),
    ("norm2.scale", "RMSNorm", "scale", None, None),
    ("up.bias", "Linear", "bias", None, None),
    ("up.kernel", "Linear", "weight", 8, 32),
]


def test_a_transformer():
    inventory = inventory_of(transformer())
    rows = [(p.name, p.owner.cls.short, p.role, p.fan_in, p.fan_out) for p in inventory]
    assert rows == [
        *((f"blocks.0.{name}", *facts) for name, *facts in BLOCK),
        *((f"blocks.1.{name}", *facts) for name, *facts in BLOCK),
        ("head.bias", "Linear", "bias", None, None),
        ("head.kernel", "Linear", "weight", 8, 11),
        ("norm.bias", "BatchNorm", "bias", None, None),
        ("norm.scale", "BatchNorm", "scale", None, None),
        ("positions", "NnxTransformer", "other", None, None),
        ("tokens.embedding", "Embed", "embedding", 11, 8),
    ]
    around = inventory["blocks.1.attention.out.kernel"].owner.around
    assert [cls.short for cls in around] == [
        "NnxTransformer",
        "List",
        "NnxBlock",
        "MultiHeadAttention",
        "LinearGeneral",
    ]
    assert inventory.unknown == {}


def test_the_order_is_that_of_the_state_and_lists_count():
    class Deep(nnx.Module):
        def __init__(self):
            self.layers = nnx.List([nnx.Param(jnp.ones(1)) for _ in range(11)])

    assert list(inventory_of(Deep()).names) == [f"layers.{i}" for i in range(11)]


def test_boxed_and_pure_states_and_an_abstract_model_have_the_same_names_and_arrays():
    model = transformer()
    whole = inventory_of(model)
    state = nnx.state(model, nnx.Param)
    for other in (state, pure(state), nnx.to_pure_dict(state), build_abstract(transformer)):
        found = inventory_of(other)
        assert list(found.names) == list(whole.names)
        assert found.column("stored") == whole.column("stored")
        assert found.column("dtype") == whole.column("dtype")


def test_an_abstract_model_knows_its_types():
    whole = facts(inventory_of(transformer()))
    assert facts(inventory_of(build_abstract(transformer))) == whole
    assert facts(inventory_of(nnx.eval_shape(transformer))) == whole


def test_metadata_and_no_weight_decay_are_attributes():
    inventory = inventory_of(transformer())
    assert inventory["positions"].attributes == {"lr_mult": 2, "no_weight_decay": True}
    assert [p.name for p in inventory if p.attributes] == ["positions"]
    assert [value for value in inventory.attribute("lr_mult") if value] == [2]
    assert [value for value in inventory.attribute("no_weight_decay") if value] == [True]
    assert not any(inventory.attribute("hijax"))


def test_metadata_that_cannot_be_written_down_is_there_and_unreadable():
    class Model(nnx.Module):
        def __init__(self):
            self.w = nnx.Param(jnp.ones(1), rates={"lr": [1, 2.5]}, hook=print, odd={1: 2})

    inventory = inventory_of(Model())
    assert inventory["w"].attributes == {"rates": {"lr": (1, 2.5)}}
    assert list(inventory.attribute("hook")) == [Unreadable("a builtins.builtin_function_or_method")]
    assert list(inventory.attribute("odd")) == [Unreadable("a builtins.dict")]


def test_variable_classes():
    class Model(nnx.Module):
        def __init__(self, rngs):
            self.dense = nnx.Linear(2, 3, rngs=rngs)
            self.lora = nnx.LoRA(2, 1, 3, rngs=rngs)

    inventory = inventory_of(Model(nnx.Rngs(0)))
    assert [(p.name, p.variable.short) for p in inventory] == [
        ("dense.bias", "Param"),
        ("dense.kernel", "Param"),
        ("lora.lora_a", "LoRAParam"),
        ("lora.lora_b", "LoRAParam"),
    ]
    assert inventory["lora.lora_a"].variable.bases[0] == "flax.nnx.variablelib.Param"


class Tied(nnx.Module):
    def __init__(self, rngs):
        self.first = nnx.Linear(2, 2, rngs=rngs)
        self.pair = nnx.Dict(left=self.first, right=nnx.Linear(2, 2, rngs=rngs))
        self.bias = self.pair["right"].bias
        self.again = self.pair


def test_shared_modules_and_variables_are_one_parameter_with_all_their_names():
    inventory = inventory_of(Tied(nnx.Rngs(0)))
    assert [sorted(p.names) for p in inventory] == [
        ["again.left.bias", "first.bias", "pair.left.bias"],
        ["again.left.kernel", "first.kernel", "pair.left.kernel"],
        ["again.right.bias", "bias", "pair.right.bias"],
        ["again.right.kernel", "pair.right.kernel"],
    ]
    assert [p.name for p in inventory] == list(inventory_of(nnx.state(Tied(nnx.Rngs(0)), nnx.Param)).names)
    assert inventory["bias"].owner.cls.short == "Tied"
    assert inventory["pair.right.bias"].owner.cls.short == "Linear"
    assert (inventory["bias"].role, inventory["pair.right.kernel"].fan_in) == ("bias", 2)


def test_an_abstract_model_stays_tied():
    inventory = inventory_of(build_abstract(lambda: Tied(nnx.Rngs(0))))
    assert [len(p.names) for p in inventory] == [3, 3, 3, 2]


def test_a_module_that_refers_to_its_parent():
    class Child(nnx.Module):
        def __init__(self, parent):
            self.parent = parent
            self.w = nnx.Param(jnp.ones(1))

    class Parent(nnx.Module):
        def __init__(self):
            self.child = Child(self)

    assert list(inventory_of(Parent()).names) == ["child.w"]
    assert backend.recognises({"a": Parent()})
    assert list(inventory_of({"a": Parent()}).names) == ["a.child.w"]


def test_a_module_that_is_not_a_pytree():
    class Plain(nnx.Module, pytree=False):
        def __init__(self):
            self.items = [nnx.Param(jnp.ones(1)), nnx.Param(jnp.ones(2))]

    assert list(inventory_of(Plain()).names) == ["items.0", "items.1"]
    assert list(inventory_of({"a": Plain()}).names) == ["a.items.0", "a.items.1"]
    assert backend.recognises({"a": Plain()})


def test_a_variable_that_holds_a_tree():
    class Model(nnx.Module):
        def __init__(self):
            self.p = nnx.Param({"a": jnp.ones(1), "b": [jnp.ones(2)]}, lr_mult=3)
            self.q = self.p

    inventory = inventory_of(Model())
    assert [p.names for p in inventory] == [("p.a", "q.a"), ("p.b.0", "q.b.0")]
    assert list(inventory.attribute("lr_mult")) == [3, 3, 3, 3]
    assert inventory["q.b.0"].owner.cls.short == "Model"


def test_several_modules_in_a_dict():
    inventory = inventory_of(
        {"actor": nnx.Linear(2, 2, rngs=nnx.Rngs(0)), "critic": nnx.LayerNorm(2, rngs=nnx.Rngs(0))}
    )
    assert [(p.name, p.owner.cls.short) for p in inventory] == [
        ("actor.bias", "Linear"),
        ("actor.kernel", "Linear"),
        ("critic.bias", "LayerNorm"),
        ("critic.scale", "LayerNorm"),
    ]


def test_a_state_of_more_than_parameters():
    with pytest.raises(RulesError) as caught:
        inventory_of(nnx.state(transformer()))
    assert (
        str(caught.value)
        == """
error[E539]: `blocks.0.dropout.rngs.count` is a `RngCount`, not a parameter (and 5 more)
  = help: pass `nnx.state(model, nnx.Param)`"""
    )


def test_a_state_of_user_defined_variables():
    class Prompt(nnx.Variable):
        pass

    class Model(nnx.Module):
        def __init__(self):
            self.prompt = Prompt(jnp.ones(3))
            self.w = nnx.Param(jnp.ones(3))

    assert list(inventory_of(Model()).names) == ["w"]
    assert list(inventory_of(nnx.state(Model(), Prompt)).names) == ["prompt"]


class Compact(linen.Module):
    @linen.compact
    def __call__(self, x):
        return linen.LayerNorm()(x)


class WithSetup(linen.Module):
    def setup(self):
        self.norm = linen.LayerNorm()
        self.layers = [linen.Dense(3), linen.Dense(3)]
        self.inner = Compact()
        self.token = self.param("token", linen.initializers.ones, (3,))

    def __call__(self, x):
        for layer in self.layers:
            x = layer(x)
        return self.inner(self.norm(x)) + self.token


class Unready(linen.Module):
    """A module whose `setup` needs random numbers, which only a call has."""

    def setup(self):
        self.make_rng("params")
        self.dense = linen.Dense(3)

    def __call__(self, x):
        return self.dense(x)


def bridged(module):
    return nnx.bridge.lazy_init(nnx.bridge.ToNNX(module, rngs=nnx.Rngs(0)), jnp.ones((2, 3)))


def test_owners_inside_a_bridge_to_linen():
    class Model(nnx.Module):
        def __init__(self):
            self.dense = bridged(linen.Dense(3, use_bias=False))
            self.encoder = bridged(WithSetup())
            self.norm = nnx.LayerNorm(3, use_bias=False, rngs=nnx.Rngs(0))

    inventory = inventory_of(Model(), types={"encoder.inner.LayerNorm_0": linen.LayerNorm})
    around = {p.name: " ".join(cls.short for cls in p.owner.around[1:]) for p in inventory}
    assert around == {
        "dense.kernel": "ToNNX Dense",
        "encoder.inner.LayerNorm_0.bias": "",
        "encoder.inner.LayerNorm_0.scale": "",
        "encoder.layers_0.bias": "ToNNX WithSetup Dense",
        "encoder.layers_0.kernel": "ToNNX WithSetup Dense",
        "encoder.layers_1.bias": "ToNNX WithSetup Dense",
        "encoder.layers_1.kernel": "ToNNX WithSetup Dense",
        "encoder.norm.bias": "ToNNX WithSetup LayerNorm",
        "encoder.norm.scale": "ToNNX WithSetup LayerNorm",
        "encoder.token": "ToNNX WithSetup",
        "norm.scale": "LayerNorm",
    }
    assert inventory["encoder.inner.LayerNorm_0.scale"].role == "scale"


@pytest.mark.parametrize("module", [Compact(), Unready()])
def test_owners_that_only_a_call_of_a_linen_module_would_show_are_unknown(module):
    inventory = inventory_of(bridged(module))
    assert {parameter.owner.known for parameter in inventory} == {False}
    name = "LayerNorm_0" if isinstance(module, Compact) else "dense"
    assert inventory.unknown.keys() >= {"type", "role"}
    assert inventory_of(bridged(module), types={name: linen.LayerNorm})[f"{name}.bias"].role == "bias"


def test_an_integer_in_a_parameter():
    class Model(nnx.Module):
        def __init__(self):
            self.w = nnx.Param(jnp.ones(3, jnp.int8))

    with pytest.raises(RulesError) as caught:
        inventory_of(Model())
    assert (
        str(caught.value)
        == """
error[E538]: `w` is an array of int8, which no optimizer trains
  = help: pass parameters alone, as the optimizer gets them"""
    )


def test_modules_that_are_shared_without_an_end(monkeypatch):
    class Twice(nnx.Module):
        def __init__(self, inner):
            self.a = self.b = inner

    monkeypatch.setattr(nesting, "MOST_FURTHER_NAMES", 1_000)
    model = nnx.Linear(2, 2, rngs=nnx.Rngs(0))
    for _ in range(40):
        model = Twice(model)
    with pytest.raises(RulesError) as caught:
        inventory_of(model)
    assert str(caught.value) == (
        f"\nerror[E549]: the `Linear` at `{'a.' * 30}...` has too many names: "
        "all that a model shares may have 1,000 further ones\n"
        "  = help: let one module hold it: give each other place a module of its own"
    )


def test_equal_numbers_in_modules_are_not_shared(monkeypatch):
    monkeypatch.setattr(nesting, "MOST_FURTHER_NAMES", 10)
    assert len(inventory_of(transformer()).names) == 36
