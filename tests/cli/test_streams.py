"""Output streams that are closed, full, gone, or know few characters: the exit code is always the same."""

import errno
import io
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import click
import pytest
from support import Ran
from test_running import process

from paramrules.cli import answer, printed_answer


@pytest.fixture(autouse=True)
def in_folder(folder: Path) -> Path:
    (folder / "bad.rules").write_text("x: ndm <= 1\n")
    return folder


def closed_pipe() -> int:
    """The writing end of a pipe that nobody reads."""
    reading, writing = os.pipe()
    os.close(reading)
    return writing


@pytest.mark.parametrize(("file", "code"), [("net.rules", 0), ("bad.rules", 1)])
@pytest.mark.parametrize("stream", ["stdout", "stderr"])
def test_a_reader_that_goes_away_does_not_change_the_exit_code(
    run: Callable[..., Ran], file: str, code: int, stream: str
) -> None:
    other = "stderr" if stream == "stdout" else "stdout"
    writing = closed_pipe()
    ran = process("check", file, **{stream: writing, other: subprocess.PIPE})
    os.close(writing)
    assert ran.returncode == code
    whole = run("check", file)
    assert getattr(ran, other) == (whole.out if other == "stdout" else whole.err)


def test_nor_does_one_that_goes_away_from_colors(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    Path("clean.rules").write_text("all: else\n")
    writing = closed_pipe()
    assert process("show", "clean.rules", "-m", "net.py:make", "--names", stdout=writing).returncode == 0
    os.close(writing)


@pytest.mark.parametrize(("file", "code"), [("net.rules", 0), ("bad.rules", 1)])
@pytest.mark.parametrize("closed", [">&-", "2>&-", ">&- 2>&-"])
def test_closed_streams_do_not_change_the_exit_code(
    run: Callable[..., Ran], file: str, code: int, closed: str
) -> None:
    command = f'"{sys.executable}" -m paramrules check {file} {closed}'
    ran = subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=False)
    assert ran.returncode == code
    assert ran.stderr == ("" if "2>&-" in closed else run("check", file).err)


GONE = """\
error[E101]: the current folder does not exist any more
  = help: `cd` into a folder that exists

"""


