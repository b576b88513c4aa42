"""A rule file from masks, labels and settings of JAX's trees, and from functions that make them."""

from collections.abc import Callable
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from flax import linen as nn
from flax import nnx
from paramrules_optax import decay_mask, infer, labels

import paramrules
from paramrules import RulesError
from paramrules.diagnostics import a, class_name, render


class Net(nn.Module):
    width: int = 4

    @nn.compact
    def __call__(self, x: Any) -> Any:
        x = nn.LayerNorm(name="norm")(nn.Dense(self.width, name="fc")(x))
        return nn.Dense(3, name="head")(x)


class Nnx(nnx.Module):
    def __init__(self, rngs: nnx.Rngs) -> None:
        self.norm = nnx.BatchNorm(4, rngs=rngs)
        self.head = nnx.Linear(4, 2, rngs=rngs)


X = jnp.ones((1, 4))
VARIABLES = Net().init(jax.random.key(0), X)
PARAMS = VARIABLES["params"]


def matrices(params: Any) -> Any:
    """The mask that everybody writes."""
    return jax.tree.map(lambda array: array.ndim > 1, params)


def inventory(width: int = 4) -> paramrules.Inventory:
    return paramrules.inventory(Net(width), inputs=jax.ShapeDtypeStruct((1, 4), "float32"))


def refusal(params: object, groups: object, **how: Any) -> tuple[str, str]:
    with pytest.raises(RulesError) as caught:
        infer(params, groups, **how)
    return caught.value.diagnostics[0].code, caught.value.diagnostics[0].message


@pytest.mark.parametrize(
    ("params", "groups", "model"),
    [
        (PARAMS, matrices, None),
        (PARAMS, matrices(PARAMS), None),
        (VARIABLES, matrices(VARIABLES), None),
        (PARAMS, jax.tree.map(np.bool_, matrices(PARAMS)), None),
        (PARAMS, jax.tree.map(jnp.array, matrices(PARAMS)), None),
        (PARAMS, matrices, "inventory"),
        (PARAMS, matrices(PARAMS), "inventory"),
        (
            PARAMS,
            {"fc": {"bias": False, "kernel": True}, "head": matrices(PARAMS["head"]), "norm": False},
            None,
        ),
    ],
)
def test_a_mask_of_linen(params: Any, groups: Any, model: str | None) -> None:
    inferred = infer(params, groups, model=model and inventory())
    assert decay_mask(params, inferred.rules, model=model and inventory()) == matrices(params)


def test_an_inventory_stands_for_its_parameters() -> None:
    got: list[Any] = []

    def mask(params: Any) -> Any:
        got.append(params)
        return matrices(params)

    inferred = infer(inventory(), mask, also=[inventory(8)], checks=[inventory(16)])
    assert decay_mask(PARAMS, inferred.rules, model=inventory()) == matrices(PARAMS)
    assert [(check.model, check.names) for check in inferred.checks] == [("model 3", ())]
    assert jax.tree.map(lambda array: array.shape, got[0]) == jax.tree.map(lambda array: array.shape, PARAMS)


def test_a_function_gets_the_parameters_that_are_passed() -> None:
    got: list[Any] = []

    def mask(params: Any) -> Any:
        got.append(params)
        return matrices(params)

    infer(PARAMS, mask, model=inventory(), checks=[inventory(8)])
    assert got[0] is PARAMS
    assert got[1]["fc"]["kernel"].shape == (4, 8)


def nnx_net() -> Nnx:
    return Nnx(nnx.Rngs(0))


@pytest.mark.parametrize(
    "groups",
    [
        matrices,
        matrices(nnx.state(nnx_net(), nnx.Param)),
        {"norm": False, "head": {"kernel": True, "bias": False}},
    ],
)
def test_a_mask_of_nnx(groups: Any) -> None:
    model = nnx_net()
    assert decay_mask(model, infer(model, groups).rules) == matrices(nnx.state(model, nnx.Param))


def test_a_mask_that_is_an_nnx_module() -> None:
    model = nnx_net()
    made = jax.tree.map(lambda leaf: leaf.ndim > 1, model)
    assert infer(model, made).text == infer(model, matrices).text


def eqx_net() -> eqx.nn.MLP:
    return eqx.nn.MLP(3, 3, 4, 2, key=jax.random.key(0))


@pytest.mark.parametrize(
    "groups",
    [
        matrices,
        matrices(eqx.filter(eqx_net(), eqx.is_inexact_array)),
        jax.tree.map(lambda leaf: eqx.is_array(leaf) and leaf.ndim > 1, eqx_net()),
    ],
)
def test_a_mask_of_equinox(groups: Any) -> None:
    model = eqx_net()
    trained = eqx.filter(model, eqx.is_inexact_array)
    mask = decay_mask(model, infer(model, groups).rules)
    assert jax.tree.leaves(mask) == jax.tree.leaves(matrices(trained))


LABELS = {
    "fc": {"kernel": "muon", "bias": "adam"},
    "norm": {"scale": "adam", "bias": "adam"},
    "head": {"kernel": "adam", "bias": "adam"},
}


def test_labels_name_optimizers() -> None:
    inferred = infer(PARAMS, LABELS)
    assert labels(PARAMS, inferred.rules) == LABELS
    assert 'optimizer = "muon"' in inferred.text
    assert labels(PARAMS, infer(PARAMS, {"fc": "muon", "norm": "adam", "head": "adam"}).rules)["fc"] == {
        "kernel": "muon",
        "bias": "muon",
    }


