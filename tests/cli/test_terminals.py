"""The command in a terminal, and characters that must not reach one."""

import json
import os
import pty
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from support import Ran

HOSTILE = "\x1b[2J\x9b\x7f\u202e\u200b\u3164\u2028\ud7ff\ufeff"
"""Escape sequences, a bidirectional override, zero-width and blank characters, a line separator."""

NETS = """\
from support import inventory_of

EVIL = {evil!r}


def make(flax=False):
    return inventory_of([
        {{"name": f"a{{EVIL}}.weight", "owner": f"nets.Norm{{EVIL}}", "around": [f"nets.Net{{EVIL}}"],
         "shape": [4], "role": "scale", "attributes": {{f"k{{EVIL}}": EVIL}},
         "also": [{{"name": f"b{{EVIL}}.weight", "owner": "nets.Other"}}]}},
        {{"name": f"c{{EVIL}}.{{'kernel' if flax else 'weight'}}", "owner": f"nets.Linear{{EVIL}}",
         "shape": [4, 8]}},
    ], framework="optax" if flax else "torch")
"""

RULES = "owned: type(Other) -> weight_decay = 0\nrest: ndim > 1 and leaf == 'weight' -> lr_scale = 0.5\n"


def in_terminal(*arguments: str, columns: int = 300, **environment: str) -> tuple[int, str]:
    """Run the command on a pseudo-terminal; return the exit code and what the terminal received."""
    master, slave = pty.openpty()
    variables = {key: value for key, value in os.environ.items() if key != "NO_COLOR"}
    variables |= {"TERM": "xterm", "COLUMNS": str(columns), "PYTHONPATH": str(Path(__file__).parents[1])}
    command = [sys.executable, "-m", "paramrules", *arguments]
    streams = {"stdin": slave, "stdout": slave, "stderr": slave}
    with subprocess.Popen(command, env=variables | environment, **streams) as ran:
        os.close(slave)
        received = b""
        while True:
            try:
                part = os.read(master, 65536)
            except OSError:  # Linux reports the end of a terminal so
                break
            if not part:
                break
            received += part
    os.close(master)
    return ran.returncode, received.decode().replace("\r\n", "\n")


def without_style(text: str) -> str:
    """The text without colours, and without what draws and removes a progress line."""
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]|\r", "", text)


@pytest.mark.usefixtures("folder")
def test_groups_in_colour() -> None:
    code, shown = in_terminal("show", "net.rules", "-m", "net.py:model")
    assert code == 1  # an expectation does not hold
    assert "\x1b[36mno_decay/block_0" in shown
    assert "building net.py:model" in shown
    code, plain = in_terminal("show", "net.rules", "-m", "net.py:model", NO_COLOR="1")
    assert code == 1
    assert "\x1b[36m" not in plain
    assert "no_decay/block_0  weight_decay=0, lr_scale=0.25" in without_style(plain)


@pytest.mark.usefixtures("folder")
def test_no_part_of_a_long_name_is_lost_in_a_narrow_terminal() -> None:
    name = ".".join(["encoder", *("abcdefghij" * 7)])
    Path("long.py").write_text(
        f"from support import inventory_of\nnet = inventory_of([{{'name': {name!r}}}])\n"
    )
    Path("all.rules").write_text("all: else\n")
    code, shown = in_terminal("show", "all.rules", "-m", "long.py:net", "--names", columns=60)
    assert code == 0
    assert "…" not in shown
    letters = "".join(line.split("  ")[0] for line in without_style(shown).splitlines()).replace(" ", "")
    assert name in letters


@pytest.mark.usefixtures("folder")
def test_findings_in_colour() -> None:
    Path("bad.rules").write_text("x: ndm <= 1\n")
    code, shown = in_terminal("check", "bad.rules")
    assert code == 1
    assert "\x1b[1;31merror[E301]\x1b[0m" in shown
    assert "\x1b" not in in_terminal("check", "bad.rules", NO_COLOR="1")[1]


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize("model", ["[/data]", "[/data]/x.py:make", "[bold]x:make('[/red]')"])
def test_markup_in_the_name_of_a_model_is_text(model: str) -> None:
    code, shown = in_terminal("show", "net.rules", "--model", model)
    assert code in (1, 2)
    assert "Traceback" not in shown
    assert model.partition(":")[0] in shown


