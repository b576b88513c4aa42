"""`paramrules ci`."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from support import Ran

from paramrules.projects import Models

Run = Callable[..., Ran]

SETTINGS = """\
[[targets]]
rules = "net.rules"
models = ["net.py:model"]

[[targets]]
rules = "small.rules"
models = ["net.py:model"]
"""
HOLDS = """\
[decay]
no_decay: ndim <= 1
decay:    else
expect no_decay: role == bias
"""
SMALL = "bias: role == bias -> lr_scale = 0.5\nrest: else\n"
OK = """\
step   file             result   details
check  net.rules        ok
fmt    net.rules        ok
test   net.rules        ok       1 passed, 0 failed, 100 % reached
lock   net.rules.lock   ok
check  small.rules      ok
fmt    small.rules      ok
test   small.rules      ok       no `expect`, 100 % reached
7 steps: no findings
"""


@pytest.fixture(autouse=True)
def project(folder: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two rule files for one model, the first of them locked."""
    monkeypatch.setattr("paramrules.locks.locked.versions_of", lambda inventory: {})
    (folder / "paramrules.toml").write_text(SETTINGS)
    (folder / "net.rules").write_text(HOLDS)
    (folder / "small.rules").write_text(SMALL)
    assert run("fmt").code == 0
    assert run("lock", "net.rules").code == 0
    return folder


def rows(ran: Ran) -> list[str]:
    """The rows of the table, and the summary."""
    return [" ".join(line.split()) for line in ran.out.splitlines()[1:]]


def test_all_is_well(run: Run) -> None:
    code, out, err = run("ci")
    assert (code, err) == (0, "")
    assert [line.split() for line in out.splitlines()] == [line.split() for line in OK.splitlines()]
    assert run("ci", "-q") == (0, "", "")
    assert run("ci", "--format", "github") == (0, "", "")


