"""The cases themselves: what a case may hold, and which models its rows can describe."""

import json
from pathlib import Path
from typing import Any

import pytest

from paramrules.testing import Module, cases, model_of, suite


def written(folder: Path, monkeypatch: pytest.MonkeyPatch, *some: dict[str, Any]) -> None:
    """Replace the cases by these."""
    (folder / "own.json").write_text(json.dumps({"cases": some}), "utf-8")
    monkeypatch.setattr(suite, "FOLDER", folder)


MODEL = {"parameters": ["a.weight", {"name": "a.bias", "also": ["b"]}]}


def test_a_case_goes_by_its_file_and_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    case = {"name": "all", "predicate": "size > 0", "before": ["let x = 1"], "holds": [], "inventory": MODEL}
    written(tmp_path, monkeypatch, case)
    (found,) = cases()
    assert str(found) == "own: all"
    assert found.rules == "let x = 1\nyes: size > 0\nno: else\n"
    model = model_of(found)
    assert isinstance(model.children["a"], Module)
    assert model.children["a"].children["bias"] is model.children["b"]


@pytest.mark.parametrize(
    "case",
    [
        {"name": "expects nothing", "predicate": "size > 0", "inventory": MODEL},
        {"name": "an unknown key", "predicate": "size > 0", "inventory": MODEL, "holds": [], "hold": []},
    ],
)
def test_a_malformed_case_is_refused(
    case: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written(tmp_path, monkeypatch, case)
    with pytest.raises(ValueError, match=f"^own: {case['name']}: "):
        list(cases())


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([{"name": "a.b.weight", "around": ["X"]}], "`a.b.weight` is in 3 modules and has 2 classes"),
        (
            [{"name": "a.weight", "owner": "m.X"}, {"name": "a.bias", "owner": "m.Y"}],
            "`a` is a ('m.X',) and, by `a.bias`, a ('m.Y',)",
        ),
    ],
)
def test_rows_that_no_model_has_are_refused(
    rows: list[Any], message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written(
        tmp_path,
        monkeypatch,
        {"name": "x", "predicate": "tied", "holds": [], "inventory": {"parameters": rows}},
    )
    (case,) = cases()
    with pytest.raises(ValueError, match="`a") as raised:
        model_of(case)
    assert str(raised.value) == message
