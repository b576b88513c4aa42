"""The weight beside a bias: by its name, or because it is the only one."""

import pytest

import paramrules
from paramrules.inventories.layer_weights import layer_weights


def found(**fans: int | None) -> dict[str, str | None]:
    names = [name.replace("__", ".") for name in fans]
    weights = layer_weights(names, list(fans.values()))
    return {name: None if at is None else names[at] for name, at in zip(names, weights, strict=True)}


def test_a_weight_is_its_own() -> None:
    assert found(a__weight=8, b__weight=4) == {"a.weight": "a.weight", "b.weight": "b.weight"}


def test_a_bias_has_the_weight_named_alike() -> None:
    assert found(x__in_proj_weight=8, x__out_weight=4, x__in_proj_bias=None)["x.in_proj_bias"] == (
        "x.in_proj_weight"
    )
    assert found(x__kernel=8, x__other=4, x__bias=None)["x.bias"] == "x.kernel"
    assert found(x__w=8, x__v=4, x__b=None)["x.b"] == "x.w"


def test_else_the_only_one_in_its_module() -> None:
    assert found(x__table=8, x__bias=None, x__scale=None) == dict.fromkeys(
        ("x.table", "x.bias", "x.scale"), "x.table"
    )
    assert found(x__q=8, x__k=8, x__bias=None)["x.bias"] is None
    assert found(norm__weight=None, norm__bias=None) == {"norm.weight": None, "norm.bias": None}
    assert found(x__y__weight=8, x__bias=None)["x.bias"] is None


@pytest.mark.frameworks
def test_of_a_saved_stack_as_of_the_model() -> None:
    import numpy as np
    import torch
    from flax import nnx

    params = {"layers": {"conv": {"kernel": np.ones((3, 5, 4, 8)), "bias": np.ones((3, 8))}}}
    types = {"layers.conv": nnx.Conv}
    live = paramrules.inventory(params, stacked={"layers": 1}, types=types)
    saved = paramrules.Inventory.from_json(live.to_json())
    for fact in ("layer_shape", "layer_kernel", "layer_fan_in"):
        assert list(saved.column(fact)) == list(live.column(fact))
    assert set(saved.column("layer_kernel")) == {5}
    whole = paramrules.inventory(torch.nn.Conv2d(4, 4, 3, groups=4))
    again = paramrules.Inventory.from_json(whole.to_json())
    assert list(again.column("layer_kernel")) == list(whole.column("layer_kernel")) == [9, 9]
