"""The command as a process, and what ends it early."""

import gc
import io
import os
import runpy
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from support import Ran, Terminal

import paramrules
from paramrules.cli import printed_answer

HELP = """\
Usage: paramrules [OPTIONS] COMMAND [ARGS]...

  Optimizer parameter groups from one rule file.

  The exit code is 0 if nothing is wrong, 1 for a difference or a finding at or
  above `--fail-on`, 2 if the command line or an input cannot be used, and 3 if
  the command cannot decide.

Options:
  --version   Show the version and exit.
  -h, --help  Show this message and exit.

Commands:
  new        Write a rule file to start from.
  library    List the policies that can be used by name.
  infer      Write a rule file that does what a function does with a model.
  check      Find the mistakes in rule files, without a model.
  fmt        Format rule files in the one style that they have.
  show       Show the groups that a rule file makes of a model.
  explain    Explain why parameters are in their groups.
  test       Run the `expect` statements of a rule file on a model.
  lock       Write which group each parameter is in, as a text to commit.
  diff       Show which parameters move between two versions of a file.
  prove      Prove that two rule files mean the same, without a model.
  ci         Run all checks on the files that the settings name.
  parity     Compare the groups that a rule file makes of two models.
  report     Write a page to look at: the groups, a map of the model, and a...
  inventory  Save the facts about a model's parameters as JSON.
  lsp        Serve an editor: the language server for rule files.
  rule       Print the page of a code: what it means, and what to do about it.
"""


def process(*arguments: str, **more: object) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "paramrules", *arguments]
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[1])}
    return subprocess.run(command, text=True, env=environment, check=False, **more)  # type: ignore[call-overload,no-any-return]


def test_help(run: Callable[..., Ran]) -> None:
    assert run("--help") == (0, HELP, "")


def test_version(run: Callable[..., Ran]) -> None:
    assert run("--version") == (0, f"paramrules, version {paramrules.__version__}\n", "")


@pytest.mark.parametrize(
    ("typed", "error"),
    [
        ("chek", "there is no command `chek`; did you mean `check`?"),
        ("shw", "there is no command `shw`; did you mean `show`?"),
        ("lint", "there is no command `lint`; did you mean `check`?"),
        ("frobnicate", "there is no command `frobnicate`"),
        ("version", "there is no command `version`; `paramrules --version` prints the version"),
        (
            "help",
            "there is no command `help`; "
            "`paramrules --help` lists the commands, and `paramrules show --help` is about one",
        ),
        (
            "net.rules",
            "there is no command `net.rules`; `paramrules check net.rules` finds mistakes in the file, "
            "`paramrules show net.rules --model M` shows its groups",
        ),
        ("\x1b[2J", "there is no command `\\x1b[2J`"),
    ],
)
def test_an_unknown_command_suggests(run: Callable[..., Ran], typed: str, error: str) -> None:
    usage = "Usage: paramrules [OPTIONS] COMMAND [ARGS]...\nTry 'paramrules --help' for help.\n\n"
    assert run(typed, "net.rules") == (2, "", f"{usage}Error: {error}\n")


def test_an_option_before_the_command_is_told_where_it_goes(run: Callable[..., Ran]) -> None:
    usage = "Usage: paramrules [OPTIONS] COMMAND [ARGS]...\nTry 'paramrules --help' for help.\n\n"
    after = "Error: `-q` comes after the command: `paramrules check -q`\n"
    assert run("-q", "check", "net.rules") == (2, "", usage + after)
    assert run("--model", "m:net", "show", "net.rules").err.endswith(
        "Error: `--model` comes after the command: `paramrules show --model`\n"
    )
    assert run("--model", "m:net", "check", "net.rules").err.endswith(
        "there is no option `--model`; "
        "`paramrules new`, `paramrules infer`, `paramrules show` and 6 more have it\n"
    )


@pytest.mark.parametrize(
    ("words", "error"),
    [
        ("show --hlep", "there is no option `--hlep`; did you mean `--help`?"),
        ("show --set rate=1", "there is no option `--set`; did you mean `--option`?"),
        ("show -o rate=1", "there is no option `-o`; did you mean `--option`?"),
        ("show -Drate=1", "there is no option `-D`; did you mean `--option`?"),
        ("check --set rate=1", "there is no option `--set`"),
        ("lock --out a.lock", "there is no option `--out`; did you mean `--output`?"),
        ("show --out a.txt", "there is no option `--out`; `> FILE` writes the answer to a file"),
        ("check --github", "there is no option `--github`; did you mean `--format github`?"),
        ("check --fmt json", "there is no option `--fmt`; did you mean `--format`?"),
        ("show --debug", "there is no option `--debug`; did you mean `--traceback`?"),
        ("check -v", "there is no option `-v`; `--json` prints all that there is"),
        ("-v", "there is no option `-v`; did you mean `--version`?"),
        ("show --verison", "there is no option `--verison`"),
        ("--verison", "there is no option `--verison`; did you mean `--version`?"),
        ("show --modle net.py:model", "there is no option `--modle`; did you mean `--model`?"),
        (
            "inventory -m net.py:model",
            "there is no option `-m`; "
            "the model needs no option: `paramrules inventory vit.py:ViT -o vit.json`",
        ),
        ("show --fix", "there is no option `--fix`; `paramrules check` has it"),
        ("show --diff", "there is no option `--diff`; `paramrules check` and `paramrules fmt` have it"),
        (
            "show --no-color",
            "there is no option `--no-color`; the environment variable `NO_COLOR=1` turns colors off",
        ),
    ],
)
def test_an_unknown_option_suggests(run: Callable[..., Ran], words: str, error: str) -> None:
    code, out, err = run(*words.split())
    assert (code, out, err.splitlines()[-1]) == (2, "", f"Error: {error}")


