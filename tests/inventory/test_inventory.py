"""The inventory itself, from rows, without a framework."""

import pickle
from typing import Any

import pytest
from support import inventory_of

from paramrules.inventories import ABSENT, UNKNOWN_OWNER, Class, Columns, Inventory, Owner

NORM = "torch.nn.modules.normalization.LayerNorm"
TIED = inventory_of(
    [
        {"name": "wte.weight", "shape": (10, 1, 4), "also": ["lm_head.weight"], "role": "embedding"},
        {
            "name": "norm.weight",
            "shape": (4,),
            "owner": NORM,
            "around": ["app.Net"],
            "attributes": {"kind": "x"},
        },
    ]
)


def test_counts_parameters_not_names() -> None:
    assert len(TIED) == 2
    assert repr(TIED) == "<Inventory of 2 parameters, torch>"
    assert [p.name for p in TIED] == ["wte.weight", "norm.weight"]


def test_finds_a_parameter_by_any_of_its_names() -> None:
    assert TIED.index("lm_head.weight") == TIED.index("wte.weight") == 0
    assert TIED.entries(0) == (0, 2)
    assert TIED["lm_head.weight"].name == "lm_head.weight"
    assert TIED["lm_head.weight"].names == ("wte.weight", "lm_head.weight")
    assert TIED["lm_head.weight"].tied
    assert not TIED["norm.weight"].tied


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("nobody", "the model has no parameter `nobody`"),
        ("nrm.weight", "the model has no parameter `nrm.weight`: did you mean `norm.weight`?"),
        (0, "parameters go by their names, not by 0; `inventory.parameter(number)` returns a row"),
    ],
)
def test_an_unknown_name_is_a_key_error_with_one_that_is_near(name: Any, message: str) -> None:
    for look_up in (TIED.index, TIED.__getitem__):
        with pytest.raises(KeyError) as raised:
            look_up(name)
        assert str(raised.value) == message
        assert raised.value.args == (name,)
        assert str(pickle.loads(pickle.dumps(raised.value))).startswith(message.partition(": ")[0])


def test_a_row_has_every_fact() -> None:
    row = TIED["norm.weight"]
    assert (row.leaf, row.module, row.shape, row.dtype) == ("weight", "norm", (4,), "float32")
    assert (row.role, row.fan_in, row.attributes) == ("weight", None, {"kind": "x"})
    assert row.owner.cls.short == "LayerNorm"
    assert repr(row.owner) == "Owner(Net > LayerNorm)"
    assert (inventory_of(["w"])["w"].module, inventory_of(["w"])["w"].leaf) == ("", "w")


def test_an_owner_that_nobody_knows() -> None:
    assert not UNKNOWN_OWNER.known
    assert repr(UNKNOWN_OWNER) == "Owner(unknown)"
    assert Owner((Class("a.B"),)).known


def test_what_is_unknown_is_none_in_a_row() -> None:
    why = dict.fromkeys(("variable", "role", "fan_in", "fan_out", "attr"), "nobody told")
    row = inventory_of(["w"], unknown=why)["w"]
    assert (row.variable, row.role, row.fan_in, row.fan_out, row.attributes) == (None, None, None, None, {})


def test_numbers_follow_from_shapes() -> None:
    assert TIED.column("ndim") == [3, 1]
    assert TIED.column("size") == [40, 4]
    assert TIED.column("squeezed_ndim") == [2, 1]
    assert TIED.column("shape") is TIED.column("shape")


def test_an_attribute_that_is_not_there() -> None:
    assert TIED.attribute("kind") == [ABSENT, "x", ABSENT]
    assert TIED.attribute("kind") is TIED.attribute("kind")
    assert not ABSENT
    assert repr(ABSENT) == "ABSENT"


@pytest.mark.parametrize("fact", ["stored", "dtype", "trainable", "variable", "shape", "fan_in"])
def test_columns_leave_the_primitives_to_the_backend(fact: str) -> None:
    with pytest.raises(NotImplementedError):
        Inventory("torch", ["w"], [UNKNOWN_OWNER], Columns()).column(fact)


def test_the_function_keeps_its_name_whatever_is_imported() -> None:
    import paramrules.inventories.saved

    assert paramrules.inventory(TIED) is TIED
