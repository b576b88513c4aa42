"""Entry points are found as `importlib.metadata` finds them."""

import importlib.metadata
from pathlib import Path

import pytest

from paramrules.entry_points import entry_points


def install(folder: Path, points: str) -> None:
    """Write the metadata of a package `acme`."""
    info = folder / "acme-1.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: acme\nVersion: 1\n", "utf-8")
    (info / "entry_points.txt").write_text(points, "utf-8")


@pytest.mark.parametrize("group", ["paramrules.backends", "paramrules.vocabulary", "acme.group", "acme"])
def test_they_are_those_of_the_library(group: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a package that is installed twice, only the first on the path has any."""
    first, second = tmp_path / "first", tmp_path / "second"
    install(first, "[acme.group]\none = acme:one\n")
    install(second, "[acme.group]\ntwo = acme:two\n[acme]\nthree = acme:three\n")
    monkeypatch.syspath_prepend(second)
    monkeypatch.syspath_prepend(first)
    found = list(entry_points(group))
    assert found == list(importlib.metadata.entry_points(group=group))
    assert [point.name for point in found if point.value.startswith("acme")] == ["one"] * (
        group == "acme.group"
    )