@pytest.mark.parametrize(
    ("skip", "left"),
    [
        ("lock", "check fmt test check fmt test"),
        ("test", "check fmt lock check fmt"),
        ("test lock", "check fmt check fmt"),
        ("check fmt test", "lock"),
        ("check fmt test lock", ""),
    ],
)
def test_steps_are_skipped(
    skip: str, left: str, run: Run, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if {"test", "lock"} <= set(skip.split()):
        monkeypatch.setattr(Models, "inventories", lambda models: 1 / 0)
    code, out, err = run("ci", *(word for step in skip.split() for word in ("--skip", step)))
    assert (code, err) == (0, "")
    assert [line.split()[0] for line in out.splitlines()[1:-1]] == left.split()
    assert run("ci", "--skip", "tests").code == 2


def test_a_model_of_several_targets_is_built_once(
    run: Run, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = '[[targets]]\nrules = "small.rules"\nmodels = ["net.py:make"]\n'
    (project / "paramrules.toml").write_text(SETTINGS + other)
    built = []
    inventories = Models.inventories

    def counting(models: Models) -> object:
        built.append([name.text for name in models.names])
        return inventories(models)

    monkeypatch.setattr(Models, "inventories", counting)
    assert run("ci").code == 0
    assert built == [["net.py:model"], ["net.py:make"]]


def test_every_step_finds_its_own(run: Run, project: Path) -> None:
    (project / "net.rules").write_text(HOLDS.replace("ndim <= 1", "ndim<=2").replace("bias", "other"))
    (project / "small.rules").write_text(SMALL + "late: ndim == 1\n")
    ran = run("ci")
    assert ran.code == 1
    assert rows(ran)[:4] == [
        "check net.rules ok",
        "fmt net.rules 1 error",
        "test net.rules 1 error 0 passed, 1 failed, 50 % reached",
        "lock net.rules.lock 1 error",
    ]
    assert rows(ran)[4:] == [
        "check small.rules 1 error",
        "fmt small.rules ok",
        "test small.rules skipped see above",
        "",
        "moved from to settings tensors parameters names",
        "decay no_decay weight_decay - -> 0 4 96.8k wte.weight, h.{0,1}.fc.weight, norm.g",
        "",
        "gone: 1 group (decay)",
        "7 steps: 4 errors",
    ]


def test_an_unformatted_file_is_annotated_where_it_first_differs(run: Run, project: Path) -> None:
    (project / "net.rules").write_bytes(HOLDS.replace("    else", " else").replace("\n", "\r\n").encode())
    assert run("ci", "--format", "github") == (
        1,
        "::error title=E941,file=net.rules,line=3,endLine=3,col=1,endColumn=12::`net.rules` is not formatted"
        "%0Ahelp: `paramrules fmt` formats it; with `--diff`, it shows what would change\n",
        "",
    )
    assert run("fmt", "net.rules").code == 0
    assert run("ci").code == 0


def test_line_ends_of_two_kinds_are_found_in_the_first_line(run: Run, project: Path) -> None:
    text = (project / "net.rules").read_bytes()
    (project / "net.rules").write_bytes(text.replace(b"\n", b"\r\n", 1))
    assert (
        "::error title=E941,file=net.rules,line=1,endLine=1,col=1,endColumn=8::"
        in run("ci", "--format", "github").out
    )


def test_what_cannot_be_used_does_not_stop_the_others(run: Run, project: Path) -> None:
    (project / "paramrules.toml").write_text(SETTINGS.replace("net.py:model", "net.py:missing", 1))
    ran = run("ci", "--json")
    assert ran.code == 2
    answer = json.loads(ran.out)
    assert [(each["step"], each["file"], each["result"], each["errors"]) for each in answer["steps"]] == [
        ("check", "net.rules", "ok", 0),
        ("fmt", "net.rules", "ok", 0),
        ("test", "net.rules", "unusable", 1),
        ("lock", "net.rules.lock", "skipped", 0),
        ("check", "small.rules", "ok", 0),
        ("fmt", "small.rules", "ok", 0),
        ("test", "small.rules", "ok", 0),
    ]
    assert [finding["code"] for finding in answer["findings"]] == ["E701"]


def test_a_file_that_cannot_be_read(run: Run, project: Path) -> None:
    (project / "small.rules").write_bytes(b"\xff")
    ran = run("ci")
    assert ran.code == 2
    assert [row for row in rows(ran) if "small" in row] == [
        "check small.rules 1 error",
        "fmt small.rules skipped see above",
        "test small.rules skipped see above",
    ]


def test_a_lock_that_cannot_be_read(run: Run, project: Path) -> None:
    (project / "net.rules.lock").write_text("nothing\n")
    ran = run("ci")
    assert ran.code == 2
    assert "lock net.rules.lock 1 error" in rows(ran)
    assert "error[E902]" in ran.err


def test_a_target_without_models(run: Run, project: Path) -> None:
    (project / "paramrules.toml").write_text('[[targets]]\nrules = "net.rules"\n')
    assert rows(run("ci")) == [
        "check net.rules ok",
        "fmt net.rules ok",
        "test net.rules skipped no models in the settings",
        "lock net.rules.lock skipped no models in the settings",
        "4 steps: no findings",
    ]
    (project / "net.rules.lock").unlink()
    assert rows(run("ci"))[2:] == [
        "test net.rules skipped no models in the settings",
        "3 steps: no findings",
    ]


def test_severities_of_the_settings_decide(run: Run, project: Path) -> None:
    (project / "small.rules").write_text("bias: role == bias\ngone: name ~ lost\nrest: else\n")
    run("fmt")
    assert "test small.rules 1 warning no `expect`, 66 % reached" in rows(run("ci"))
    assert run("ci").code == 0
    assert run("ci", "--fail-on", "warning").code == 1
    (project / "paramrules.toml").write_text('severity = { W201 = "error" }\n' + SETTINGS)
    assert "test small.rules 1 error no `expect`, 66 % reached" in rows(run("ci"))
    assert run("ci").code == 1
    (project / "paramrules.toml").write_text('severity = { W201 = "note" }\n' + SETTINGS)
    assert "test small.rules ok no `expect`, 66 % reached" in rows(run("ci"))


def test_a_finding_of_a_file_that_two_include_is_printed_once(run: Run, project: Path) -> None:
    (project / "shared.rules").write_text("let first = name ~ h.0\n")
    for name in ("net.rules", "small.rules"):
        (project / name).write_text('include "shared.rules"\n\nbias: first -> lr_scale = 0.5\nrest: else\n')
    run("fmt")
    run("lock", "net.rules")
    ran = run("ci")
    assert [row for row in rows(ran) if row.startswith("check")] == [
        "check net.rules 1 warning",
        "check small.rules 1 warning",
    ]
    assert ran.err.count("warning[W402]") == 1
    assert rows(ran)[-1] == "7 steps: 1 warning"


def test_no_settings(run: Run, project: Path) -> None:
    (project / "paramrules.toml").write_text("")
    assert run("ci").err.endswith("`paramrules.toml` names no rule file: write `[[targets]]`\n")
    (project / "paramrules.toml").unlink()
    ran = run("ci")
    assert ran.code == 2
    assert ran.err.endswith(
        "list rule files and models in `[tool.paramrules]` of `pyproject.toml`, or run this in the folder "
        "that has settings\n"
    )
