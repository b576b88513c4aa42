"""Rule files that a package ships, imported from a folder or from a zip file such as a wheel."""

import sys
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from zipfile import ZipFile

import pytest
from support import inventory_of

from paramrules import RulesError, assign, check, load, render

FILES = {
    "shipping/__init__.py": "",
    "shipping/vit.rules": 'include "parts/norms.rules"\ninclude <timm>\nno_decay: norm\ndecay: else\n',
    "shipping/parts/norms.rules": 'include "deeper/small.rules"\nlet norm = small or name ~ norm\n',
    "shipping/parts/deeper/small.rules": "let small = ndim <= 1\n",
    "shipping/outside.rules": 'include "../other.rules"\na: else\n',
    "shipping/parts/up.rules": 'include "../vit.rules"\na: else\n',
    "shipping/missing.rules": 'include "parts/norm.rules"\na: else\n',
    "shipping/folder.rules": 'include "parts"\na: else\n',
    "shipping/nowhere.rules": 'include "lots/norms.rules"\na: else\n',
    "shipping/library.rules": 'include "timm.rules"\na: else\n',
    "shipping/absolute.rules": 'include "/etc/norms.rules"\na: else\n',
    "shipping/itself.rules": 'include "parts/../itself.rules"\na: else\n',
    "shipping/twice.rules": 'include "parts/norms.rules"\ninclude "parts/deeper/small.rules"\na: small\n',
    "other.rules": "let a = ndim <= 1\n",
    "shipping-1.0.dist-info/METADATA": "Metadata-Version: 2.1\nName: shipping\nVersion: 1.0\n",
}


@pytest.fixture(params=["a folder", "a wheel"])
def folder(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """The resources of a package."""
    if request.param == "a folder":
        for name, text in FILES.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        monkeypatch.syspath_prepend(tmp_path)
    else:
        wheel = tmp_path / "shipping-1.0-py3-none-any.whl"
        with ZipFile(wheel, "w") as file:
            for name, text in FILES.items():
                file.writestr(name, text)
        monkeypatch.syspath_prepend(wheel)
    yield files("shipping")
    sys.modules.pop("shipping")


def said(folder: Any, name: str) -> str:
    (finding,) = check(folder / name)
    return render(finding).replace(top(folder), "")


def top(folder: Any) -> str:
    return str(folder).rstrip("/") + "/"


def test_a_file_of_a_package_includes_those_beside_it(folder: Any) -> None:
    rules = load(folder / "vit.rules")
    assert rules.source.name == f"{top(folder)}vit.rules"
    model = inventory_of(["norm.weight", {"name": "head.weight", "shape": (4, 4)}])
    groups = assign(folder / "vit.rules", model).groups
    assert [(group.label, group.parameters) for group in groups] == [("no_decay", (0,)), ("decay", (1,))]
    assert check(folder / "twice.rules") == []


@pytest.mark.parametrize(
    ("name", "message"),
    [
        (
            "outside",
            "error[E113]: `../other.rules` is outside the folder of `outside.rules`\n"
            '  --> outside.rules:1:9\n   |\n 1 | include "../other.rules"\n   |         ^^^^^^^^^^^^^^^^\n'
            "   = help: a file includes only files beside it or in folders below it",
        ),
        ("parts/up", "error[E113]: `../vit.rules` is outside the folder of `parts/up.rules`"),
        ("absolute", "error[E113]: `/etc/norms.rules` is outside the folder of `absolute.rules`"),
        ("missing", "error[E112]: there is no file `parts/norm.rules`"),
        ("nowhere", "error[E112]: there is no file `lots/norms.rules`"),
        ("itself", "error[E114]: `itself.rules` includes itself"),
    ],
)
def test_what_a_package_cannot_include(folder: Any, name: str, message: str) -> None:
    assert said(folder, f"{name}.rules").startswith(message)


@pytest.mark.parametrize(
    ("name", "help"),
    [
        ("missing", "did you mean `parts/norms.rules`?"),
        ("nowhere", "paths are relative to the file with the `include`"),
        ("library", "the shipped file is `include <timm>`"),
    ],
)
def test_what_to_include_instead(folder: Any, name: str, help: str) -> None:
    assert said(folder, f"{name}.rules").splitlines()[-1] == f"   = help: {help}"


def test_a_folder_is_not_a_file_to_include(folder: Any) -> None:
    assert "parts" in said(folder, "folder.rules").splitlines()[0]


def test_a_file_that_a_package_lacks(folder: Any) -> None:
    with pytest.raises(RulesError, match="cannot be read: it does not exist"):
        load(folder / "vti.rules")


def test_a_resource_without_a_folder_includes_nothing_beside_it(tmp_path: Path) -> None:
    """A reader of resources need not tell where a resource is."""
    path = tmp_path / "vit.rules"
    path.write_text('include "norms.rules"\na: else\n')
    resource: Any = SimpleNamespace(open=path.open, joinpath=path.joinpath)
    (finding,) = check(resource)
    assert finding.message == f"`{resource}` has no folder to include from"