def test_labels_with_settings() -> None:
    given = {"muon": {"lr": 0.02, "weight_decay": 0.1}, "adam": {"freeze": True}}
    inferred = infer(PARAMS, LABELS, settings=given)
    assert inferred.base == {"lr": 0.02, "weight_decay": 0.1}
    assignment = paramrules.assign(inferred.rules, paramrules.inventory(PARAMS))
    frozen = [assignment.inventory.names[n] for n in assignment.groups[0].parameters]
    assert dict(assignment.groups[0].settings) == {"freeze": True}
    assert "fc.kernel" not in frozen
    assert len(frozen) == 5


def test_settings_by_name() -> None:
    flags = {"fc": {"weight_decay": 0.1}, "head": {"freeze": True}, "norm": {"optimizer": "adam"}}
    by_name = {f"{module}.{leaf}": settings for module, settings in flags.items() for leaf in PARAMS[module]}
    assert by_name["fc.kernel"] == {"weight_decay": 0.1}
    inferred = infer(PARAMS, by_name)
    assignment = paramrules.assign(inferred.rules, paramrules.inventory(PARAMS))
    for group in assignment.groups:
        (module,) = {assignment.inventory.names[number].split(".")[0] for number in group.parameters}
        assert flags[module].items() <= {**inferred.base, **group.settings}.items()
    only_flags = {name: {"freeze": True} if "fc" in name else {"optimizer": "adam"} for name in by_name}
    assert "freeze = true" in infer(PARAMS, only_flags).text


def test_the_layers_of_an_array_have_its_value() -> None:
    tree = {"layers": {"w": jnp.ones((3, 4, 4)), "b": jnp.ones((3, 4))}}
    inferred = infer(paramrules.inventory(tree, stacked={"layers": 1}), {"layers": {"w": True, "b": False}})
    assignment = paramrules.assign(inferred.rules, paramrules.inventory(tree, stacked={"layers": 1}))
    assert [
        [assignment.inventory.names[number] for number in group.parameters] for group in assignment.groups
    ] == [[f"layers.{i}.b" for i in range(3)], [f"layers.{i}.w" for i in range(3)]]


def test_a_list_of_arrays() -> None:
    arrays = [jnp.ones((2, 2)), jnp.ones(2)]
    assert decay_mask(arrays, infer(arrays, [True, False]).rules) == [True, False]


def test_what_does_not_fit() -> None:
    assert refusal(PARAMS, {**matrices(PARAMS), "hed": False}) == (
        "E956",
        "the model has no parameter `hed`",
    )
    assert refusal(VARIABLES, {"params": {**LABELS, "fc": {"kernl": "muon", "bias": "adam"}}}) == (
        "E956",
        "the model has no parameter `fc.kernl`",
    )
    assert refusal(PARAMS, {"fc": True})[0] == "E953"
    assert refusal(PARAMS, optax.adam(1e-3)) == (
        "E955",
        "an `optax._src.base.GradientTransformationExtraArgs` does not show its groups",
    )
    assert refusal(PARAMS, True) == ("E955", "a `bool` holds no groups of parameters")
    assert refusal(nnx_net(), nnx_net())[0] == "E955"


def test_a_mask_of_what_is_no_boolean() -> None:
    for value in (1, jnp.ones(()), jnp.array([True]), jax.ShapeDtypeStruct((), bool)):
        what = f"{a(class_name(type(value)))}, which is neither settings, a label nor a boolean"
        refused = refusal(PARAMS, jax.tree.map(lambda _, value=value: value, PARAMS))
        assert refused == ("E955", f"`fc.bias` has {what}")


def test_settings_of_a_misspelt_label() -> None:
    with pytest.raises(RulesError) as caught:
        infer(PARAMS, LABELS, settings={"muonn": {"lr": 0.02}, "adam": {}})
    assert render(caught.value.diagnostics[0]) == (
        "error[E955]: there are no settings for the label `muon`\n  = help: did you mean `muonn`?"
    )
    for others in ({}, {"sgd": {"lr": 1.0}}):  # of no optimizer, or of a label that another size has
        assert 'optimizer = "muon"' in infer(PARAMS, LABELS, settings={"adam": {}, **others}).text


@pytest.mark.parametrize("rate", [float("nan"), float("inf"), np.float32("nan"), jnp.float32("inf")])
def test_rates_that_are_not_finite(rate: Any) -> None:
    def by_name(params: Any) -> dict[str, Any]:
        return {f"{module}.{leaf}": {"lr": rate} for module in params for leaf in params[module]}

    def refused(place: str) -> tuple[str, str]:
        return "E957", f"no rule can hold the setting `lr` of {place}: it is {rate}"

    assert refusal(PARAMS, by_name) == refused("the entry `fc.bias`")
    assert refusal(PARAMS, by_name(PARAMS)) == refused("the entry `fc.kernel`")
    frozen = jax.tree.map(lambda _: "all", PARAMS)
    assert refusal(PARAMS, frozen, settings={"all": {"lr": rate}})[0] == "E957"


def test_a_saved_inventory_has_no_tree() -> None:
    saved = paramrules.Inventory.from_json(inventory().to_json())
    assert refusal(saved, matrices) == (
        "E951",
        "a function makes groups of a model, and this is an inventory",
    )
    assert infer(saved, matrices(PARAMS)).text == infer(inventory(), matrices(PARAMS)).text


def test_exceptions_of_a_function_come_as_they_are() -> None:
    def broken(params: Any) -> Any:
        raise KeyError("fc")

    mask: Callable[[Any], Any] = broken
    with pytest.raises(KeyError, match="'fc'"):
        infer(PARAMS, mask)
