"""What the command line of benchmarks/run.py does, and what a benchmark says where a package is missing."""

import json
import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest
import run
import speed_tables
from docs.pages import ROOT
from measuring import EXTRAS, NotInstalled, Row, each, needed, require, show

SCRIPTS = sorted((ROOT / "benchmarks").glob("bench_*.py"))


@pytest.fixture
def measured(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[str]:
    """Measure nothing, write nowhere, and return the names of what would be measured."""
    names: list[str] = []

    def measured_apart(name: str) -> list[Row]:
        names.append(name)
        return [Row("new", 1)] if name == "bench_cold" else []

    kept = tmp_path / "results.json"
    kept.write_bytes(speed_tables.RESULTS.read_bytes())
    monkeypatch.setattr(run, "measured_apart", measured_apart)
    monkeypatch.setattr(run.growth_picture, "write", lambda results: None)
    monkeypatch.setattr(speed_tables, "RESULTS", kept)
    monkeypatch.setattr(speed_tables, "PAGES", ())
    return names


@pytest.mark.parametrize("word", ["bench_cold", "bench_cold.py", "benchmarks/bench_cold.py", "cold"])
def test_a_benchmark_is_named_by_its_name_or_file(measured: list[str], word: str) -> None:
    assert run.main(word, word) == 0
    assert measured == ["bench_cold"]


def test_without_names_all_are_run(measured: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run.main() == 1
    assert measured == [*speed_tables.TITLES]
    assert "left out" in capsys.readouterr().err


def test_results_of_what_is_left_out_stay(measured: list[str]) -> None:
    before = speed_tables.load()
    run.main("bench_cold", "bench_lock")
    after = json.loads(speed_tables.RESULTS.read_text("utf-8"))
    assert [row["what"] for row in after["bench_cold"]["rows"]] == ["new"]
    assert {name for name in before if before[name] != after[name]} == {"bench_cold"}


def test_pages_measures_nothing(measured: list[str]) -> None:
    assert run.main("--pages") == 0
    assert measured == []


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["bench_torc"], "no benchmark is called bench_torc: did you mean bench_torch?"),
        (["benchmarks/bench_optaxstep.py"], "did you mean bench_optax_step?"),
        (["torhc"], "did you mean bench_torch?"),
        (["speed"], "no benchmark is called speed: there are bench_peers, bench_torch,"),
        (["bench_regex"], "bench_regex has no table: run `python benchmarks/bench_regex.py`"),
        (["--pages", "bench_cold"], "--pages measures nothing, so it takes no benchmarks"),
        (["--nothing"], "unrecognized arguments: --nothing"),
    ],
)
def test_a_mistake_is_told(
    measured: list[str], capsys: pytest.CaptureFixture[str], words: list[str], message: str
) -> None:
    with pytest.raises(SystemExit) as ended:
        run.main(*words)
    assert ended.value.code == 2
    assert message in capsys.readouterr().err
    assert not measured


def test_help_names_every_benchmark(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        run.main("--help")
    assert ended.value.code == 0
    printed = capsys.readouterr().out
    assert all(f"  {name} " in printed and title in printed for name, title in speed_tables.TITLES.items())
    assert 'pip install -e ".[bench]"' in printed


def test_headings_are_those_of_the_page() -> None:
    page = (ROOT / "docs" / "speed.md").read_text("utf-8")
    for name, title in speed_tables.TITLES.items():
        section = page.partition(f"## {title}\n")[2].partition("\n## ")[0]
        assert f"<!-- speed: {name} -->" in section, title
        assert f"([{name}](../benchmarks/{name}.py))" in section


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.stem)
def test_a_benchmark_without_its_packages_says_what_to_install(script: Path) -> None:
    """`-S` hides what is installed."""
    done = subprocess.run([sys.executable, "-S", "-E", script], capture_output=True, text=True)
    assert done.returncode == 1
    assert done.stdout == ""
    (line,) = done.stderr.splitlines()
    assert " not installed: pip install -e " in line


@pytest.fixture
def nothing_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    for package in EXTRAS:
        monkeypatch.setitem(sys.modules, package, None)


@pytest.mark.usefixtures("nothing_installed")
def test_a_missing_package_ends_the_rows(capsys: pytest.CaptureFixture[str]) -> None:
    def rows() -> Iterator[Row]:
        yield Row("first", 1)
        raise ModuleNotFoundError("No module named 'timm.optim'", name="timm.optim")

    with pytest.raises(NotInstalled, match=r'^timm is not installed: pip install -e "\.\[timm\]"$'):
        show(rows())
    assert capsys.readouterr().out.startswith("first")


@pytest.mark.parametrize("name", ["nowhere", "paramrules.nowhere"])
def test_a_mistake_of_a_benchmark_stays_one(name: str) -> None:
    with pytest.raises(ModuleNotFoundError, match=name), needed():
        import_module(name)


@pytest.mark.usefixtures("nothing_installed")
def test_parts_are_measured_where_they_can_be() -> None:
    def torch() -> Iterator[Row]:
        raise ModuleNotFoundError(name="torch")
        yield

    def jax() -> Iterator[Row]:
        require("json")
        yield Row("jax", 1)
        raise ModuleNotFoundError(name="jax.numpy")

    rows = each(torch, jax, torch)
    assert next(rows) == Row("jax", 1)
    with pytest.raises(NotInstalled, match=r'^torch, jax are not installed: .* "\.\[optax,torch\]"$'):
        next(rows)


def test_run_leaves_out_what_lacks_a_package(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    for name in ("bench_torch", "bench_parity"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    assert run.measured("bench_parity") == []
    assert capsys.readouterr().err == 'torch is not installed: pip install -e ".[torch]"\n'


def test_every_extra_is_one_of_pyproject() -> None:
    text = (ROOT / "pyproject.toml").read_text("utf-8")
    assert all(f"\n{extra} = [" in text for extra in set(EXTRAS.values()) - {""})
