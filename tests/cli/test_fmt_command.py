"""`paramrules fmt`: what it writes, prints and exits with."""

import json
import stat
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner
from support import Ran

from paramrules.cli import main
from paramrules.cli.fmt_command import standard_input
from paramrules.cli.layout import print_blocks
from paramrules.display import DiffLine

UGLY, NEAT = "a:ndim<=1\nrest: else\n", "a:    ndim <= 1\nrest: else\n"
BROKEN = "a: (ndim\n"
MESSAGE = """\
error[E136]: `(` is not closed
  --> {}:1:4
   |
 1 | a: (ndim
   |    ^
   = help: write `)`; lines that continue the statement are indented

"""


@pytest.fixture
def files(folder: Path) -> dict[str, Path]:
    """An ugly, a neat and a broken file in the current folder, without the one that other tests need."""
    (folder / "net.rules").unlink()
    texts = {"ugly": UGLY, "neat": NEAT, "broken": BROKEN}
    paths = {name: folder / f"{name}.rules" for name in texts}
    for name, path in paths.items():
        path.write_text(texts[name])
    return paths


def test_files_are_formatted(run: Callable[..., Ran], files: dict[str, Path]) -> None:
    files["ugly"].chmod(0o640)
    assert run("fmt", "ugly.rules", "neat.rules") == (
        0,
        "reformatted ugly.rules\n1 file reformatted, 1 file left unchanged\n",
        "",
    )
    assert files["ugly"].read_text() == NEAT
    assert stat.S_IMODE(files["ugly"].stat().st_mode) == 0o640
    assert run("fmt", "ugly.rules", "neat.rules") == (0, "2 files left unchanged\n", "")
    assert run("fmt", "-q", "ugly.rules") == (0, "", "")


def test_a_file_with_an_error_is_left_alone_and_the_others_are_formatted(
    run: Callable[..., Ran], files: dict[str, Path]
) -> None:
    out = "reformatted ugly.rules\n1 file reformatted, 1 file left unchanged, 1 file with errors left alone\n"
    assert run("fmt") == (2, out, "\n" + MESSAGE.format("broken.rules"))
    assert files["ugly"].read_text() == NEAT
    assert files["broken"].read_text() == BROKEN
    assert run("fmt", "broken.rules") == (
        2,
        "1 file with errors left alone\n",
        MESSAGE.format("broken.rules"),
    )


def test_check_writes_nothing(run: Callable[..., Ran], files: dict[str, Path]) -> None:
    summary = "1 file would be reformatted, 1 file already formatted"
    assert run("fmt", "--check", "ugly.rules", "neat.rules") == (
        1,
        f"would reformat ugly.rules\n{summary}\n",
        "",
    )
    assert run("fmt", "--check", "-q", "ugly.rules") == (1, "", "")
    assert run("fmt", "--check", "neat.rules") == (0, "1 file already formatted\n", "")
    assert run("fmt", "--check", "neat.rules", "broken.rules").code == 2
    assert files["ugly"].read_text() == UGLY


def test_diff(run: Callable[..., Ran], files: dict[str, Path]) -> None:
    diff = "--- ugly.rules\n+++ ugly.rules\n@@ -1,2 +1,2 @@\n-a:ndim<=1\n+a:    ndim <= 1\n rest: else\n"
    assert run("fmt", "--diff", "ugly.rules", "neat.rules") == (1, diff, "")
    assert run("fmt", "--diff", "--check", "-q", "ugly.rules") == (1, diff, "")
    assert run("fmt", "--diff", "neat.rules") == (0, "1 file already formatted\n", "")
    assert files["ugly"].read_text() == UGLY


def test_a_diff_of_line_ends_and_tabs_can_be_applied(run: Callable[..., Ran], files: dict[str, Path]) -> None:
    files["ugly"].write_bytes(b"a: else #\tx\r\n[b]\t\r\nc: else")
    assert CliRunner().invoke(main, ["fmt", "--diff", "ugly.rules"]).stdout_bytes == (
        b"--- ugly.rules\n+++ ugly.rules\n@@ -1,3 +1,4 @@\n"
        b"-a: else #\tx\r\n-[b]\t\r\n-c: else\n\\ No newline at end of file\n"
        b"+a: else  #\tx\r\n+\r\n+[b]\r\n+c: else\r\n"
    )
    files["ugly"].write_bytes(b"")
    assert run("fmt", "--diff", "ugly.rules") == (0, "1 file already formatted\n", "")


def test_a_diff_is_coloured_in_a_terminal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    print_blocks([*map(DiffLine, ("--- a", "@@ -1 +1 @@", "-a\t\r", "+b\r", " c")), "+ no diff"])
    assert capsys.readouterr().out.splitlines() == [
        "\x1b[31m--- a\x1b[0m",
        "\x1b[36m@@ -1 +1 @@\x1b[0m",
        "\x1b[31m-a \x1b[0m",
        "\x1b[32m+b\x1b[0m",
        " c",
        "+ no diff",
    ]