def test_a_model_given_as_an_argument_is_told_about_the_option(run: Callable[..., Ran]) -> None:
    hint = "Error: `net.py:model` looks like a model, which is named with `--model net.py:model`\n"
    for words in (
        ("show", "net.rules", "net.py:model"),
        ("show", "net.rules", "net.py:model", "--strict"),
        ("show", "--option", "a=b", "net.rules", "net.py:model"),
        ("show", "net.rules", "net.py:model", "--model", "net.py:make"),
        ("explain", "net.rules", "norm.weight", "net.py:model"),
        ("parity", "net.rules", "net.py:model", "net.py:make"),
    ):
        code, out, err = run(*words)
        assert (code, out) == (2, "")
        assert err.endswith(hint)


def test_a_rule_file_after_the_names_comes_first(run: Callable[..., Ran]) -> None:
    hint = "Error: the rule file comes first: `paramrules explain net.rules norm.weight '*.bias'`\n"
    for words in (("norm.weight", "net.rules", "*.bias"), ("norm.weight", "*.bias", "net.rules")):
        code, out, err = run("explain", *words, "--model", "net.py:model")
        assert (code, out) == (2, "")
        assert err.endswith(hint)


def test_other_mistakes_in_the_command_line_are_clicks_own(run: Callable[..., Ran]) -> None:
    assert run("show", "net.rules").err.endswith(
        "Error: name a model, `--model vit.py:ViT`, or set one in `[tool.paramrules]` of `pyproject.toml`\n"
    )
    assert run("check").err.endswith(
        "Error: name a rule file, or list your own in `[tool.paramrules]` of `pyproject.toml`\n"
    )
    assert run("show", "-m", "net.py:model").err.endswith(
        "Error: name a rule file before the options, such as `vit.rules`\n"
    )
    assert run("inventory", "net.py:model", "net.py:make", "-o", "net.json").err.endswith(
        "Error: Got unexpected extra argument (net.py:make)\n"
    )
    assert run("explain", "net.rules").err.endswith("Error: Missing argument 'NAME...'.\n")


@pytest.mark.usefixtures("folder")
def test_as_a_module() -> None:
    ran = process("check", "net.rules", capture_output=True)
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "1 file: no findings\n", "")


@pytest.mark.parametrize("has_folder_on_path", [True, False])
def test_as_a_module_inside_this_process(
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    has_folder_on_path: bool,
) -> None:
    before = [each for each in sys.path if each != str(folder)]
    monkeypatch.setattr(sys, "path", [str(folder), *before] if has_folder_on_path else [*before])
    monkeypatch.setattr(sys, "argv", ["paramrules", "check", "net.rules"])
    # pytest rewrites the modules of its plugins' distributions, and its importer has no code to run
    importers = [each for each in sys.meta_path if type(each).__name__ != "AssertionRewritingHook"]
    monkeypatch.setattr(sys, "meta_path", importers)
    monkeypatch.setattr(gc, "set_threshold", [].append)
    with pytest.raises(SystemExit) as ended:
        runpy.run_module("paramrules", run_name="__main__")
    assert (ended.value.code, capsys.readouterr().out) == (0, "1 file: no findings\n")
    assert sys.path == before


def test_ctrl_c(run: Callable[..., Ran]) -> None:
    Path("slow.py").write_text("def make():\n    raise KeyboardInterrupt\n")
    assert run("show", "net.rules", "--model", "slow.py:make") == (130, "", "interrupted\n")


def test_findings_are_coloured_in_a_terminal_only(monkeypatch: pytest.MonkeyPatch) -> None:
    finding = paramrules.Diagnostic("E504", "no backend knows it")
    plain = "error[E504]: no backend knows it\n\n"
    for stream, no_color, expected in (
        (Terminal(), "", "\x1b[1;31merror[E504]\x1b[0m\x1b[1m: no backend knows it\x1b[0m\n\n"),
        (Terminal(), "1", plain),
        (io.StringIO(), "", plain),
    ):
        monkeypatch.setattr(sys, "stderr", stream)
        monkeypatch.setenv("NO_COLOR", no_color)
        printed_answer.report([finding])
        assert stream.getvalue() == expected
