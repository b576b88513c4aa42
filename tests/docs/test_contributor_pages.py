"""README.md and CONTRIBUTING.md name commands, files and sessions that are there."""

import ast
import re
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from docs.pages import ROOT, blocks

README = (ROOT / "README.md").read_text("utf-8")
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
RELEASING = (ROOT / "docs" / "releasing.md").read_text("utf-8")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
SESSIONS = {
    node.name
    for node in ast.parse((ROOT / "noxfile.py").read_text("utf-8")).body
    if isinstance(node, ast.FunctionDef) and node.decorator_list
}
CORE = re.findall(r"^tests/\S+", (ROOT / "tests" / "core.txt").read_text("utf-8"), re.MULTILINE)


def test_the_readme_shows_the_example() -> None:
    shown = next(block.text for block in blocks(README) if block.name == "vit.rules")
    assert shown == (ROOT / "examples" / "vit" / "vit.rules").read_text("utf-8")


def test_the_readme_names_the_oldest_versions() -> None:
    extras = PROJECT["optional-dependencies"]
    bounds = (*extras["torch"], *extras["optax"], *extras["mlx"])
    torch, jax, optax, mlx = (bound.partition(">=")[2] for bound in bounds)
    assert f"torch {torch}, JAX {jax}, Optax {optax} and MLX {mlx}" in " ".join(README.split())


def test_the_readme_installs_extras_that_are_there() -> None:
    named = set(re.findall(r'pip install (?:-e )?"\.\[(\w+)\]"', README))
    assert {"torch", "optax", "mlx", "demo"} <= named <= set(PROJECT["optional-dependencies"])


@pytest.mark.parametrize("page", [CONTRIBUTING, RELEASING], ids=["CONTRIBUTING.md", "docs/releasing.md"])
def test_sessions_are_in_the_noxfile(page: str) -> None:
    named = {
        session for command in re.findall(r"`nox (?:-R )?-s ([\w ]+)", page) for session in command.split()
    }
    assert named
    assert named <= SESSIONS


def test_every_session_is_explained() -> None:
    for session in SESSIONS - {"tests", "lint", "types"}:  # a bare `nox` runs these
        assert f"`nox -s {session}`" in CONTRIBUTING


def test_arguments_of_pytest_are_there() -> None:
    commands = re.findall(r"`[^`]*python -m pytest([^`]*)`", CONTRIBUTING + README)
    paths = [word.lstrip("@") for command in commands for word in shlex.split(command) if "/" in word]
    assert paths
    for path in [*paths, *CORE]:
        assert (ROOT / path).exists(), path


def test_every_path_of_a_list_is_there() -> None:
    """In the lists of `## Add something`; words in capitals stand for a name of one's own."""
    text = CONTRIBUTING.partition("## Add something")[2].partition("## Style")[0]
    named = re.findall(r"`([\w./]+/[\w./]*)`", text)
    paths = [path for path in named if not re.search(r"[A-Z]{2,}", Path(path).stem)]
    assert len(paths) > 20
    for path in paths:
        assert (ROOT / path).exists(), path


def test_the_readme_installs_each_framework_from_a_clone_and_from_git() -> None:
    for extra in ("torch", "optax", "mlx"):
        assert f'| `pip install ".[{extra}]"`' in README
        assert f'| `"paramrules[{extra}] @ git+URL"` |' in README


@pytest.mark.frameworks
def test_the_first_python_block_of_the_readme_runs_in_a_clone_by_itself() -> None:
    """Without the blocks and files before it, and without the tests' search path."""
    first = next(block.text for block in blocks(README) if block.language == "python")
    ran = subprocess.run(
        [sys.executable, "-W", "error", "-c", first], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "", "")
