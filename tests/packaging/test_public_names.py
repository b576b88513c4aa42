"""The public names: shown before they are used, by `dir`, `help` and to type checkers alike."""

import ast
import inspect
import re
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
    """Return what `dir` shows of modules in a fresh interpreter."""
    code = "import sys, importlib\nfor name in sys.argv[1:]: print(*dir(importlib.import_module(name)))"
    ran = subprocess.run([sys.executable, "-c", code, *names], capture_output=True, text=True, check=True)
    return dict(zip(names, map(str.split, ran.stdout.splitlines()), strict=True))


def test_dir_shows_the_public_names_before_their_first_use() -> None:
    found = shown(*PACKAGES)
    for name in PACKAGES:
        module = __import__(name, fromlist=["__all__"])
        assert found[name] == dir(module) == sorted(module.__all__)
    assert {"build", "param_groups", "scheduled"} <= set(found["paramrules_torch"])


@pytest.mark.parametrize("path", PACKAGES.values(), ids=PACKAGES)
def test_type_checkers_see_every_public_name(path: Path) -> None:
    """A name is imported for type checkers, or for everybody."""
    tree = ast.parse((path / "__init__.py" if path.is_dir() else path).read_text("utf-8"))
    seen = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            seen |= {alias.asname or alias.name for alias in node.names}
    module = __import__(next(name for name, p in PACKAGES.items() if p == path), fromlist=["__all__"])
    assert set(module.__all__) <= seen
    visible = [node.name for node in tree.body if isinstance(node, ast.FunctionDef)]
    assert visible == ["__dir__"]  # for them there is no `__getattr__`, or any misspelt name would pass


@pytest.mark.parametrize("name", PACKAGES)
def test_a_misspelt_name_is_an_error_that_the_interpreter_can_complete(name: str) -> None:
    """It suggests what is near in `dir(error.obj)`."""
    module = __import__(name, fromlist=["__all__"])
    with pytest.raises(AttributeError) as raised:
        _ = module.biuld
    assert str(raised.value) == f"module '{name}' has no attribute 'biuld'"
    assert (raised.value.name, raised.value.obj) == ("biuld", module)


def test_help_shows_what_inventory_takes() -> None:
    parameters = inspect.signature(paramrules.inventory).parameters
    named = ["inputs", "kwargs", "method", "rngs", "types", "stacked", "vocabulary"]
    assert list(parameters) == ["model", *named, "how"]
    described = inspect.getdoc(paramrules.inventory) or ""
    assert all(f"    {name}: " in described for name in named)


@pytest.mark.parametrize("name", ["paramrules", "paramrules_torch", "paramrules_optax", "paramrules_mlx"])
def test_every_public_name_is_in_the_table_of_the_page(name: str) -> None:
    page = (ROOT / "docs" / "python.md").read_text("utf-8")
    table = page.partition("## Every name")[2]
    module = __import__(name)
    rows = [line.partition(" | ")[0] for line in table.splitlines() if line.startswith(f"| `{name}.")]
    named = {each.rpartition(".")[2] for row in rows for each in re.findall("`([^`]+)`", row)}
    missing = [each for each in module.__all__ if each not in named]
    assert missing == []