@pytest.mark.parametrize("words", [(), ("-m", "paramrules")], ids=["the command", "the module"])
def test_the_current_folder_is_gone(words: tuple[str, ...], tmp_path: Path) -> None:
    """It is asked in a shell that stands in the folder, as in one whose branch somebody has switched."""
    start = words or ("-c", "from paramrules.starting import run; run()")
    script = 'cd gone && rmdir ../gone && exec "$0" "$@"'
    for command in (("check", "../net.rules"), ("fmt",), ("show", "a.rules", "-m", "a.json"), ("ci",)):
        (tmp_path / "gone").mkdir()
        ran = subprocess.run(
            ["sh", "-c", script, sys.executable, *start, *command],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
        assert (ran.returncode, ran.stdout, ran.stderr) == (2, "", GONE)


def test_the_current_folder_is_gone_within(run: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch) -> None:
    """The same without a process, where coverage sees it."""

    def gone() -> str:
        raise FileNotFoundError

    monkeypatch.setattr(os, "getcwd", gone)
    assert run("check", "net.rules") == (2, "", GONE)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_standard_output_that_cannot_be_written(unbuffered: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONUNBUFFERED", unbuffered)
    with open("/dev/full", "w") as full:
        ran = process("check", "net.rules", stdout=full, stderr=subprocess.PIPE)
        both = process("check", "net.rules", stdout=full, stderr=full)
    error = "error[E703]: standard output cannot be written: no space left on device\n"
    error += "  = help: free some space, or name a file on another disk\n\n"
    assert (ran.returncode, ran.stderr) == (2, error)
    assert both.returncode == 2


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
@pytest.mark.parametrize("arguments", [("nope",), ("check", "--nope"), ("check", "none.rules"), ("--nope",)])
@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_standard_error_that_cannot_be_written(
    arguments: tuple[str, ...], unbuffered: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONUNBUFFERED", unbuffered)
    with open("/dev/full", "w") as full:
        assert process(*arguments, stdout=subprocess.PIPE, stderr=full).returncode == 2
        assert process(*arguments, stdout=full, stderr=full).returncode == 2


def test_standard_error_that_cannot_be_written_within(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same without a process, where coverage sees it."""

    def full() -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with open(folder / "errors", "w") as stderr:
        monkeypatch.setattr(sys, "stderr", stderr)
        printed_answer.tell(full)
        print("lost", file=stderr)
    assert (folder / "errors").read_text() == ""


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "utf-8"])
def test_characters_that_a_stream_does_not_know(encoding: str) -> None:
    Path("b.rules").write_text("b: else\nwörter_✓: else\n", encoding="utf-8")
    environment = os.environ | {"PYTHONIOENCODING": encoding}
    ran = subprocess.run(
        [sys.executable, "-m", "paramrules", "check", "b.rules"],
        capture_output=True,
        env=environment,
        check=False,
    )
    assert ran.returncode == 1
    assert ran.stdout == b"1 file: 1 error\n"
    line = " 2 | wörter_✓: else".encode(encoding, errors="backslashreplace")
    assert line in ran.stderr.splitlines()


def test_streams_are_prepared(monkeypatch: pytest.MonkeyPatch) -> None:
    out = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    monkeypatch.setattr(sys, "stdout", out)
    monkeypatch.setattr(sys, "stderr", None)
    printed_answer.prepare_streams()
    print("é", file=sys.stdout, flush=True)
    assert out.buffer.getvalue() == b"\\xe9\n"
    with sys.stderr as devnull:
        assert devnull.name == os.devnull
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    printed_answer.prepare_streams()


@pytest.mark.parametrize(("error", "code"), [(BrokenPipeError(), 0), (OSError(28, "No space left"), 2)])
def test_output_that_cannot_be_written_is_dropped(
    error: OSError,
    code: int,
    monkeypatch: pytest.MonkeyPatch,
    in_folder: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The processes above, from inside."""
    with open(in_folder / "out", "w") as out:
        monkeypatch.setattr(sys, "stdout", out)

        def fail(*_: object) -> None:
            raise error

        monkeypatch.setattr(printed_answer, "print_blocks", fail)
        with pytest.raises(SystemExit) as ended:
            answer.Command("none", callback=answer.Answer).main([])
        assert ended.value.code == code
        out.write("dropped")
    assert (in_folder / "out").read_text() == ""
    shown = "error[E703]: standard output cannot be written: no space left\n"
    shown += "  = help: free some space, or name a file on another disk\n\n"
    assert capsys.readouterr().err == (shown if code else "")


HELP = [("--help",), ("--version",), ("check", "--help")]


@pytest.mark.parametrize("words", HELP)
def test_nobody_has_to_read_the_help(words: tuple[str, ...]) -> None:
    writing = closed_pipe()
    ran = process(*words, stdout=writing, stderr=subprocess.PIPE)
    os.close(writing)
    assert (ran.returncode, ran.stderr) == (0, "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
@pytest.mark.parametrize("words", HELP)
def test_help_that_cannot_be_written(words: tuple[str, ...]) -> None:
    with open("/dev/full", "w") as full:
        ran = process(*words, stdout=full, stderr=subprocess.PIPE)
    error = "error[E703]: standard output cannot be written: no space left on device\n"
    error += "  = help: free some space, or name a file on another disk\n\n"
    assert (ran.returncode, ran.stderr) == (2, error)


@pytest.mark.parametrize(("error", "code"), [(BrokenPipeError(), 0), (OSError(28, "No space left"), 2)])
def test_help_that_is_dropped(
    error: OSError, code: int, monkeypatch: pytest.MonkeyPatch, in_folder: Path
) -> None:
    """The processes above, from inside."""
    with open(in_folder / "out", "w") as out:
        monkeypatch.setattr(sys, "stdout", out)
        with pytest.raises(click.exceptions.Exit) as ended, printed_answer.writing_help():
            raise error
        assert ended.value.exit_code == code
        out.write("dropped")
    assert (in_folder / "out").read_text() == ""


def test_a_server_without_input_ends() -> None:
    command = f'"{sys.executable}" -m paramrules lsp <&-'
    ran = subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "", "")


def test_a_closed_input_is_empty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", None)
    printed_answer.prepare_streams()
    with sys.stdin as devnull:
        assert devnull.read() == ""
