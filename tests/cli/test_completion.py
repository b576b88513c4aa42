"""Completion by a shell, through click's `_PARAMRULES_COMPLETE`."""

import pytest
from click.testing import CliRunner

from paramrules.cli import main

COMMANDS = [
    *("new", "library", "infer", "check", "fmt", "show", "explain", "test", "lock", "diff", "prove", "ci"),
    *("parity", "report", "inventory", "lsp", "rule"),
]


def completed(*words: str, shell: str = "bash") -> list[str]:
    """The words that the shell offers for the last of these; `file` where it completes a path itself."""
    variables = {"_PARAMRULES_COMPLETE": f"{shell}_complete", "COMP_WORDS": " ".join(("paramrules", *words))}
    variables["COMP_CWORD"] = str(len(words))
    done = CliRunner().invoke(main, [], prog_name="paramrules", env=variables)
    assert done.exit_code == 0, done.output
    kinds = [line.split(",") for line in done.stdout.splitlines()]
    return [word if kind == "plain" else kind for kind, word in kinds]


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        (("",), COMMANDS),
        (("e",), ["explain"]),
        (("nonsense", ""), COMMANDS),
        (("check", "--f"), ["--fix", "--fail-on", "--format"]),
        (("check", "--fail-on", ""), ["error", "warning", "note"]),
        (("show", "net.rules", "--sort", "n"), ["name"]),
        (("parity", "net.rules", "--compare", ""), ["labels", "settings", "both"]),
        (("show", "net"), ["file"]),
        (("check", "a.rules", "net"), ["file"]),
        (("show", "net.rules", "--model", "net"), ["file"]),
        (("parity", "net.rules", "-m", "net"), ["file"]),
        (("inventory", "net"), ["file"]),
        (("inventory", "net.py:model", "-o", "net"), ["file"]),
        (("test", "net.rules", "--vocabulary", "net"), ["file"]),
        (("infer", "-m", "net.py:make", "--groups", "net"), ["file"]),
        (("infer", "-m", "net.py:make", "--check", "net"), ["file"]),
        (("infer", "--missing", ""), ["error", "skip"]),
        (("parity", "net.rules", "--mapping", "net"), ["file"]),
        (("test", "net.rules", "-m", "net"), ["file"]),
        (("lock", "net.rules", "-o", "net"), ["file"]),
        (("diff", "main:net.rules", "net"), ["file"]),
        (("new", "timm/"), ["timm/layer_decay", "timm/weight_decay"]),
        (("new", "nanogpt", "-o", "net"), ["file"]),
        (("show", '"<timm/'), ["<timm/layer_decay>", "<timm/weight_decay>"]),
        (("check", "'<nano"), ["<nanogpt>"]),
        (("diff", "net.rules", '"<muo'), ["<muon>"]),
        (("prove", "net"), ["file"]),
        (("prove", "main:net.rules", "net"), ["file"]),
        (("prove", "a.rules", "b.rules", "--compare", ""), ["labels", "settings", "both"]),
    ],
)
def test_completion(words: tuple[str, ...], offered: list[str]) -> None:
    assert completed(*words) == offered


def test_all_options_of_a_command() -> None:
    assert completed("show", "--") == [
        *("--model", "--input", "--stacked", "--vocabulary", "--option", "--strict", "--traceback"),
        *(
            "--names",
            "--label",
            "--axis",
            "--sort",
            "--state",
            "--fail-on",
            "--format",
            "--json",
            "--quiet",
            "--help",
        ),
    ]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_script_of_each_shell(shell: str) -> None:
    done = CliRunner().invoke(
        main, [], prog_name="paramrules", env={"_PARAMRULES_COMPLETE": f"{shell}_source"}
    )
    assert done.exit_code == 0
    assert "_PARAMRULES_COMPLETE=" in done.stdout


def test_paramrules_alone_prints_its_help() -> None:
    done = CliRunner().invoke(main, [], prog_name="paramrules")
    assert done.output.startswith(
        "Usage: paramrules [OPTIONS] COMMAND [ARGS]...\n\n  Optimizer parameter groups"
    )
