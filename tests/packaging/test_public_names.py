"""The public names: shown before they are used, by `dir`, `help` and to type checkers alike."""

import ast
import inspect
import subprocess
import sys
from pathlib import Path

import pytest

import paramrules

ROOT = Path(__file__).parents[2]
PACKAGES = {
    "paramrules": ROOT / "src" / "paramrules",
    "paramrules.backends": ROOT / "src" / "paramrules" / "backends.py",
    "paramrules_torch": ROOT / "backends" / "paramrules_torch",
    "paramrules_optax": ROOT / "backends" / "paramrules_optax",
    "paramrules_mlx": ROOT / "backends" / "paramrules_mlx",
}


def shown(*names: str) -> dict[str, list[str]]:
    """What `dir` shows of modules in a fresh interpreter."""
    code = "import sys, importlib\nfor name in sys.argv[1:]: print(*dir(importlib.import_module(name)))"
    ran = subprocess.run([sys.executable, "-c", code, *names], capture_output=True, text=True, check=True)
    return dict(zip(names, map(str.split, ran.stdout.splitlines()), strict=True))


def test_dir_shows_the_public_names_before_their_first_use() -> None:
    found = shown(*PACKAGES)
    for name in PACKAGES:
        module = __import__(name, fromlist=["__all__"])
        assert found[name] == sorted(module.__all__)
    assert {"build", "param_groups", "scheduled"} <= set(found["paramrules_torch"])


@pytest.mark.parametrize("path", PACKAGES.values(), ids=PACKAGES)
def test_type_checkers_see_every_public_name(path: Path) -> None:
    """A name is imported for type checkers, or imported or defined for everybody."""
    tree = ast.parse((path / "__init__.py" if path.is_dir() else path).read_text("utf-8"))
    seen = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            seen |= {alias.asname or alias.name for alias in node.names}
    module = __import__(next(name for name, p in PACKAGES.items() if p == path), fromlist=["__all__"])
    assert set(module.__all__) <= seen


def test_help_shows_what_inventory_takes() -> None:
    parameters = inspect.signature(paramrules.inventory).parameters
    named = ["vocabulary", "inputs", "kwargs", "method", "rngs", "types", "stacked"]
    assert list(parameters) == ["model", *named, "how"]
    described = inspect.getdoc(paramrules.inventory) or ""
    assert all(f"    {name}: " in described for name in named)
