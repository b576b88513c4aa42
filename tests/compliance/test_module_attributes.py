"""`module_attr`: what is set on a module or its class, the nearest outward, in every framework."""

import warnings
from collections.abc import Callable
from typing import Any, ClassVar

import equinox as eqx
import flax.linen as linen
import jax
import jax.numpy as jnp
import numpy as np
import paramrules_torch
import pytest
from flax import nnx
from torch import nn

import paramrules
from paramrules.inventories import Inventory
from paramrules.rules.load import parse

RULES = "slow: module_attr(lr_mult) -> lr_scale = module_attr(lr_mult)\nrest: else\n"


class Slow(nn.Linear):
    lr_mult = 0.5

    @property
    def mean_rate(self) -> float:
        raise AssertionError("a property is not called")

    @classmethod
    def depth(cls) -> int:
        return 3


class SlowLinen(linen.Module):
    lr_mult: float = 0.5

    @linen.compact
    def __call__(self, x: Any) -> Any:
        return linen.Dense(2, name="inner")(x)


class LinenNet(linen.Module):
    def setup(self) -> None:
        self.a, self.b = SlowLinen(), linen.Dense(2)

    def __call__(self, x: Any) -> Any:
        return self.b(self.a(x))


class Net(nnx.Module):
    def __init__(self) -> None:
        self.a, self.b = (nnx.Linear(2, 2, rngs=nnx.Rngs(0)) for _ in "ab")
        self.a.lr_mult = 0.5


class Layer(eqx.Module):
    inner: eqx.nn.Linear
    lr_mult: float = eqx.field(static=True)


class EquinoxNet(eqx.Module):
    a: Layer
    b: eqx.nn.Linear


def torch_model() -> Any:
    return nn.ModuleDict({"a": Slow(2, 2), "b": nn.Linear(2, 2)})


def equinox_model() -> Any:
    one, two = (eqx.nn.Linear(2, 2, key=jax.random.key(n)) for n in (0, 1))
    return EquinoxNet(Layer(one, 0.5), two)


def linen_model() -> Any:
    return paramrules.inventory(LinenNet(), inputs=jax.ShapeDtypeStruct((1, 2), "float32"))


def mlx_model() -> Any:
    import mlx.nn

    model = mlx.nn.Sequential(mlx.nn.Linear(2, 2), mlx.nn.Linear(2, 2))
    model.layers[0].lr_mult = 0.5
    return model


@pytest.mark.parametrize("make", [torch_model, Net, equinox_model, linen_model, mlx_model])
def test_the_same_in_every_framework(make: Callable[[], Any]) -> None:
    assignment = paramrules.assign(parse(RULES), make())
    slow, rest = assignment.groups
    assert (slow.label, dict(slow.settings), rest.label) == ("slow", {"lr_scale": 0.5}, "rest")
    assert {name.split(".")[0] for name in assignment.names("slow")} <= {"a", "layers"}
    assert len(slow.parameters) == len(rest.parameters) == 2
    assert not assignment.findings


def test_a_mark_on_a_module_reaches_the_groups_of_torch() -> None:
    model = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 2))
    model[0].lr_mult = 0.1
    groups = paramrules_torch.param_groups(model, parse(RULES), lr=1.0)
    assert [(group["label"], group["lr"]) for group in groups] == [("slow", 0.1), ("rest", 1.0)]


def test_wrappers_and_parametrizations_add_no_names() -> None:
    model = torch_model()
    model["a"].parametrizations_seen = True
    nn.utils.parametrizations.weight_norm(model["a"])
    model.scale = 2
    wrapped = nn.DataParallel(model)
    wrapped.scale = wrapped.side = 3
    inventory = paramrules.inventory(wrapped)
    assert inventory.module_marks("lr_mult") == {"a": 0.5}
    assert set(inventory.marked_module("lr_mult")) == {"a", None}
    assert inventory.module_marks("scale") == {"": 2}
    assert inventory.module_marks("side") == {"": 3}


