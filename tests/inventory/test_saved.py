"""Saved inventories: what is written is read back, and a bad file ends in a diagnostic."""

import json
import os
import re
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support import calls, examples, inventory_of

import paramrules
from paramrules import RulesError
from paramrules.inventories import ABSENT, UNKNOWN_OWNER, Inventory, Layer
from paramrules.inventories.saved import NO_MARKS

ROLES = "`weight`, `bias`, `scale`, `embedding`, `other`"
LINEAR = ["torch.nn.modules.linear.Linear", "torch.nn.modules.module.Module"]
NET = inventory_of(
    [
        {
            "name": "wte.weight",
            "owner": ["torch.nn.modules.sparse.Embedding", "torch.nn.modules.module.Module"],
            "around": ["app.Net"],
            "shape": (10, 4),
            "role": "embedding",
            "fan_in": 10,
            "fan_out": 4,
            "attributes": {"lr_mult": 2.5, "_optim": {"lr": 1e-3, "betas": [0.9, None]}},
            "also": [{"name": "head.weight", "owner": LINEAR, "role": "weight", "fan_in": 4, "fan_out": 10}],
        },
        {"name": "head.bias", "owner": LINEAR, "around": ["app.Net"], "shape": (10,), "trainable": False},
    ]
)

TEXT = """{
"paramrules_inventory": 2,
"framework": "torch",
"unknown": {},
"classes": [
["app.Net", []],
["torch.nn.modules.linear.Linear", ["torch.nn.modules.module.Module"]],
["torch.nn.parameter.Parameter", []]
],
"owners": [
[0, 1]
],
"parameters": [
{"name": "head.bias", "owner": 0, "shape": [10], "dtype": "float32", "trainable": false, "variable": 2, \
"role": "bias"}
]
}
"""


def facts(inventory: Inventory) -> list[Any]:
    """Every fact of every entry; owners, which compare by identity, by their classes."""
    rows = map(inventory.parameter, range(len(inventory.names)))
    return [(row.owner.around, replace(row, owner=UNKNOWN_OWNER)) for row in rows]


def test_the_file_can_be_compared_line_by_line() -> None:
    rows = [{"name": "head.bias", "owner": LINEAR, "around": ["app.Net"], "shape": (10,), "trainable": False}]
    assert inventory_of([rows[0] | {"role": "bias"}]).to_json() == TEXT


def test_what_is_written_is_read_back() -> None:
    read = Inventory.from_json(NET.to_json())
    assert facts(read) == facts(NET)
    assert read.framework == "torch"
    assert read.to_json() == NET.to_json()
    assert read.attribute("lr_mult") == [2.5, ABSENT, 2.5]
    assert read.column("ndim") == [2, 1]


@pytest.mark.parametrize("fact", ["shape", "elements", "stored", "layer", "dtype", "trainable", "variable"])
@pytest.mark.parametrize("version", [1, 2])
def test_what_a_parameter_has_once_is_not_read_under_its_further_names(fact: str, version: int) -> None:
    table = json.loads(NET.to_json()) | {"paramrules_inventory": version}
    table["parameters"][0]["also"][0][fact] = 32
    read = Inventory.from_json(json.dumps(table)).to_json()
    del table["parameters"][0]["also"][0][fact]
    assert read == Inventory.from_json(json.dumps(table)).to_json()


def test_a_parameter_with_an_empty_list_of_further_names_is_not_tied() -> None:
    text = TEXT.replace('"role": "bias"}', '"role": "bias", "also": []}')
    assert "also" in text
    model = Inventory.from_json(text)
    assert not model.parameter(0).tied
    rules = paramrules.parse("tied: tied\nalone: else\n")
    assert paramrules.assign(rules, model).groups[0].label == "alone"


def test_an_owner_or_a_fact_that_nobody_knows_stays_unknown() -> None:
    text = TEXT.replace('"unknown": {}', '"unknown": {"role": "hand over the types", "variable": "the same"}')
    text = text.replace('"owner": 0, ', '"owner": null, ').replace(', "variable": 2, "role": "bias"', "")
    read = Inventory.from_json(text)
    no_owner = "the file has no owner for some parameters: save the inventory of the model itself"
    assert read.unknown == {
        "type": no_owner,
        "within": no_owner,
        "role": "hand over the types",
        "variable": "the same",
        "module_attr": NO_MARKS,
    }
    assert not read["head.bias"].owner.known
    assert read["head.bias"].role is None
    assert Inventory.from_json(read.to_json()).to_json() == read.to_json()


