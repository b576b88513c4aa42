"""Twins give the groups of their originals on every model at hand, and near twins do not."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from proofs.rewritten import NEAR_TWINS, ORIGINALS, TWINS, groups, inventories, models, settings_of

import paramrules

pytestmark = pytest.mark.generated


def differing(twin: Path) -> Iterator[str]:
    """Yield the names of the parameters that a file and its original put into different groups."""
    one, other = paramrules.load(ORIGINALS[twin.name]), paramrules.load(twin)
    assert {name: option.default for name, option in one.options.items()} == {
        name: option.default for name, option in other.options.items()
    }
    for rows, model in zip(models(), inventories(), strict=True):
        for options in settings_of(one):
            both = (groups(rules, rows, options, model) for rules in (one, other))
            for row, mine, theirs in zip(rows, *both, strict=True):
                if mine != theirs:
                    yield row["name"]


def test_every_original_has_a_twin() -> None:
    assert [path.name for path in TWINS] == sorted(ORIGINALS)
    assert {path.name for path in NEAR_TWINS} <= set(ORIGINALS)


@pytest.mark.parametrize("twin", TWINS, ids=lambda path: path.stem)
def test_a_twin_differs_on_no_model(twin: Path) -> None:
    assert paramrules.load(ORIGINALS[twin.name]).source.text != twin.read_text("utf-8")
    assert list(differing(twin)) == []


@pytest.mark.parametrize("twin", NEAR_TWINS, ids=lambda path: path.stem)
def test_a_near_twin_differs_somewhere(twin: Path) -> None:
    assert any(differing(twin))