def test_standard_input(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def ran(text: bytes, *options: str) -> tuple[int, bytes, str]:
        result = CliRunner().invoke(main, ["fmt", *options, "-"], input=text)
        return result.exit_code, result.stdout_bytes, result.stderr

    assert ran(UGLY.encode()) == (0, NEAT.encode(), "")
    assert ran(UGLY.encode(), "-q") == (0, NEAT.encode(), "")
    assert ran(b"\xef\xbb\xbfa:  else # \xc3\xa4\t\xe3\x85\xa4\r\n") == (
        0,
        b"a: else  # \xc3\xa4\t\xe3\x85\xa4\r\n",
        "",
    )
    assert ran(b"") == (0, b"", "")
    assert ran(BROKEN.encode()) == (2, b"", MESSAGE.format("<stdin>"))
    assert ran(b"\xff") == (
        2,
        b"",
        "error[E102]: `<stdin>` is not UTF-8: line 1 holds the byte 0xff\n  --> <stdin>:1:1\n   |\n"
        " 1 | \ufffd\n   | ^\n   = help: save it as UTF-8\n\n",
    )
    assert ran(b"#" * (2**20 + 1))[0] == 2
    with monkeypatch.context() as context:
        context.setattr("sys.stdin", None)  # closed before Python started
        assert standard_input().after == ""
    assert ran(UGLY.encode(), "--check") == (1, b"would reformat <stdin>\n1 file would be reformatted\n", "")
    assert ran(UGLY.encode(), "--diff")[1].startswith(b"--- <stdin>\n+++ <stdin>\n")


def test_standard_input_stands_alone(run: Callable[..., Ran], files: dict[str, Path]) -> None:
    code, out, err = run("fmt", "-", "ugly.rules")
    assert (code, out) == (2, "")
    assert err.endswith("Error: `-` stands alone: standard input is formatted to standard output\n")
    assert files["ugly"].read_text() == UGLY


def test_json(run: Callable[..., Ran], files: dict[str, Path]) -> None:
    code, out, err = run("fmt", "--json", "--diff", "ugly.rules", "neat.rules", "broken.rules")
    answer = json.loads(out)
    assert (code, err) == (2, "")
    assert answer["files"][1] == {"file": "neat.rules", "changed": False, "diff": ""}
    assert answer["files"][0]["diff"].endswith("-a:ndim<=1\n+a:    ndim <= 1\n rest: else\n")
    assert [finding["code"] for finding in answer["findings"]] == ["E136"]
    assert json.loads(run("fmt", "--json", "ugly.rules").out) == {
        "version": 1,
        "files": [{"file": "ugly.rules", "changed": True}],
        "findings": [],
    }
    result = CliRunner().invoke(main, ["fmt", "--json", "-"], input=UGLY)
    assert json.loads(result.stdout) == {
        "version": 1,
        "files": [{"file": "<stdin>", "changed": True}],
        "text": NEAT,
        "findings": [],
    }


def test_folders_are_searched_and_others_rooms_left_out(
    run: Callable[..., Ran], files: dict[str, Path]
) -> None:
    files["broken"].unlink()
    for name in (".git", "node_modules", "a/site-packages", "my_env", "a/b", "a/__pycache__", "c.rules"):
        Path(name).mkdir(parents=True)
        Path(name, "x.rules").write_text(UGLY)
    Path("my_env", "pyvenv.cfg").touch()
    Path("a", "link.rules").symlink_to("b/x.rules")
    Path("a", "other.txt").write_text(UGLY)
    assert run("fmt", "--check") == (
        1,
        "would reformat ugly.rules\nwould reformat a/b/x.rules\nwould reformat c.rules/x.rules\n"
        "3 files would be reformatted, 1 file already formatted\n",
        "",
    )
    assert run("fmt", "a", "a/b/x.rules", "a/link.rules", "a/../ugly.rules").out == (
        "reformatted a/b/x.rules\nreformatted a/../ugly.rules\n2 files reformatted\n"
    )
    assert run("fmt", ".git", "a/other.txt").out == (
        "reformatted .git/x.rules\nreformatted a/other.txt\n2 files reformatted\n"
    )
    Path("empty").mkdir()
    assert run("fmt", "empty") == (0, "no rule files found\n", "")


def test_files_of_the_projects_settings(
    run: Callable[..., Ran], files: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("paramrules.toml").write_text('[[targets]]\nrules = "ugly.rules"\n')
    Path(".git").mkdir()
    Path("below").mkdir()
    monkeypatch.chdir("below")
    assert run("fmt", "--check").out == "would reformat ../ugly.rules\n1 file would be reformatted\n"
    Path("../paramrules.toml").write_text("")
    assert run("fmt", "--check").out == "no rule files found\n"


def test_what_a_link_names_is_formatted(run: Callable[..., Ran], files: dict[str, Path]) -> None:
    Path("link.rules").symlink_to("ugly.rules")
    assert run("fmt", "link.rules").out == "reformatted link.rules\n1 file reformatted\n"
    assert Path("link.rules").is_symlink()
    assert files["ugly"].read_text() == NEAT


def test_what_cannot_be_read_or_written(
    run: Callable[..., Ran], files: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run("fmt", "uglly.rules") == (
        2,
        "1 file with errors left alone\n",
        "error[E101]: `uglly.rules` cannot be read: it does not exist\n"
        "  = help: did you mean `ugly.rules`?\n\n",
    )

    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied", "x")

    with monkeypatch.context() as context:
        context.setattr("paramrules.safe_files.os.open", refuse)
        code, out, err = run("fmt", "ugly.rules", "neat.rules")
    assert (code, out) == (2, "1 file left unchanged, 1 file with errors left alone\n")
    assert err.startswith(f"error[E703]: `{files['ugly']}` cannot be written: permission denied\n")
    assert files["ugly"].read_text() == UGLY
    with monkeypatch.context() as context:
        context.setattr("os.scandir", refuse)
        assert run("fmt") == (
            2,
            "no rule files found\n",
            "error[E101]: `x` cannot be read: permission denied\n\n",
        )


@pytest.mark.skipif(sys.platform == "win32", reason="a pipe has no name there")
def test_a_pipe_is_refused(run: Callable[..., Ran], folder: Path) -> None:
    import os

    os.mkfifo("pipe.rules")
    assert run("fmt", "pipe.rules").err == "error[E101]: `pipe.rules` cannot be read: it is a pipe\n\n"