def test_what_is_not_a_mark() -> None:
    model = torch_model()
    model["a"].object, model["a"].submodule = object(), nn.ReLU()
    inventory = paramrules.inventory(model)
    for name in (
        "mean_rate",
        "depth",
        "forward",
        "object",
        "submodule",
        "weight",
        "training",
        "__doc__",
        "nothing",
    ):
        assert not inventory.module_marks(name), name
        assert set(inventory.marked_module(name)) == {None}
    assert inventory.not_marks("mean_rate") == {"a": "a property"}
    assert inventory.not_marks("depth") == {"a": "a method"}
    assert inventory.not_marks("object") == {"a": "a builtins.object"}
    assert inventory.not_marks("lr_mult") == {}


def test_mlx_keeps_tuples_and_dicts_beside_its_arrays() -> None:
    import mlx.core as mx

    model = mlx_model()
    layer = model.layers[1]
    layer.betas, layer.plan, layer.arrays = (0.9, 0.95), {"lr": 1}, [mx.zeros(2)]
    inventory = paramrules.inventory(model)
    assert inventory.module_marks("betas") == {"layers.1": (0.9, 0.95)}
    assert inventory.module_marks("plan") == {"layers.1": {"lr": 1}}
    assert not inventory.module_marks("arrays")
    assert not inventory.module_marks("layers")
    assert not inventory.module_marks("weight")
    assert not inventory.module_marks("_training")


class Scanned(linen.Module):
    lr_mult: ClassVar[float] = 0.5

    @linen.compact
    def __call__(self, x: Any, _: Any) -> tuple[Any, None]:
        return linen.Dense(2, name="inner")(x), None


class Stack(linen.Module):
    @linen.compact
    def __call__(self, x: Any) -> Any:
        layers = linen.scan(Scanned, {"params": 0}, split_rngs={"params": True}, length=3)
        return linen.Dense(2, name="head")(layers(name="layers")(x, None)[0])


def test_each_layer_of_a_stack_has_the_marks_of_its_module() -> None:
    inventory = paramrules.inventory(Stack(), inputs=jax.ShapeDtypeStruct((1, 2), "float32"))
    assignment = paramrules.assign(parse(RULES), inventory)
    assert [len(assignment.names(label)) for label in ("slow", "rest")] == [6, 2]
    assert inventory.module_marks("lr_mult") == {"layers": 0.5}
    assert inventory.not_marks("setup").keys() >= {"layers"}


def test_linen_in_nnx_and_nnx_in_linen() -> None:
    bridged = nnx.bridge.ToNNX(LinenNet(), rngs=nnx.Rngs(0)).lazy_init(jnp.ones((1, 2)))
    assert paramrules.inventory(bridged).module_marks("lr_mult") == {"a": 0.5}
    inside = nnx.bridge.to_linen(Marked)
    inventory = paramrules.inventory(inside, inputs=jax.ShapeDtypeStruct((1, 2), "float32"))
    assert inventory.module_marks("lr_mult") == {"": 2}


class Marked(nnx.Module):
    def __init__(self, rngs: nnx.Rngs) -> None:
        self.a = nnx.Linear(2, 2, rngs=rngs)
        self.lr_mult = 2

    def __call__(self, x: Any) -> Any:
        return self.a(x)


@pytest.mark.parametrize(
    ("make", "help"),
    [
        (
            lambda: Inventory.from_json(paramrules.inventory(torch_model()).to_json()),
            "a saved inventory holds no attributes of modules: pass the model, or match names or types",
        ),
        (
            lambda: {"a": jnp.ones(2)},
            "a tree of arrays does not know its modules: pass the model as well, as in `labels(params, "
            "rules, model=model)`, or match names",
        ),
    ],
)
def test_models_that_do_not_show_it(make: Callable[[], Any], help: str) -> None:
    with pytest.raises(paramrules.RulesError) as caught:
        paramrules.assign(parse(RULES), make())
    assert [(d.code, d.message, d.help) for d in caught.value.diagnostics] == [
        ("E215", "`module_attr` is not known for this model", help)
    ]


def test_haiku_does_not_show_it() -> None:
    import haiku as hk

    model = hk.transform(lambda x: hk.Linear(2)(x))
    with pytest.raises(paramrules.RulesError, match="haiku's modules live only while the function runs"):
        paramrules.assign(parse(RULES), paramrules.inventory(model, inputs=jnp.ones((1, 2))))