def test_a_file_that_counts_the_elements_of_a_stack_is_still_read() -> None:
    text = TEXT.replace('"role": "bias"}', '"role": "bias", "elements": 240}')
    read = Inventory.from_json(text)
    assert (read["head.bias"].shape, read.column("size"), read.column("elements")) == ((10,), [10], [240])
    assert NET.column("elements") == NET.column("size") == [40, 10]


def test_a_layer_of_a_stack_says_where_it_is_stored() -> None:
    layer = '"role": "bias", "stored": [12, 10], "layer": {"array": "bias", "axes": [0], "at": [3]}}'
    text = TEXT.replace('"role": "bias"}', layer)
    read = Inventory.from_json(text)
    assert read["head.bias"].shape == (10,)
    assert read["head.bias"].stored == (12, 10)
    assert read["head.bias"].layer == Layer("bias", (0,), (3,))
    assert read.to_json() == text
    assert (NET["head.bias"].stored, NET["head.bias"].layer) == ((10,), None)


def test_a_parameter_of_many_names_is_written_in_steps_that_grow_with_them() -> None:
    def of(names: int) -> int:
        also = [{"name": f"n{number}"} for number in range(names)]
        inventory = inventory_of([{"name": "w", "shape": [2], "also": also}])
        return calls(inventory.to_json)

    of(1)  # what is made once a process
    assert of(400) < 5 * of(100)


def test_attributes_of_modules_are_read_where_the_file_holds_them() -> None:
    text = TEXT.replace(
        '"classes"', '"modules": {"": {"depth": 2, "kind": {"deep": null}}, "head": {"depth": 3}},\n"classes"'
    )
    inventory = Inventory.from_json(text)
    assert "module_attr" not in inventory.unknown
    assert inventory.module_attribute("depth") == [3]
    assert inventory.module_attribute("kind") == [{"deep": None}]
    assert inventory.module_attribute("width") == [ABSENT]
    assert inventory.marked_module("kind") == [""]
    assert inventory.to_json() == text
    assert Inventory.from_json(TEXT).unknown == {"module_attr": NO_MARKS}


def test_a_model_without_parameters() -> None:
    assert len(Inventory.from_json(inventory_of([]).to_json())) == 0


def test_saves_and_loads_a_file(tmp_path: Path) -> None:
    NET.save(tmp_path / "net.json")
    assert facts(Inventory.load(tmp_path / "net.json")) == facts(NET)
    assert os.listdir(tmp_path) == ["net.json"]


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)
classes = st.lists(st.sampled_from([*LINEAR, "app.Net", "a.B"]), min_size=1, max_size=3, unique=True)
rows = st.lists(
    st.fixed_dictionaries(
        {
            "name": st.text(max_size=8),
            "owner": classes,
            "around": st.lists(classes, max_size=2),
            "shape": st.lists(st.integers(0, 2**15), max_size=4).map(tuple),
            "dtype": st.sampled_from(["float32", "bfloat16"]),
            "trainable": st.booleans(),
            "variable": classes,
            "role": st.sampled_from(["weight", "bias", "scale", "embedding", "other"]),
            "fan_in": st.none() | st.integers(0, 9),
            "fan_out": st.none() | st.integers(0, 9),
            "attributes": st.dictionaries(st.text(), values, max_size=2),
        }
    ),
    max_size=6,
    unique_by=lambda row: row["name"],
)


@pytest.mark.generated
@settings(max_examples=examples(100))
@given(rows)
def test_any_inventory_survives(made: list[dict[str, Any]]) -> None:
    inventory = inventory_of(made)
    assert facts(Inventory.from_json(inventory.to_json())) == facts(inventory)


def changed(key: str, value: object) -> dict[str, Any]:
    """The file with one value of its parameter, or of the whole, changed; `...` takes it out."""
    table: dict[str, Any] = json.loads(TEXT)
    row = table["parameters"][0]
    row["also"] = [{"name": "lm.bias", "owner": 0, "role": "bias"}]
    *path, last = key.split(".")
    at: Any = {"": table, "also": row["also"][0], "parameter": row}["".join(path)]
    if value is ...:
        del at[last]
    else:
        at[last] = value
    return table


