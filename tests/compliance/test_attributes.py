"""Attributes: the same answer in every framework, live and saved, also for what a rule cannot read."""

from collections.abc import Callable, Iterator
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
import torch
from flax import nnx
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import paramrules
from paramrules import RulesError
from paramrules.inventories import Inventory, Unreadable
from paramrules.inventories.attributes import MARK, marked, readable


class Hooked:
    """An object that somebody sets on a parameter."""


def torch_model(**attributes: Any) -> object:
    model = torch.nn.Linear(2, 2)
    vars(model.bias).update(attributes)
    return model


def nnx_model(**attributes: Any) -> object:
    class Model(nnx.Module):
        def __init__(self) -> None:
            self.bias = nnx.Param(jnp.ones(2), **attributes)
            self.kernel = nnx.Param(jnp.ones((2, 2)))

    return Model()


SETTING = "a: name ~ bias -> lr_scale = attr(lr_mult)\nb: else\n"
MODELS = pytest.mark.parametrize("make", [torch_model, nnx_model])


def inventories(model: object) -> Iterator[Inventory]:
    """The inventory of a model, live, saved and saved again."""
    live = paramrules.inventory(model)
    saved = Inventory.from_json(live.to_json())
    assert saved.to_json() == live.to_json()
    yield from (live, saved)


def refusal(rules: str, inventory: Inventory) -> str:
    with pytest.raises(RulesError) as raised:
        paramrules.assign(paramrules.parse(rules, "a.rules"), inventory)
    return str(raised.value)


@MODELS
@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf"), np.float64("nan")])
def test_a_number_that_is_not_finite_is_an_error_where_a_rule_reads_it(
    make: Callable[..., object], value: float
) -> None:
    for inventory in inventories(make(lr_mult=value)):
        for rule in ("a: attr(lr_mult)", "a: attr(lr_mult) == 2", "a: attr(lr_mult) != 2"):
            assert refusal(f"{rule}\nb: else\n", inventory) == (
                f"\nerror[E514]: `attr(lr_mult)` of `bias` is `{float(value)}`, not a finite number\n"
                f"  --> a.rules:1:4\n   |\n 1 | {rule}\n   |    ^^^^^^^^^^^^^\n"
                "   = help: set it to a finite number on `bias`, or to `None`"
            )
        assert "`attr(lr_mult)` of `bias` is" in refusal(SETTING, inventory)
        rules = "a: name ~ bias\nb?: attr(lr_mult)\nc: else\n"  # the first rule takes it
        assert len(paramrules.assign(paramrules.parse(rules), inventory).groups) == 2


@MODELS
def test_one_inside_a_mapping_is_an_error_where_it_is_read_itself(make: Callable[..., object]) -> None:
    for inventory in inventories(make(_optim={"lr": 0.5, "eps": float("nan"), "betas": [0.9, float("inf")]})):
        groups = paramrules.assign(paramrules.parse("a: attr(_optim.lr) == 0.5\nb: else\n"), inventory).groups
        assert [group.settings for group in groups] == [{}, {}]
        assert "`attr(_optim.eps)` of `bias` is `nan`" in refusal("a: attr(_optim.eps)\n", inventory)
        assert "`attr(_optim.betas)` of `bias` is `inf`" in refusal("a: attr(_optim.betas)\n", inventory)
        assert inventory["bias"].attributes == {"_optim": {"lr": 0.5}}


@MODELS
def test_an_object_is_set_and_cannot_be_read(make: Callable[..., object]) -> None:
    what = f"a {__name__}.Hooked"
    for inventory in inventories(make(hook=Hooked())):
        assignment = paramrules.assign(paramrules.parse("a: attr(hook)\nb: else\n"), inventory)
        assert [inventory.names[n] for n in assignment.groups[0].parameters] == ["bias"]
        assert list(inventory.attribute("hook"))[inventory.index("bias")] == Unreadable(what)
        assert inventory["bias"].attributes == {}
        assert refusal("a: attr(hook) == 2\nb: else\n", inventory) == (
            f"\nerror[E514]: `attr(hook)` of `bias` is {what}, which a rule cannot read\n"
            "  --> a.rules:1:4\n   |\n 1 | a: attr(hook) == 2\n   |    ^^^^^^^^^^\n"
            "   = help: `attr(hook)` alone asks whether it is set; "
            "values are numbers, strings, booleans and tuples"
        )
        (note,) = [axis.clause.note for axis in assignment.explain("bias").axes if axis.clause]
        assert note == f"attr(hook) is {what}"


@pytest.mark.parametrize("rule", ["a: attr(hook.width)", "a: else -> lr_scale = attr(hook.width.x)"])
@pytest.mark.parametrize("make", [torch_model, nnx_model])
def test_a_dot_does_not_look_into_an_object(make: Callable[..., object], rule: str) -> None:
    inventory = paramrules.inventory(make(hook=Hooked()))
    for one in (inventory, Inventory.from_json(inventory.to_json())):
        with pytest.raises(RulesError) as caught:
            paramrules.assign(paramrules.parse(f'only: leaf != "bias"\n{rule}\n'), one)
        first, *_, help = str(caught.value).strip().splitlines()
        assert first == (
            f"error[E514]: `attr(hook)` of `bias` is a {__name__}.Hooked, into which a rule cannot look"
        )
        leaf = rule.rstrip(")").rpartition(".")[2]
        assert help == (
            "   = help: a dot reads into a mapping. Set what an attribute or a method of the object says on "
            f"the parameter itself, as in `parameter.{leaf} = ...`, and write `attr({leaf})`"
        )


