"""The exit codes, alike in all commands."""

from collections.abc import Callable
from pathlib import Path

import pytest
from support import Ran

from paramrules.cli.exit_codes import Exit, exit_code
from paramrules.diagnostics import Diagnostic

ERROR, WARNING, NOTE = (Diagnostic(code, "x") for code in ("E206", "W201", "N203"))
NET = ("--model", "net.py:model")


@pytest.mark.parametrize(
    ("findings", "codes"),
    [
        ([], (0, 0, 0)),
        ([NOTE], (0, 0, 1)),
        ([WARNING], (0, 1, 1)),
        ([ERROR], (1, 1, 1)),
        ([NOTE, WARNING], (0, 1, 1)),
        ([Diagnostic("W201", "x", strict=True)], (1, 1, 1)),
    ],
)
def test_findings_count_from_a_severity_on(findings: list[Diagnostic], codes: tuple[int, ...]) -> None:
    assert tuple(exit_code(findings, least) for least in ("error", "warning", "note")) == codes


@pytest.mark.parametrize("outcome", list(Exit))
def test_the_higher_code_prevails(outcome: Exit) -> None:
    assert exit_code([ERROR], "error", outcome) == max(outcome, 1)
    assert exit_code([], "note", outcome) == outcome


@pytest.fixture(autouse=True)
def files(folder: Path) -> None:
    rules = {
        "clean": "all: else\n",
        "noted": "a: ndim <= 1 or type(RMSNorm)\nb: else\n",
        "warned": "a: ndim <= 1 or name ~ nowhere\nb: else\n",
        "failing": "a: ndim <= 1\nb: else\nexpect a: ndim == 2\n",
        "broken": "a: ndm <= 1\n",
        "dotted": "x: name ~ blocks.1\n",
        "unlike": "a: shape == (256, 64) -> weight_decay = 0\nb: else\n",
    }
    for name, text in rules.items():
        (folder / f"{name}.rules").write_text(text)
    (folder / "latin.rules").write_bytes(b"# \xe9\nall: else\n")
    (folder / "small.py").write_text(
        "from support import inventory_of\nimport net\n"
        "model = inventory_of(['norm.weight', {'name': 'h.0.fc.weight', 'shape': [2, 64]}])\n"
    )
    (folder / "bad.json").write_text("{}")


def test_check(run: Callable[..., Ran]) -> None:
    assert run("check", "clean.rules").code == 0
    assert run("check", "dotted.rules").code == 0
    assert run("check", "dotted.rules", "--fail-on", "warning").code == 1
    assert run("check", "broken.rules").code == 1
    assert run("check", "broken.rules", "missing.rules").code == 2
    assert run("check", "latin.rules").code == 2
    assert run("check").code == 2


@pytest.mark.parametrize("command", [("show",), ("explain", "norm.weight"), ("test",)])
def test_on_a_model(command: tuple[str, ...], run: Callable[..., Ran]) -> None:
    name, *more = command

    def code(rules: str, *words: str) -> int:
        return run(name, f"{rules}.rules", *more, *NET, *words).code

    assert code("clean") == code("noted") == code("noted", "--strict") == code("warned") == 0
    assert code("noted", "--fail-on", "warning") == 0
    assert code("noted", "--fail-on", "note") == (0 if name == "test" else 1)  # which shows no notes
    assert code("warned", "--fail-on", "warning") == code("warned", "--fail-on", "note") == 1
    assert code("failing") == code("warned", "--strict") == 1
    assert code("broken") == code("missing") == code("clean", "--option", "x=1") == 2
    assert code("clean", "--fail-on", "nothing") == 2
    assert run(name, "clean.rules", *more, "--model", "bad.json").code == 2
    assert run(name, "clean.rules", *more, "--model", "net.py:missing").code == 2


def test_explain_of_a_name_that_is_not_there(run: Callable[..., Ran]) -> None:
    assert run("explain", "clean.rules", "nowhere", *NET).code == 2


def test_parity(run: Callable[..., Ran]) -> None:
    def code(rules: str, other: str, *words: str) -> int:
        return run("parity", f"{rules}.rules", *NET, "--model", other, *words).code

    assert code("clean", "net.py:model", "--fail-on", "note") == 0
    assert code("clean", "small.py:model") == code("unlike", "small.py:model") == 1
    assert code("broken", "net.py:model") == code("clean", "bad.json") == 2
    assert code("clean", "net.py:model", "--mapping", "missing.map") == 2


def test_inventory(run: Callable[..., Ran]) -> None:
    assert run("inventory", "net.py:model", "-o", "-").code == 0
    assert run("inventory", "bad.json", "-o", "-").code == 2
    assert run("inventory", "net.py:model", "-o", "missing/net.json").code == 2