@pytest.mark.parametrize(
    ("key", "value", "why"),
    [
        ("framework", ..., "`framework` is missing"),
        ("framework", "", '`framework` is `""` and should be a text'),
        ("unknown", ["role"], '`unknown` is `["role"]` and should be an object of texts'),
        ("unknown", {"role": 1}, '`unknown` is `{"role": 1}` and should be an object of texts'),
        ("classes", {}, "`classes` is `{}` and should be a list"),
        (
            "classes",
            [["a.B"]],
            '`classes[0]` is `["a.B"]` and should be a class\'s name and the list of its bases',
        ),
        ("owners", [[0, -1]], "`owners[0]` is `[0, -1]` and should be a list of whole numbers from 0"),
        ("owners", [[0, 3]], "`owners[0]` is 3, and there are 3"),
        ("parameters", ..., "`parameters` is missing"),
        ("parameters", [1], "`parameters[0]` is `1` and should be an object"),
        ("parameter.name", ..., "`parameters[0].name` is missing"),
        ("parameter.name", None, "`parameters[0].name` is `null` and should be a text"),
        ("parameter.owner", ..., "`parameters[0].owner` is missing"),
        ("parameter.owner", 1, "`parameters[0].owner` is 1, and there are 1"),
        (
            "parameter.owner",
            True,
            "`parameters[0].owner` is `true` and should be a whole number from 0 or null",
        ),
        (
            "parameter.stored",
            [None],
            "`parameters[0].stored` is `[null]` and should be a list of whole numbers from 0",
        ),
        ("parameter.layer", [0], "`parameters[0].layer` is `[0]` and should be an object"),
        ("parameter.layer", {}, "`parameters[0].layer.array` is missing"),
        (
            "parameter.layer",
            {"array": "w", "axes": [0], "at": [0, 1]},
            "`parameters[0].layer` has 1 axes and 2 places",
        ),
        (
            "parameter.layer",
            {"array": "w", "axes": [1], "at": [0]},
            "`parameters[0].layer.axes` is 1, and there are 1",
        ),
        (
            "parameter.layer",
            {"array": "w", "axes": [0], "at": [10]},
            "`parameters[0].layer.at` is 10, and there are 10",
        ),
        (
            "parameter.shape",
            [1.5],
            "`parameters[0].shape` is `[1.5]` and should be a list of whole numbers from 0",
        ),
        (
            "parameter.shape",
            "x" * 90,
            f'`parameters[0].shape` is `"{"x" * 36}...` and should be a list of whole numbers from 0',
        ),
        (
            "parameter.layout",
            ["in", "up"],
            '`parameters[0].layout` is `["in", "up"]` and should be a list of `in`, `out`, `in2`, `*`, `_`',
        ),
        ("parameter.dtype", 4, "`parameters[0].dtype` is `4` and should be a text"),
        ("parameter.trainable", 1, "`parameters[0].trainable` is `1` and should be true or false"),
        ("parameter.variable", ..., "`parameters[0].variable` is missing"),
        ("parameter.variable", 9, "`parameters[0].variable` is 9, and there are 3"),
        ("parameter.role", ..., "`parameters[0].role` is missing"),
        (
            "parameter.role",
            "gain",
            '`parameters[0].role` is `"gain"` and should be one of ' + ROLES,
        ),
        (
            "parameter.role",
            [],
            "`parameters[0].role` is `[]` and should be one of " + ROLES,
        ),
        ("parameter.fan_in", -1, "`parameters[0].fan_in` is `-1` and should be a whole number from 0"),
        ("parameter.elements", "8", '`parameters[0].elements` is `"8"` and should be a whole number from 0'),
        ("parameter.attributes", [], "`parameters[0].attributes` is `[]` and should be an object"),
        ("modules", [], "`modules` is `[]` and should be an object of objects"),
        ("modules", {"a": 1}, '`modules` is `{"a": 1}` and should be an object of objects'),
        ("parameter.also", 1, "`parameters[0].also` is `1` and should be a list"),
        ("also.name", "head.bias", "the name `head.bias` is there twice"),
        (
            "also.owner",
            -1,
            "`parameters[0].also[0].owner` is `-1` and should be a whole number from 0 or null",
        ),
        ("also.role", ..., "`parameters[0].also[0].role` is missing"),
        ("paramrules_inventory", ..., "it has no `paramrules_inventory`, which holds the version"),
    ],
)
def test_a_field_that_is_missing_or_wrong(tmp_path: Path, key: str, value: object, why: str) -> None:
    file = tmp_path / "net.json"
    file.write_text(json.dumps(changed(key, value)))
    assert said_by_loading(file) == (
        f"\nerror[E505]: `{file}` cannot be read as an inventory: {why}\n"
        "  = help: `paramrules inventory MODEL -o FILE` saves one"
    )


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "it is not JSON at line 1, column 1"),
        (b'{\n"a": }', "it is not JSON at line 2, column 6"),
        (b"\xff\xfe", "it is not UTF-8"),
        (b"[" * 200_000, "it is nested too deeply"),
        (b"9" * 5000, "the number of 5000 characters is too large"),
        (b"[1]", "it has no `paramrules_inventory`, which holds the version"),
    ],
)
def test_a_file_that_is_none(tmp_path: Path, data: bytes, why: str) -> None:
    file = tmp_path / "net.json"
    file.write_bytes(data)
    assert said_by_loading(file) == (
        f"\nerror[E505]: `{file}` cannot be read as an inventory: {why}\n"
        "  = help: `paramrules inventory MODEL -o FILE` saves one"
    )


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    file = tmp_path / "net.json"
    assert said_by_loading(file) == (
        f"\nerror[E505]: `{file}` cannot be read as an inventory: it does not exist\n"
        "  = help: `paramrules inventory MODEL -o FILE` saves one"
    )
    for name in ("nets.json", "net.rules", "vit.json"):
        (tmp_path / name).write_text("")
    assert said_by_loading(file) == (
        f"\nerror[E505]: `{file}` cannot be read as an inventory: it does not exist\n"
        "  = help: did you mean `nets.json`?"
    )


