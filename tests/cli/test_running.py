"""The command as a process, and what ends it early."""

import io
import os
import runpy
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import click
import pytest
from conftest import Ran

import paramrules
from paramrules.cli import answer

HELP = """\
Usage: paramrules [OPTIONS] COMMAND [ARGS]...

  Optimizer parameter groups from one rule file.

  The exit code is 0 where nothing was found, 1 where there is a finding (an
  error or a warning), 2 where the command line is wrong.

Options:
  --version   Show the version and exit.
  -h, --help  Show this message and exit.

Commands:
  check      Find the mistakes in rule files, without a model.
  show       Show the groups that a rule file makes of a model.
  explain    Say why a parameter is in its group.
  test       Run the `expect` statements of a rule file on a model.
  inventory  Save the facts about a model's parameters as JSON.
  parity     Say whether a rule file means the same on two models.
"""


def process(*arguments: str, **more: object) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "paramrules", *arguments]
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[1])}
    return subprocess.run(command, text=True, env=environment, check=False, **more)  # type: ignore[call-overload,no-any-return]


def test_help(run: Callable[..., Ran]) -> None:
    assert run("--help") == (0, HELP, "")


def test_version(run: Callable[..., Ran]) -> None:
    assert run("--version") == (0, f"paramrules, version {paramrules.__version__}\n", "")


def test_an_unknown_command(run: Callable[..., Ran]) -> None:
    code, out, err = run("chek", "net.rules")
    assert (code, out) == (2, "")
    assert "No such command 'chek'" in err


@pytest.mark.usefixtures("folder")
def test_as_a_module() -> None:
    ran = process("check", "net.rules", capture_output=True)
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "1 file: no findings\n", "")


@pytest.mark.usefixtures("folder")
def test_as_a_module_inside_this_process(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["paramrules", "check", "net.rules"])
    with pytest.raises(SystemExit) as ended:
        runpy.run_module("paramrules", run_name="__main__")
    assert (ended.value.code, capsys.readouterr().out) == (0, "1 file: no findings\n")


@pytest.mark.usefixtures("folder")
def test_a_reader_that_goes_away_is_no_failure_worth_words() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    ran = process("show", "net.rules", "-m", "net.py:model", stdout=writing, stderr=subprocess.PIPE)
    os.close(writing)
    assert (ran.returncode, ran.stderr) == (141, "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
@pytest.mark.usefixtures("folder")
def test_standard_output_that_cannot_be_written() -> None:
    with open("/dev/full", "w") as full:
        ran = process("show", "net.rules", "-m", "net.py:model", stdout=full, stderr=subprocess.PIPE)
    said = "error[E703]: standard output cannot be written: No space left on device\n\n"
    assert (ran.returncode, ran.stderr) == (1, said)


def test_ctrl_c(run: Callable[..., Ran]) -> None:
    Path("slow.py").write_text("def make():\n    raise KeyboardInterrupt\n")
    assert run("show", "net.rules", "--model", "slow.py:make") == (130, "", "interrupted\n")


def test_findings_are_coloured_in_a_terminal_only(monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    finding = paramrules.Diagnostic("E504", "no backend knows it")
    plain = "error[E504]: no backend knows it\n\n"
    for stream, no_color, expected in (
        (Terminal(), "", "\x1b[1;31merror[E504]\x1b[0m\x1b[1m: no backend knows it\x1b[0m\n\n"),
        (Terminal(), "1", plain),
        (io.StringIO(), "", plain),
    ):
        monkeypatch.setattr(sys, "stderr", stream)
        monkeypatch.setenv("NO_COLOR", no_color)
        answer.report([finding])
        assert stream.getvalue() == expected


@pytest.mark.parametrize(("error", "code"), [(BrokenPipeError(), 141), (OSError(28, "No space left"), 1)])
def test_what_could_not_be_written_is_dropped(
    error: OSError,
    code: int,
    monkeypatch: pytest.MonkeyPatch,
    folder: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """What the two processes above showed from outside, from inside."""
    with open(folder / "out", "w") as out:
        monkeypatch.setattr(sys, "stdout", out)

        def fail(*_: object) -> None:
            raise error

        monkeypatch.setattr(answer, "print_blocks", fail)
        with pytest.raises(SystemExit) as ended:
            answer.Command("none", callback=answer.Answer).main([])
        assert ended.value.code == code
        out.write("dropped")
    assert (folder / "out").read_text() == ""
    said = "error[E703]: standard output cannot be written: No space left\n\n"
    assert capsys.readouterr().err == ("" if code == 141 else said)
    assert isinstance(answer.Command("none"), click.Command)
