"""Rows of a saved inventory that differ only by name are decoded once, to what all of them are."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from support import examples

from paramrules import Inventory, RulesError, strict_json
from paramrules.inventories.parameter_rows import parameter_rows
from paramrules.strict_json import BadJsonError

ROWS = (
    '{"name": "a.0", "owner": 0, "role": "bias"}',
    '{"name": "a.1", "owner": 0, "role": "bias"}',
    '{"name": "a.2", "owner": 0, "role": "bias", "attributes": {"lr": 2}}',
    '{"name": "a.3", "owner": 0, "role": "bias"}',
    '{"name": "a\\u0021", "owner": 0, "role": "weight"}',
    '{"name": "a.4", "owner": 0, "role": "weight"}',
    '{"name": "a.5", "owner": 0, "role": "weight"}',
)
HEAD = '{\n"paramrules_inventory": 2,\n"classes": [],\n"parameters": [\n'
TEXT = HEAD + ",\n".join(ROWS) + "\n]\n}\n"
PIECES = [*'{}[],:"\\ \n\t0a', '"name": ', '"parameters": [', "]}", "\x01", "9" * 30, "NaN", ROWS[0], ROWS[4]]


def decoded(text: str) -> tuple[Any, list[Any]]:
    """Everything but the parameters, and the parameters, put together again."""
    found = parameter_rows(text)
    if not isinstance(found.table, dict) or not isinstance(found.table.get("parameters"), list):
        return found.table, []
    rows = found.table["parameters"]
    assert [found.of[number] for number in found.first] == list(range(len(rows)))
    parameters = [rows[number] for number in found.of]
    if found.names is not None:
        parameters = [row | {"name": name} for row, name in zip(parameters, found.names, strict=True)]
    return found.table | {"parameters": []}, parameters


def whole(text: str) -> tuple[Any, list[Any]]:
    table = strict_json.parse(text)
    if not isinstance(table, dict) or not isinstance(table.get("parameters"), list):
        return table, []
    return table | {"parameters": []}, table["parameters"]


def outcome(read: Callable[[str], object], text: str) -> object:
    try:
        return read(text)
    except BadJsonError as error:
        return str(error)


def test_rows_with_equal_facts_are_one() -> None:
    found = parameter_rows(TEXT)
    assert found.of == [0, 0, 1, 0, 2, 3, 3]
    assert found.first == [0, 2, 4, 5]
    assert found.names == ["a.0", "a.1", "a.2", "a.3", "a!", "a.4", "a.5"]
    assert decoded(TEXT) == whole(TEXT)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(json.dumps(json.loads(TEXT), indent=2), id="names on lines of their own"),
        pytest.param(TEXT.replace("]\n}\n", '], "framework": "torch"}'), id="parameters not last"),
        pytest.param('{"x": {"parameters": [{"name": "a", "b": 1}]}, "parameters": []}', id="another list"),
        pytest.param('{"parameters": [], "x\\"parameters": [{"name": "a", "b": 1}]}', id="another key"),
        pytest.param(
            '{"parameters": [{"name": "a", "b": "}"}, {"name": "b", "b": "}"}]}', id="brace in a text"
        ),
        pytest.param('{"parameters": [{"name": "a", "b": 1}, {"name": 7, "b": 1}]}', id="a number as name"),
        pytest.param('{"parameters": [{"b": 1}, 7]}', id="not an object"),
        pytest.param('{"parameters": [{"name": "a", "b": [1, {}]}]} ', id="an object in a row"),
    ],
)
def test_other_layouts_read_alike(text: str) -> None:
    assert decoded(text) == whole(text)


@settings(max_examples=examples(300))
@given(st.integers(0, len(TEXT)), st.integers(0, 12), st.lists(st.sampled_from(PIECES), max_size=3))
@example(TEXT.index('"a.3"') + 1, 0, ["\x01"])
@example(TEXT.index('"bias"}', 200), 0, ['"name": "b", '])
def test_a_text_with_a_mistake_ends_in_the_same_error(at: int, left_out: int, pieces: list[str]) -> None:
    text = TEXT[:at] + "".join(pieces) + TEXT[at + left_out :]
    assert outcome(decoded, text) == outcome(whole, text)


def test_only_different_rows_are_decoded(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []
    value_at = strict_json.value_at
    monkeypatch.setattr(strict_json, "value_at", lambda text, at: calls.append(at) or value_at(text, at))
    rows = ",\n".join(
        f'{{"name": "a.{number}", "role": "bias", "shape": [{number % 3}]}}' for number in range(1000)
    )
    assert len(parameter_rows(HEAD + rows + "\n]}").names or ()) == 1000
    assert len(calls) == 3


def test_a_fault_is_reported_where_it_first_is() -> None:
    row = {"name": "", "owner": None, "shape": [2], "dtype": "float32", "trainable": True, "role": "bias"}
    rows = [row | {"name": f"a.{number}"} | ({"dtype": 4} if number > 2 else {}) for number in range(6)]
    head = {
        "paramrules_inventory": 2,
        "framework": "torch",
        "unknown": {"variable": "?"},
        "classes": [],
        "owners": [],
    }
    with pytest.raises(RulesError, match=r"`parameters\[3\]\.dtype` is `4` and should be a text"):
        Inventory.from_json(json.dumps(head | {"parameters": rows}))