def mlx_model() -> Any:
    from mlx import nn

    return nn.Linear(2, 2)


@pytest.mark.parametrize("make", [torch_model, nnx_model, mlx_model])
def test_a_mark_on_a_module_is_not_one_on_its_parameters(make: Callable[[], Any]) -> None:
    model = make()
    model.lr_mult = 0.1
    rules = paramrules.parse("slow: attr(lr_mult) -> lr_scale = attr(lr_mult)\nrest: else\n")
    (finding,) = paramrules.assign(rules, paramrules.inventory(model)).findings
    assert (finding.code, finding.help) == (
        "W201",
        "`lr_mult` is set on the model itself: write `module_attr(lr_mult)`",
    )


def test_marks_on_several_modules_of_torch() -> None:
    model = torch.nn.Sequential(torch.nn.Linear(2, 2), torch.nn.Linear(2, 2), torch.nn.Linear(2, 2))
    model[0].lr_mult, model[2].lr_mult = 0.1, 0.1
    rules = paramrules.parse("slow: ndim == 1 and attr(lr_mult) > 0\nrest: else\n")
    (finding,) = paramrules.assign(rules, model).findings
    assert finding.help == "`lr_mult` is set on the module `0` and 1 more: write `module_attr(lr_mult)`"
    plain = paramrules.parse("slow: attr(in_features) > 9 or attr(missing)\nrest: else\n")
    assert next(f.help for f in paramrules.assign(plain, model).findings).startswith(
        "`in_features` is set on"
    )


def test_numbers_of_numpy_and_lists_are_alike_in_a_saved_inventory() -> None:
    for inventory in inventories(torch_model(rate=np.float64(0.5), betas=[0.9, 0.95])):
        assert (
            len(paramrules.assign(paramrules.parse("a: attr(rate) == 0.5\nb: else\n"), inventory).groups) == 2
        )
        assert inventory["bias"].attributes == {"rate": 0.5, "betas": (0.9, 0.95)}


@pytest.mark.parametrize(
    ("value", "what"),
    [
        (2**63 + 1, "an integer of more than 64 bits"),
        ({1: 2}, "a builtins.dict"),
        (np.float32(1), "a numpy.float32"),
        ((1, [float("nan")]), "nan"),
        ({MARK: "inf"}, "inf"),
    ],
)
def test_what_is_unreadable(value: object, what: str) -> None:
    assert readable(value) == Unreadable(what)
    assert repr(readable(value)) == what


def test_a_mapping_that_holds_itself_ends() -> None:
    value: dict[str, object] = {}
    value["own"] = value
    assert "nested too deeply" in repr(readable(value))


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.builds(Hooked),
    lambda inner: st.lists(inner) | st.tuples(inner) | st.dictionaries(st.text() | st.integers(), inner),
    max_leaves=10,
)


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(VALUES)
def test_every_value_is_read_back_as_it_was_seen(value: object) -> None:
    seen = readable(value)
    assert readable(marked(seen)) == seen


class Named(torch.nn.Linear):
    """A module whose method gives what a test wants."""

    given: Any = None

    def no_weight_decay(self) -> Any:
        return self.given()


class NamedEquinox(eqx.nn.Linear):
    def no_weight_decay(self) -> Any:
        return Named.given()


class NamedNnx(nnx.Linear):
    def no_weight_decay(self) -> Any:
        return Named.given()


NAMED: dict[str, Callable[[], Any]] = {
    "Named": lambda: torch.nn.Sequential(Named(2, 2)),
    "NamedEquinox": lambda: eqx.nn.Sequential([NamedEquinox(2, 2, key=jax.random.key(0))]),
    "NamedNnx": lambda: nnx.Sequential(NamedNnx(2, 2, rngs=nnx.Rngs(0))),
}


@pytest.mark.parametrize("cls", NAMED)
@pytest.mark.parametrize(
    ("given", "shown"), [("bias", "'bias'"), (None, "None"), ([1], "[1]"), (b"bias", "b'bias'")]
)
def test_a_method_that_returns_no_names(
    cls: str, given: object, shown: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Named, "given", staticmethod(lambda: given))
    inventory = paramrules.inventory(NAMED[cls]())
    with pytest.raises(RulesError) as raised:
        inventory.attribute("no_weight_decay")
    module = inventory.names[0].rpartition(".")[0]
    assert str(raised.value) == (
        f"\nerror[E523]: `no_weight_decay()` of the `{cls}` at `{module}` returns {shown}, "
        "not a collection of names\n  = help: return a set of names, such as `{'pos_embed'}`, or `set()`"
    )


@pytest.mark.parametrize("cls", NAMED)
def test_a_method_that_raises(cls: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Named, "given", staticmethod(lambda: 1 // 0))
    inventory = paramrules.inventory(NAMED[cls]())
    module = inventory.names[0].rpartition(".")[0]
    with pytest.raises(RulesError) as raised:
        inventory.to_json()
    assert str(raised.value) == (
        f"\nerror[E516]: `no_weight_decay()` of the `{cls}` at `{module}` raises "
        "ZeroDivisionError: integer division or modulo by zero\n"
        "  = help: it is called without arguments and returns a set of names, such as `{'pos_embed'}`"
    )


@pytest.mark.parametrize("cls", NAMED)
def test_a_method_that_returns_names(cls: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Named, "given", staticmethod(lambda: iter(["bias"])))
    inventory = paramrules.inventory(NAMED[cls]())
    found = [
        name
        for name, value in zip(inventory.names, inventory.attribute("no_weight_decay"), strict=True)
        if value
    ]
    assert [name.rpartition(".")[2] for name in found] == ["bias"]