def test_a_folder(tmp_path: Path) -> None:
    assert said_by_loading(tmp_path) == (
        f"\nerror[E505]: `{tmp_path}` cannot be read as an inventory: it is a directory\n"
        "  = help: `paramrules inventory MODEL -o FILE` saves one"
    )


@pytest.mark.parametrize(("version", "shown"), [(3, "3"), (0, "0"), (True, "true"), ("1", '"1"')])
def test_another_version(tmp_path: Path, version: object, shown: str) -> None:
    file = tmp_path / "net.json"
    file.write_text(json.dumps(changed("paramrules_inventory", version)))
    assert said_by_loading(file) == (
        f"\nerror[E506]: `{file}` has version `{shown}`, and this paramrules reads versions 1 and 2\n"
        "  = help: save it again with this paramrules, or install the one that has saved it"
    )


def said_by_loading(file: Path) -> str:
    with pytest.raises(RulesError) as raised:
        Inventory.load(file)
    return str(raised.value)


@settings(max_examples=examples(100))
@given(st.text())
def test_no_text_makes_a_traceback(text: str) -> None:
    with pytest.raises(RulesError, match=re.compile("E505|E506")):
        Inventory.from_json(text)


@settings(max_examples=examples(100))
@given(
    st.sampled_from(
        ["framework", "unknown", "classes", "owners", "parameters", "parameter.shape", "parameter.also"]
    ),
    values,
)
def test_no_value_makes_a_traceback(key: str, value: object) -> None:
    with suppress(RulesError):
        assert facts(Inventory.from_json(json.dumps(changed(key, value)))) is not None


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    file = tmp_path / "no" / "net.json"
    assert said_by_saving(file) == (
        f"\nerror[E703]: `{file}` cannot be written: no such file or directory\n"
        "  = help: name a file in a folder that exists and is writable"
    )


def test_an_old_file_stays_whole_where_a_new_one_cannot_be_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "net.json"
    file.write_text("the old one")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    assert said_by_saving(file) == (
        f"\nerror[E703]: `{file}` cannot be written: no space left on device\n"
        "  = help: free some space, or name a file on another disk"
    )
    assert file.read_text() == "the old one"
    assert os.listdir(tmp_path) == ["net.json"]


def said_by_saving(file: Path) -> str:
    with pytest.raises(RulesError) as raised:
        NET.save(file)
    return str(raised.value)


def test_saves_to_a_device() -> None:
    NET.save("/dev/null")
    assert not Path("/dev/null").is_file()


def test_a_path_that_the_system_refuses() -> None:
    with pytest.raises(RulesError, match=r"E505\]: .* cannot be read as an inventory: file name too long"):
        Inventory.load("x" * 5_000 + ".json")


def test_what_is_no_path_of_an_inventory() -> None:
    with pytest.raises(TypeError, match=r"^a saved inventory is named by its path: this is a `NoneType`$"):
        Inventory.load(None)  # type: ignore[arg-type]