@pytest.mark.usefixtures("folder")
def test_the_name_of_an_axis_is_not_markup() -> None:
    Path("axis.rules").write_text("[bold]\na: ndim <= 1\nb: else\n[red]\nc: else\n")
    code, shown = in_terminal("parity", "axis.rules", "-m", "net.py:model", "-m", "net.py:model")
    assert code == 0
    assert [line.split()[0] for line in without_style(shown).splitlines() if line.startswith("[")] == [
        "[bold]",
        "[red]",
    ]


@pytest.mark.usefixtures("folder")
def test_explain_test_and_inventory_in_a_terminal() -> None:
    code, shown = in_terminal("explain", "net.rules", "norm.g", "-m", "net.py:model")
    assert code == 1  # an expectation does not hold
    assert "won" in without_style(shown)
    assert in_terminal("test", "net.rules", "-m", "net.py:model")[0] in (0, 1)
    code, shown = in_terminal("inventory", "net.py:model", "-o", "-")
    assert code == 0
    text = without_style(shown)
    assert json.loads(text[text.index("{") : text.rindex("}") + 1])["framework"] == "torch"


def hostile(text: str) -> set[str]:
    return {c for c in text if c != "\n" and (not c.isprintable() or c == "\u3164")}


@pytest.fixture
def nets(folder: Path) -> Path:
    (folder / "evilnets.py").write_text(NETS.format(evil=HOSTILE))
    (folder / "evil\x1b[2J\u202e.rules").write_text(RULES)
    (folder / "evil.rules").write_text(RULES)
    (folder / "other.rules").write_text("all: else -> lr_scale = 3\n")
    return folder


@pytest.mark.usefixtures("nets")
@pytest.mark.parametrize(
    "arguments",
    [
        ("show", "evil.rules", "-m", "evilnets.py:make"),
        ("show", "evil\x1b[2J\u202e.rules", "-m", "evilnets.py:make"),
        ("show", "evil.rules", "-m", "evilnets.py:make", "--json"),
        ("explain", "evil.rules", f"a{HOSTILE}.weight", "-m", "evilnets.py:make"),
        ("explain", "evil.rules", f"d{HOSTILE}.weight", "-m", "evilnets.py:make"),
        ("parity", "evil\x1b[2J\u202e.rules", "-m", "evilnets.py:make", "-m", "evilnets.py:make(True)"),
        ("test", "evil.rules", "-m", "evilnets.py:make"),
        ("test", "evil\x1b[2J\u202e.rules", "-m", "evilnets.py:make"),
        ("inventory", "evilnets.py:make", "-o", "-"),
        ("inventory", "evilnets.py:make", "-o", "a\x1b[2J\u202e.json"),
        ("inventory", "evilnets.py:make", "-o", "-", "--json"),
        ("check", "evil\x1b[2J\u202e.rules", "missing\x1b[2J\u202e.rules"),
        ("check", "evil.rules", "--port\x1b[2J\u202e"),
        ("check", "evil.rules", "--fix", "--diff"),
        ("show", "evil.rules", "-m", "evilnets.py:make", "--names"),
        ("show", "evil.rules", "-m", "evilnets.py:make", "--names", "--format", "sarif"),
        ("fmt", "--diff", "evil\x1b[2J\u202e.rules"),
        ("fmt", "missing\x1b[2J\u202e.rules"),
        ("lock", "evil.rules", "-m", "evilnets.py:make"),
        ("lock", "evil\x1b[2J\u202e.rules", "-m", "evilnets.py:make", "--check"),
        ("diff", "evil.rules", "other.rules", "-m", "evilnets.py:make", "--names"),
        ("diff", "evil.rules", "other.rules", "-m", "evilnets.py:make", "--names", "--markdown"),
        ("diff", "evil.rules", "other.rules", "-m", "evilnets.py:make", "--json"),
        ("diff", "HEAD\x1b[2J\u202e:evil.rules", "other.rules", "-m", "evilnets.py:make"),
        ("test", "evil.rules", "-m", "evilnets.py:make", "--coverage"),
        ("rule", "W203\x1b[2J\u202e"),
        ("show", "evil.rules", "-m", "evilnets.py:\x1b[2J\u202e"),
        ("show", "evil.rules", "-m", "\x1b[2J\u202e.py:make"),
        ("show", "evil.rules", "-m", "evilnets.py:make", "--option", "\x1b[2J\u202e"),
        ("show\x1b[2J\u202e",),
    ],
    ids=lambda arguments: ascii(" ".join(arguments)),
)
def test_no_hostile_character_is_printed(run: Callable[..., Ran], arguments: tuple[str, ...]) -> None:
    ran = run(*arguments)
    assert hostile(ran.out) == set()
    assert hostile(ran.err) == set()
    assert ran.out + ran.err


