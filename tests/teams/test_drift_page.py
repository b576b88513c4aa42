"""The matrix of versions on `docs/drift.md`, run by nox itself."""

import sys
import sysconfig
from pathlib import Path
from zipfile import ZipFile

import pytest
import yaml
from docs.pages import DOCS, blocks
from teams.scratch import Shell

PAGE = {block.name: block.text for block in blocks((DOCS / "drift.md").read_text("utf-8")) if block.name}
NOXFILE = PAGE["noxfile.py"].replace(
    PAGE["noxfile.py"].partition("VERSIONS = {\n")[2].partition("}\n")[0], '    "layers": ["1.0", "2.0"],\n'
)
MODEL = """\
import layers
from torch import nn


def make():
    net = nn.Module()
    for name in layers.names:
        net.register_module(name, nn.Linear(4, 4, bias=False))
    return net
"""
RULES = "experts: name ~ ^expert_\\d\nrest: else\n"
PYPROJECT = """\
[project]
name = "team"
version = "1"

[[tool.paramrules.targets]]
rules = "net.rules"
models = ["net.py:make"]
"""


def wheel(folder: Path, name: str, version: str, files: dict[str, str]) -> None:
    """Write a wheel of a few files."""
    about = f"{name}-{version}.dist-info"
    files = {
        **files,
        f"{about}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
        f"{about}/WHEEL": "Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    with ZipFile(folder / f"{name}-{version}-py3-none-any.whl", "w") as file:
        for path, text in {**files, f"{about}/RECORD": "".join(f"{path},,\n" for path in files)}.items():
            file.writestr(path, text)


@pytest.fixture
def project(repository: Path) -> Path:
    """A project whose model depends on a library of two versions; `tested` stands for this paramrules."""
    wheels = repository / "wheels"
    wheels.mkdir()
    for version, names in (("1.0", "expert_0 expert_1 head"), ("2.0", "experts head")):
        wheel(wheels, "layers", version, {"layers.py": f"names = {names.split()}\n"})
    here = "\n".join(path for path in [*sys.path, sysconfig.get_path("purelib")] if path)
    entry = "tested-0.dist-info/entry_points.txt"
    script = "[console_scripts]\nparamrules = paramrules.cli:main\n"
    wheel(wheels, "tested", "0", {"here.pth": here, entry: script})
    (repository / "paramrules.toml").unlink()
    (repository / "pyproject.toml").write_text(PYPROJECT)
    (repository / "net.rules").write_text(RULES)
    (repository / "net.py").write_text(MODEL)
    (repository / "noxfile.py").write_text(NOXFILE.replace('"-e", ".", "paramrules"', '"tested"'))
    return repository


def test_its_sessions(project: Path, sh: Shell) -> None:
    listed = sh("python -m nox --list").stdout
    assert [line.partition(" -> ")[0] for line in listed.splitlines() if line.startswith("*")] == [
        f"* drift(package='layers', version='{version}')" for version in ("1.0", "2.0")
    ]


@pytest.mark.slow  # makes two virtual environments
def test_a_version_that_moves_something_fails(project: Path, sh: Shell) -> None:
    packages = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(project / "wheels")}
    (project / "layers.py").write_text("names = 'expert_0 expert_1 head'.split()\n")
    assert sh("paramrules lock", PYTHONPATH=".").returncode == 0
    (project / "layers.py").unlink()
    ran = sh("python -m nox -s drift", **packages)
    assert ran.returncode == 1
    ended = [line.removeprefix("nox > * ") for line in ran.stderr.splitlines() if "nox > * " in line]
    assert [line.partition(" ")[0] for line in ended] == ["drift(package='layers',"] * 2
    assert [line.partition(": ")[2].partition(",")[0] for line in ended] == ["success", "failed"]
    assert "`net.rules.lock` is stale: on `net.py:make`, 1 tensor came, 2 went" in ran.stdout


def test_its_workflow_is_one_of_github() -> None:
    workflow = yaml.safe_load(PAGE[".github/workflows/drift.yml"])
    job = workflow["jobs"]["drift"]
    assert workflow["permissions"] == {"contents": "read"}
    assert job["steps"][2]["env"] == {"VERSION": "${{ matrix.transformers }}"}
    assert set(job["strategy"]["matrix"]) == {"transformers"}


@pytest.mark.parametrize(("version", "wanted"), [("5.0.0", "transformers==5.0.0"), ("", "transformers")])
def test_an_empty_version_is_the_newest(version: str, wanted: str, sh: Shell) -> None:
    job = yaml.safe_load(PAGE[".github/workflows/drift.yml"])["jobs"]["drift"]
    install = job["steps"][2]["run"].replace("pip install", "printf '%s\\n'")
    assert sh(install, VERSION=version).stdout.splitlines()[-1] == wanted
