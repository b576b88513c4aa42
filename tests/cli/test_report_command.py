"""`paramrules report`: one HTML page about the groups."""

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from support import Ran, git

MODEL = ("-m", "net.py:model")
RULES = """\
[decay]
no_decay: ndim <= 1 or role == embedding -> weight_decay = 0
decay: else
[lr]
block_{i}: name ~ ^h\\.(?<i>\\d+)\\. -> lr_scale = 0.5 ** i
rest: else
"""


@pytest.fixture(autouse=True)
def rules(folder: Path) -> None:
    """Write rules of which nothing is wrong."""
    Path("net.rules").write_text(RULES)


def test_a_page_is_written(run: Callable[..., Ran]) -> None:
    code, out, err = run("report", "net.rules", *MODEL, "-o", "report.html")
    text = Path("report.html").read_text("utf-8")
    assert (code, err) == (0, "")
    assert out == "report.html: 1 model, 7 tensors\n"
    assert text.startswith("<!DOCTYPE html>\n")
    assert "<h2><span>net.rules</span> on <span>net.py:model</span></h2>" in text
    assert "optimizer state" not in text.partition("<script")[0]


def test_an_old_page_is_replaced_by_the_same_bytes(run: Callable[..., Ran]) -> None:
    Path("report.html").write_text("before")
    run("report", "net.rules", *MODEL, "-o", "report.html")
    first = Path("report.html").read_bytes()
    run("report", "net.rules", *MODEL, "-o", "report.html")
    assert Path("report.html").read_bytes() == first
    assert first != b"before"


def test_what_was_there_stays_where_rules_are_wrong(run: Callable[..., Ran]) -> None:
    Path("report.html").write_text("before")
    Path("net.rules").write_text("a: b\n")
    assert run("report", "net.rules", *MODEL, "-o", "report.html").code == 2
    assert Path("report.html").read_text() == "before"


def test_a_place_that_cannot_be_written(run: Callable[..., Ran]) -> None:
    assert run("report", "net.rules", *MODEL, "-o", "missing/report.html") == (
        2,
        "",
        "error[E703]: `missing/report.html` cannot be written: no such file or directory\n"
        "  = help: name a file in a folder that exists and is writable\n\n",
    )


def test_standard_output_and_json(run: Callable[..., Ran]) -> None:
    code, out, err = run("report", "net.rules", *MODEL, "-o", "-")
    assert (code, err) == (0, "")
    assert out.startswith("<!DOCTYPE html>")
    assert run("report", "net.rules", *MODEL, "-o", "-", "-q").out == out
    models = [
        {
            "rules": "net.rules",
            "name": "net.py:model",
            "model": "net.py:model",
            "framework": "torch",
            "tensors": 7,
            "parameters": 97408,
            "groups": 6,
        }
    ]
    answer = json.loads(run("report", "net.rules", *MODEL, "-o", "-", "--json").out)
    assert answer == {"version": 1, "file": "-", "models": models, "html": out, "findings": []}
    answer = json.loads(run("report", "net.rules", *MODEL, "-o", "report.html", "--json").out)
    assert answer == {"version": 1, "file": "report.html", "models": models, "findings": []}


def test_several_models_and_findings(run: Callable[..., Ran]) -> None:
    Path("net.rules").write_text("never: ndim > 5\nall: else\n")
    models = (*MODEL, "-m", "net.py:make")
    code, out, err = run("report", "net.rules", *models, "-o", "report.html")
    assert (code, err.count("warning[W201]")) == (0, 1)
    assert out == "report.html: 2 models, 14 tensors\n"
    assert run("report", "net.rules", *MODEL, "-o", "report.html", "--strict").code == 1
    assert Path("report.html").read_text("utf-8").count('<article class="view"') == 1


@pytest.mark.frameworks
def test_state(run: Callable[..., Ran]) -> None:
    run("report", "net.rules", *MODEL, "-o", "report.html", "--state", "adamw")
    text = Path("report.html").read_text("utf-8").partition("<script")[0]
    assert "<dt>optimizer state</dt><dd>761 KiB</dd>" in text


@pytest.mark.parametrize("against", ["old.rules", "net.rules.lock", "main:net.rules", "main"])
def test_what_moved(run: Callable[..., Ran], against: str) -> None:
    git("init", ".")
    git("add", "net.rules")
    git("commit", "-m", "rules")
    run("lock", "net.rules", *MODEL)
    os.link("net.rules", "old.rules")
    Path("new.rules").write_text(Path("net.rules").read_text().replace("ndim <= 1", "role == bias"))
    os.replace("new.rules", "net.rules")
    assert run("report", "net.rules", *MODEL, "--against", against, "-o", "report.html").code == 0
    text = Path("report.html").read_text("utf-8")
    assert f"<p>Compared with <code>{against}</code>: 1 tensor moved.</p>" in text


def test_a_file_that_a_revision_does_not_have(run: Callable[..., Ran]) -> None:
    git("init", ".")
    git("commit", "--allow-empty", "-m", "nothing")
    assert run("report", "net.rules", *MODEL, "--against", "main", "-o", "report.html").code == 0
    text = Path("report.html").read_text("utf-8")
    assert "<p>Nothing to compare: <code>main</code> does not have <code>net.rules</code>.</p>" in text


def test_something_else_to_compare_with(run: Callable[..., Ran]) -> None:
    command = ("report", "net.rules", *MODEL, "-o", "report.html", "--against")
    assert run(*command, "olt.rules").err.startswith("error[E101]: ")
    git("init", ".")
    assert run(*command, "mian").err.startswith("error[E911]: ")
    assert not Path("report.html").exists()


def test_findings_are_those_that_the_settings_leave(run: Callable[..., Ran]) -> None:
    Path("net.rules").write_text("never: ndim > 5\nall: else\n")
    for setting, count in (("off", 0), ("note", 1)):
        Path("paramrules.toml").write_text(f'[severity]\nW201 = "{setting}"\n')
        run("report", "net.rules", *MODEL, "-o", "report.html")
        text = Path("report.html").read_text("utf-8")
        assert text.count(f'<b class="{setting}">{setting} W201</b>') == count
        assert ("<h3>Findings</h3>" in text) is (count == 1)


def test_all_targets_of_the_settings(run: Callable[..., Ran]) -> None:
    Path("other.rules").write_text("all: else\n")
    targets = (
        f'[[targets]]\nrules = "{name}"\nmodels = ["net.py:model"]\n' for name in ("net.rules", "other.rules")
    )
    Path("paramrules.toml").write_text("".join(targets))
    assert run("report", "-o", "report.html").out == "report.html: 2 models, 14 tensors\n"
    text = Path("report.html").read_text("utf-8")
    assert "<title>net.rules and other.rules: parameter groups</title>" in text
