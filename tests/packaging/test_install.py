"""The distribution, installed in each way into an environment of its own."""

import shutil
import subprocess
import sys
import tarfile
import tomllib
import venv
import zipfile
from pathlib import Path

import pytest

pytestmark = [pytest.mark.install, pytest.mark.xdist_group("install")]

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
BUILD = PROJECT["tool"]["hatch"]["build"]["targets"]
PACKAGES = {Path(folder).name for folder in BUILD["wheel"]["packages"]}
SOURCES = [name.removeprefix("/") for name in BUILD["sdist"]["include"]]
STRAY = ("venv", "env", ".venv", "my-env", ".nox", "runs")
"""Folders that may lie in a clone and belong to no distribution."""

LOOK = f"""
import importlib, sys
for name in {sorted(PACKAGES - {"pytest_paramrules"})}:  # which pytest alone imports
    importlib.import_module(name)
assert not {{"torch", "jax", "numpy"}} & set(sys.modules)
import pygments.lexers
assert pygments.lexers.get_lexer_for_filename("card.rules").name == "paramrules"  # found by its entry point
import paramrules
print(paramrules.check("card.rules"))
"""


def run(*command: str | Path, cwd: Path) -> str:
    ran = subprocess.run([*map(str, command)], cwd=cwd, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the sources, with virtual environments and other folders beside them."""
    folder = tmp_path_factory.mktemp("clone")
    unwanted = shutil.ignore_patterns("__pycache__", *STRAY)
    for name in SOURCES:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, folder / name, ignore=unwanted)
        else:
            shutil.copy(ROOT / name, folder / name)
    for name in STRAY:
        module = folder / name / "lib" / "python3" / "site-packages" / "stray.py"
        module.parent.mkdir(parents=True)
        module.write_text("raise ImportError\n", "utf-8")
    return folder


@pytest.fixture(scope="module")
def dist(clone: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The sdist of that copy, and the wheel that is built from the sdist."""
    folder = tmp_path_factory.mktemp("dist")
    run(sys.executable, "-m", "build", "--outdir", folder, clone, cwd=folder)
    (wheel,) = folder.glob("*.whl")
    (sdist,) = folder.glob("*.tar.gz")
    return {"wheel": wheel, "sdist": sdist}


def data_files() -> set[str]:
    """The files of the packages that are not Python, as paths in a wheel."""
    return {
        path.relative_to((ROOT / package).parent).as_posix()
        for package in BUILD["wheel"]["packages"]
        for path in (ROOT / package).rglob("*")
        if path.is_file() and path.suffix not in {".py", ".pyc"}
    }


def test_the_wheel_holds_the_packages_and_nothing_else(dist: dict[str, Path]) -> None:
    names = zipfile.ZipFile(dist["wheel"]).namelist()
    roots = {name.partition("/")[0] for name in names}
    assert {root for root in roots if not root.endswith(".dist-info")} == PACKAGES
    assert {f"{package}/py.typed" for package in PACKAGES - {"paramrules_grammar"}} <= data_files()
    assert data_files() <= set(names)
    pages = {f"paramrules/diagnostics/pages/{page.name}" for page in (ROOT / "docs/diagnostics").glob("*.md")}
    assert {name for name in names if "/pages/" in name} == pages


def test_the_sdist_holds_the_sources_and_no_virtual_environment(dist: dict[str, Path]) -> None:
    with tarfile.open(dist["sdist"]) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert {name.partition("/")[0] for name in names} - {""} == {*SOURCES, "PKG-INFO"}


def test_every_source_file_is_in_the_sdist() -> None:
    if not (ROOT / ".git").exists():
        pytest.skip("this is not a git checkout, so nobody says which files are sources")
    tracked = run("git", "ls-files", cwd=ROOT).splitlines()
    assert {name.partition("/")[0] for name in tracked} == set(SOURCES)


@pytest.mark.parametrize("way", ["wheel", "sdist", "editable"])
def test_installs_and_runs_without_a_framework(
    way: str, clone: Path, dist: dict[str, Path], tmp_path: Path
) -> None:
    venv.create(tmp_path / "venv")  # without a pip of its own, which takes longer to install than the rest
    scripts = tmp_path / "venv" / ("Scripts" if sys.platform == "win32" else "bin")
    target = ["-e", clone] if way == "editable" else [dist[way]]
    pip = (sys.executable, "-m", "pip", "--python", scripts / "python")
    run(*pip, "install", "--quiet", "--no-compile", *target, cwd=tmp_path)
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


def test_the_citation_names_this_version() -> None:
    version = next(
        line
        for line in (ROOT / "src/paramrules/__init__.py").read_text("utf-8").splitlines()
        if line.startswith("__version__")
    ).split('"')[1]
    assert f"\nversion: {version}\n" in (ROOT / "CITATION.cff").read_text("utf-8")
