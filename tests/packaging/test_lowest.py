"""The session `lowest` tests the versions that pyproject.toml promises."""

import ast
import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]


def constant(name: str) -> list[str]:
    """A constant of the noxfile, which is not imported: nox need not be installed."""
    for node in ast.parse((ROOT / "noxfile.py").read_text("utf-8")).body:
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", None) == name:
            return list(ast.literal_eval(node.value))
    raise LookupError(name)


def test_each_lower_bound_is_installed_by_the_session() -> None:
    extras = PROJECT["optional-dependencies"]
    bounds = [*PROJECT["dependencies"], *extras["torch"], *extras["optax"], *extras["mlx"], *extras["lsp"]]
    assert all(re.fullmatch(r"[a-z]+>=[\d.]+(,<\d+)?", bound) for bound in bounds)
    promised = {bound.partition(",")[0].partition(">=")[::2] for bound in bounds}
    installed = {tuple(pin.split("==")) for pin in constant("LOWEST")}
    assert {(name, _release(version)) for name, version in promised} == {
        (name, _release(version)) for name, version in installed if name != "jaxlib"
    }


def test_each_python_is_a_session() -> None:
    pythons = [line.rpartition(" ")[2] for line in PROJECT["classifiers"] if re.search(r":: 3\.\d+$", line)]
    assert constant("PYTHONS") == pythons
    assert PROJECT["requires-python"] == f">={pythons[0]}"


def _release(version: str) -> tuple[int, ...]:
    """A version as numbers, without zeros at the end: 13 and 13.0.0 are one."""
    numbers = [int(part) for part in version.split(".")]
    while numbers and not numbers[-1]:
        numbers.pop()
    return tuple(numbers)
