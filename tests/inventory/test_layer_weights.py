"""The weight beside a bias: by its name, or because it is the only one."""

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
