"""Names of what a model shares: few enough that every walk of a model ends."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

import paramrules
from paramrules import RulesError
from paramrules.backends import Inside, Repeats, walk_inside
from paramrules.inventories import nesting

HELP = "hold it in one place"


def walked(tree: list[object], name: str = "") -> Inside:
    for number, child in enumerate(tree):
        if isinstance(child, list):
            yield child, f"{name}{number}.", walked(child, f"{name}{number}.")


def doubled(depth: int) -> list[object]:
    """A list with 2 ** depth ways to the innermost one, which is empty."""
    inner: list[object] = []
    for _ in range(depth):
        inner = [inner, inner]
    return inner


def refused(model: list[object]) -> str:
    with pytest.raises(RulesError) as raised:
        walk_inside(model, walked(model), "take it out")
    return str(raised.value)


def test_a_walk_ends_in_proportion_to_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nesting, "MOST_FURTHER_NAMES", 100)
    steps = 0

    def counted(walk: Inside) -> Iterator[tuple[object, str, Inside]]:
        nonlocal steps
        for node, name, inner in walk:
            steps += 1
            yield node, name, counted(inner)

    model = doubled(40)
    with pytest.raises(RulesError):
        walk_inside(model, counted(walked(model)), "take it out")
    assert 100 < steps < 200


def test_the_message_names_what_is_shared_most(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nesting, "MOST_FURTHER_NAMES", 12)
    often: list[object] = [1]
    assert refused([[often], [often], [often], *[often] * 11]) == (
        "\nerror[E549]: the `list` at `0.0` has too many names: "
        "all that a model shares may have 12 further ones\n"
        f"  = help: {HELP}"
    )
    assert refused([["x"] * 13] * 2).startswith("\nerror[E549]: the `list` at `0` ")  # one with 13 names


def test_a_model_at_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nesting, "MOST_FURTHER_NAMES", 12)
    often: list[object] = [1]
    for model in ([often] * 13, [[]] * 50, [[1, 2] for _ in range(50)]):
        walk_inside(model, walked(list(model)), "take it out")


def test_long_names_count_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nesting, "MOST_FURTHER_NAMES", 12)
    for length, times in ((99, 12), (100, 6), (1_199, 1), (1_200, 0)):
        repeats = Repeats(HELP)
        for _ in range(1 + times):
            repeats.note(HELP, "x" * length)
        with pytest.raises(RulesError, match="E549"):
            repeats.note(HELP, "x" * length)


def test_other_nodes_may_have_the_place_of_one_that_is_gone() -> None:
    repeats = Repeats(HELP, lambda _: nesting.MOST_FURTHER_NAMES + 1)
    for _ in range(100):
        repeats.note(object(), "made while the walk comes by")


def test_a_saved_inventory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    entry = {"name": "tok.weight", "owner": None, "role": "weight"}
    own = {**entry, "shape": [2], "dtype": "float32", "trainable": True, "variable": 0}
    further = [{**entry, "name": f"head{number}.weight"} for number in range(4)]
    other = {**own, "name": "w", "also": [{**entry, "name": "v"}]}
    file = {
        "paramrules_inventory": 2,
        "framework": "torch",
        "unknown": {},
        "classes": [["torch.nn.parameter.Parameter", []]],
        "owners": [],
        "parameters": [other, {**own, "also": further}],
    }
    (tmp_path / "net.json").write_text(json.dumps(file))
    monkeypatch.setattr("paramrules.inventories.column_checks.MOST_FURTHER_NAMES", 5)
    assert len(paramrules.Inventory.load(tmp_path / "net.json")) == 2
    monkeypatch.setattr("paramrules.inventories.column_checks.MOST_FURTHER_NAMES", 4)
    monkeypatch.setattr(nesting, "MOST_FURTHER_NAMES", 4)
    with pytest.raises(RulesError) as raised:
        paramrules.Inventory.load(tmp_path / "net.json")
    assert str(raised.value) == (
        "\nerror[E549]: `tok.weight` has too many names: all that a model shares may have 4 further ones\n"
        "  = help: give it one name in the model, and save its inventory again"
    )
