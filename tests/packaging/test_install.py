"""The distribution, installed in each way into an environment of its own."""

import subprocess
import sys
import tarfile
import venv
import zipfile
from pathlib import Path

import pytest

pytestmark = pytest.mark.install

ROOT = Path(__file__).parents[2]
PACKAGES = ("paramrules", "paramrules_grammar", "paramrules_torch", "paramrules_optax")
DATA = (
    "paramrules/py.typed",
    "paramrules/inventories/vocabulary.toml",
    "paramrules/rules/library/timm.rules",
    "paramrules/testing/cases/README.md",
    "paramrules/testing/cases/ties.json",
    "paramrules_grammar/paramrules.lark",
    "paramrules_grammar/tables.json",
    "paramrules_torch/py.typed",
    "paramrules_optax/py.typed",
)
LOOK = f"""
import importlib, sys
for name in {PACKAGES}:
    importlib.import_module(name)
assert not {{"torch", "jax", "numpy"}} & set(sys.modules)
import paramrules
print(paramrules.check("card.rules"))
"""


def run(*command: str | Path, cwd: Path) -> str:
    ran = subprocess.run([*map(str, command)], cwd=cwd, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout


@pytest.fixture(scope="module")
def dist(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The sdist, and the wheel that is built from it."""
    folder = tmp_path_factory.mktemp("dist")
    run(sys.executable, "-m", "build", "--outdir", folder, ROOT, cwd=folder)
    (wheel,) = folder.glob("*.whl")
    (sdist,) = folder.glob("*.tar.gz")
    return {"wheel": wheel, "sdist": sdist}


def test_the_wheel_holds_the_four_packages_and_nothing_else(dist: dict[str, Path]) -> None:
    names = zipfile.ZipFile(dist["wheel"]).namelist()
    roots = {name.partition("/")[0] for name in names}
    assert {root for root in roots if not root.endswith(".dist-info")} == set(PACKAGES)
    assert set(DATA) <= set(names)


def test_the_sdist_holds_tests_and_examples(dist: dict[str, Path]) -> None:
    with tarfile.open(dist["sdist"]) as archive:
        folders = {name.split("/")[1] for name in archive.getnames() if name.count("/")}
    assert {
        "src",
        "grammar",
        "backends",
        "tests",
        "examples",
        "pyproject.toml",
        "README.md",
        "LICENSE",
    } <= folders


@pytest.mark.parametrize("way", ["wheel", "sdist", "editable"])
def test_installs_and_runs_without_a_framework(way: str, dist: dict[str, Path], tmp_path: Path) -> None:
    venv.create(tmp_path / "venv", with_pip=True)
    scripts = tmp_path / "venv" / ("Scripts" if sys.platform == "win32" else "bin")
    target = ["-e", ROOT] if way == "editable" else [dist[way]]
    run(scripts / "python", "-m", "pip", "install", "--quiet", *target, cwd=tmp_path)
    (tmp_path / "card.rules").write_text(
        "no_decay: type(LayerNorm|Embedding) or name~bias|mem_k|mem_v or ndim<=1\n"
    )

    assert run(scripts / "python", "-c", LOOK, cwd=tmp_path) == "[]\n"
    assert run(scripts / "paramrules", "check", "card.rules", cwd=tmp_path) == "1 file: no findings\n"
    assert (
        run(scripts / "python", "-m", "paramrules", "check", "card.rules", cwd=tmp_path)
        == "1 file: no findings\n"
    )
    assert run(scripts / "paramrules", "--version", cwd=tmp_path).startswith("paramrules, version ")
