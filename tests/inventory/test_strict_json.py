"""JSON without `NaN`, duplicate keys and numbers that are too large."""

import json
from pathlib import Path

import pytest

from paramrules import Inventory, RulesError, strict_json
from paramrules.inventories import reading
from paramrules.strict_json import BadJsonError


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ('{"a": NaN}', "`NaN` is not a number in JSON"),
        ("[Infinity]", "`Infinity` is not a number in JSON"),
        ("-Infinity", "`-Infinity` is not a number in JSON"),
        ("1e999", "the number `1e999` is too large"),
        ("[-1e999]", "the number `-1e999` is too large"),
        ("1" + "0" * 400 + ".5", "the number of 403 characters is too large"),
        ("9223372036854775809", "the number `9223372036854775809` is too large"),
        ("9" * 5000, "the number of 5000 characters is too large"),
        ('{"a": 1, "b": 2, "b": 3}', "an object has the key `b` twice"),
        ('[{"a": {"": 1, "": 1}}]', "an object has the key `` twice"),
        ("[" * 100_000, "it is nested too deeply"),
        ('{"a":' * 100_000, "it is nested too deeply"),
        ('{"a": }', "it is not JSON at line 1, column 7"),
    ],
)
def test_is_refused(text: str, why: str) -> None:
    with pytest.raises(BadJsonError) as raised:
        strict_json.parse(text)
    assert str(raised.value) == why


def test_everything_else_is_read() -> None:
    text = '{"a": [1, -9223372036854775808, 1.5e300, "\\ud800", true, null], "b": {"a": {}}}'
    assert strict_json.parse(text) == json.loads(text)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), {"a": [-float("inf")]}])
def test_what_is_not_finite_is_not_written(value: object) -> None:
    with pytest.raises(ValueError, match="Out of range float values"):
        strict_json.text(value)


def test_what_is_written_is_ascii_without_control_characters() -> None:
    hostile = "\x1b\x7f\x9b\u202e\u200b\ud800\U000e0100"
    written = strict_json.text({hostile: hostile}, indent=2)
    assert written.isascii()
    assert written.replace("\n", "").isprintable()
    assert json.loads(written) == {hostile: hostile}


def test_a_value_in_a_message_is_cut() -> None:
    deep: list[object] = []
    for _ in range(100_000):
        deep = [deep]
    assert strict_json.shown(deep) == "[" * 37 + "..."
    assert strict_json.shown({"a": [1, 2]}) == '{"a": [1, 2]}'
    assert strict_json.shown("x" * 39) == f'"{"x" * 36}...'
    while deep:  # or freeing it would recurse
        deep = deep[0]  # type: ignore[assignment]


def saved(**more: object) -> dict[str, object]:
    row = {"name": "w", "owner": 0, "shape": [2], "dtype": "float32", "trainable": True, "variable": 0} | more
    table = {"paramrules_inventory": 2, "framework": "torch", "unknown": {}, "classes": [["a.B", []]]}
    return table | {"owners": [[0]], "parameters": [row | {"role": "weight"}]}


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (json.dumps(saved(attributes={"k": float("nan")})), "`NaN` is not a number in JSON"),
        (json.dumps(saved()).replace('"name"', '"name": "v", "name"'), "an object has the key `name` twice"),
        (json.dumps(saved(shape=[10**400])), "the number of 401 characters is too large"),
        (
            json.dumps(saved(shape=[2**62, 2, 2])),
            "`parameters[0].shape` is `[4611686018427387904, 2, 2]`, with more than 2**63 elements",
        ),
        (
            json.dumps(saved(stored=[2**62, 2**62])),
            "`parameters[0].stored` is `[4611686018427387904, 461168601842738...`, "
            "with more than 2**63 elements",
        ),
        (json.dumps(saved() | {"owners": [[]]}), "`owners[0]` has no class"),
    ],
)
def test_an_inventory_from_a_stranger(text: str, why: str) -> None:
    with pytest.raises(RulesError) as raised:
        Inventory.from_json(text)
    (finding,) = raised.value.diagnostics
    assert (finding.code, finding.message) == (
        "E505",
        f"`<inventory>` cannot be read as an inventory: {why}",
    )


def test_an_empty_parameter_may_have_any_shape() -> None:
    assert Inventory.from_json(json.dumps(saved(shape=[2**62, 2**62, 0])))["w"].shape == (2**62, 2**62, 0)


def test_a_byte_order_mark_is_read_over(tmp_path: Path) -> None:
    (tmp_path / "net.json").write_bytes(b"\xef\xbb\xbf" + json.dumps(saved()).encode())
    assert Inventory.load(tmp_path / "net.json").names == ["w"]


def test_a_file_that_is_too_large(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "LARGEST_FILE", 1024)
    (tmp_path / "net.json").write_text(json.dumps(saved()) + " " * 1024)
    with pytest.raises(RulesError) as raised:
        Inventory.load(tmp_path / "net.json")
    assert raised.value.diagnostics[0].message == (
        f"`{tmp_path / 'net.json'}` cannot be read as an inventory: it is larger than 1 KiB"
    )
