"""Twins give the groups of their originals on every model at hand, and near twins do not."""

from pathlib import Path

import pytest
from proofs.rewritten import NEAR_TWINS, ORIGINALS, TWINS, groups, inventories, models, settings_of

import paramrules


def differing(twin: Path) -> list[str]:
    """Return the names of the parameters that a file and its original put into different groups."""
    one, other = paramrules.load(ORIGINALS[twin.name]), paramrules.load(twin)
    assert {name: option.default for name, option in one.options.items()} == {
        name: option.default for name, option in other.options.items()
    }
    return [
        rows[number]["name"]
        for rows, model in zip(models(), inventories(), strict=True)
        for options in settings_of(one)
        for number, pair in enumerate(
            zip(*(groups(rules, rows, options, model) for rules in (one, other)), strict=True)
        )
        if pair[0] != pair[1]
    ]


def test_every_original_has_a_twin() -> None:
    assert [path.name for path in TWINS] == sorted(ORIGINALS)
    assert {path.name for path in NEAR_TWINS} <= set(ORIGINALS)


@pytest.mark.parametrize("twin", TWINS, ids=lambda path: path.stem)
def test_a_twin_differs_on_no_model(twin: Path) -> None:
    assert paramrules.load(ORIGINALS[twin.name]).source.text != twin.read_text("utf-8")
    assert differing(twin) == []


@pytest.mark.parametrize("twin", NEAR_TWINS, ids=lambda path: path.stem)
def test_a_near_twin_differs_somewhere(twin: Path) -> None:
    assert differing(twin)