@pytest.mark.usefixtures("nets")
def test_hostile_characters_are_escaped_in_a_terminal_too() -> None:
    code, shown = in_terminal("show", "evil\x1b[2J\u202e.rules", "-m", "evilnets.py:make")
    assert code == 0
    assert hostile(without_style(shown)) == set()
    assert "\x1b[2J" not in shown
    assert "tied: a\\x1b[2J\\x9b\\x7f\\u202e" in shown


@pytest.mark.usefixtures("nets")
@pytest.mark.parametrize(
    "arguments",
    [
        ("diff", "evil.rules", "other.rules", "-m", "evilnets.py:make", "--names"),
        ("lock", "evil\x1b[2J\u202e.rules", "-m", "evilnets.py:make"),
        ("fmt", "--diff", "evil\x1b[2J\u202e.rules"),
    ],
    ids=lambda arguments: arguments[0],
)
def test_what_is_reviewed_is_escaped_in_a_narrow_terminal(arguments: tuple[str, ...]) -> None:
    code, shown = in_terminal(*arguments, columns=20)
    assert code in (0, 1)
    assert hostile(without_style(shown)) == set()
    assert "\x1b[2J" not in shown


@pytest.mark.usefixtures("nets")
def test_a_traceback_is_escaped(run: Callable[..., Ran]) -> None:
    Path("raises.py").write_text("def make():\n    raise ValueError('\\x1b[2J')\n")
    ran = run("show", "evil.rules", "-m", "raises.py:make", "--traceback")
    assert ran.code == 2
    assert hostile(ran.err) == set()
    assert "ValueError: \\x1b[2J" in ran.err


COMMANDS = """\
from support import inventory_of


def make():
    return inventory_of(["::error::a", "  ::stop-commands::b", "c##[error]d", "a::b"])
"""


@pytest.mark.parametrize("forced", ["", "1"])
def test_names_are_not_commands_of_a_workflow(
    folder: Path, run: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch, forced: str
) -> None:
    (folder / "commands.py").write_text(COMMANDS)
    (folder / "all.rules").write_text("all: else\n")
    arguments = ("show", "all.rules", "-m", "commands.py:make", "--names")
    assert "\n::error::a" in run(*arguments).out
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("FORCE_COLOR", forced)
    ran = run(*arguments)
    lines = [re.sub(r"\x1b\[[0-9;]*m", "", line).strip() for line in ran.out.splitlines()]
    assert not any(line.startswith("::") or "##[" in line for line in lines)
    first = [line.split("  ")[0] for line in lines]
    assert r"\x3a:error::a" in first
    assert r"c\x23#[error]d" in first
    assert "a::b" in first
    ran = run("explain", "all.rules", "x##[error]y", "-m", "commands.py:make")
    assert r"x\x23#[error]y" in ran.err
    assert "##[" not in run("##[error]").err


@pytest.mark.usefixtures("folder")
def test_no_column_is_left_out_in_a_terminal_of_a_few_columns() -> None:
    shown = without_style(in_terminal("show", "net.rules", "-m", "net.py:model", columns=8)[1])
    heads = next(line for line in shown.splitlines() if line.startswith("group"))
    assert heads.split() == ["group", "settings", "tensors", "parameters", "share"]