def test_a_saved_inventory_does_not_change() -> None:
    text = paramrules.inventory(torch_model()).to_json()
    assert '"module_attr"' not in text
    assert Inventory.from_json(text).to_json() == text


def found(rule: str, model: Any) -> str:
    return next(d.help for d in paramrules.assign(parse(f"a: {rule}\nb: else\n"), model).findings)


def test_helps_where_a_rule_finds_nothing() -> None:
    model = torch_model()
    model["b"].weight.lr_scale = 2
    model["b"].wide = np.float32(2)
    assert found("attr(lr_mult) == 0.5", model) == (
        "`lr_mult` is set on the module `a`: write `module_attr(lr_mult)`"
    )
    assert found("module_attr(lr_scale.x)", model) == (
        "`lr_scale` is set on parameters: write `attr(lr_scale.x)`"
    )
    for function in ("attr", "module_attr"):
        assert found(f"{function}(depth)", model) == (
            "`depth` of the module `a` is a method, which a rule cannot read: set a number, a string or a "
            "boolean on the module, and read it by `module_attr`"
        )
    assert found("module_attr(wide)", model).startswith("`wide` of the module `b` is a numpy.float32, which")
    assert found("attr(requires_grad) or attr(x)", model) == (
        "`requires_grad` is a fact about every parameter: write `trainable`"
    )
    assert found("ndim == 1 or attr(lr_mult)", model).endswith("write `module_attr(lr_mult)`")
    assert found("module_attr(nothing)", model) == "if that is intended, write `a?:`"


def test_explain_says_where_it_stands() -> None:
    model = torch_model()
    model.kind, model.rank, model["b"].plan = "vit", 4, {"lr": 2}
    text = (
        "slow: module_attr(lr_mult) -> lr_scale = 0.5\n"
        "two: module_attr(kind) == 'vit' and module_attr(plan.lr) < 2\n"
        "far: module_attr(plan.lr) > module_attr(x)\n"
        "mix: module_attr(plan.lr) in (1, module_attr(rank))\n"
        "rest: module_attr(plan.lr) * 2 > 3 or module_attr(kind) == 'x'\n"
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of rules that take nothing
        assignment = paramrules.assign(parse(text), model)
    assert str(assignment.explain("a.weight")).splitlines()[1:] == [
        "  `slow`: `module_attr(lr_mult)` at <rules>:1: module_attr(lr_mult) is 0.5, of the module `a`"
    ]
    assert str(assignment.explain("b.weight")).splitlines()[1:] == [
        "  `rest`: `module_attr(plan.lr) * 2 > 3` at <rules>:5: module_attr(plan.lr) * 2 is 4, "
        "of the module `b`",
        "    failed above: `module_attr(lr_mult)` at <rules>:1: module_attr(lr_mult) is not set",
        "    failed above: `module_attr(plan.lr) < 2` at <rules>:2: module_attr(plan.lr) is 2, "
        "of the module `b`",
        "    failed above: `module_attr(plan.lr) > module_attr(x)` at <rules>:3: module_attr(plan.lr) is 2, "
        "module_attr(x) is not set, of the module `b`",
        "    failed above: `module_attr(plan.lr) in (1, module_attr(rank))` at <rules>:4: "
        "module_attr(plan.lr) is 2, module_attr(rank) is 4, `plan` of the module `b`, "
        "`rank` of the model itself",
    ]


def test_numbers_that_are_not_finite_and_paths_into_objects() -> None:
    model = torch_model()
    model["b"].rate, model.plan = float("nan"), {"hook": object()}
    for rule, message, help in (
        (
            "module_attr(rate) > 1",
            "`module_attr(rate)` of the module `b` is `nan`, not a finite number",
            "set it to a finite number on the module `b`, or to `None`",
        ),
        (
            "module_attr(plan.hook.width)",
            "`module_attr(plan.hook)` of the model itself is a builtins.object, into which a rule cannot "
            "look",
            "a dot reads into a mapping. Set what an attribute or a method of the object says on the module "
            "itself, as in `module.width = ...`, and write `module_attr(width)`",
        ),
    ):
        with pytest.raises(paramrules.RulesError) as caught:
            found(rule, model)
        (finding,) = caught.value.diagnostics
        assert (finding.code, finding.message, finding.help) == ("E514", message, help)
