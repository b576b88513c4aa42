import json
from collections.abc import Callable
from pathlib import Path

import pytest
from support import Ran

BAD = """\
error[E136]: `(` is not closed
  --> bad.rules:1:9
   |
 1 | bad: typ(LayerNorm
   |         ^
   = help: write `)`; lines that continue the statement are indented

"""
DOT = """\
warning[W402]: an unescaped `.` stands for any character
  --> dot.rules:1:17
   |
 1 | x: name ~ blocks.1
   |                 ^ this also matches a letter, a digit or `_`
   = help: write `blocks\\.1`

"""


def test_a_clean_file(run: Callable[..., Ran]) -> None:
    assert run("check", "net.rules") == (0, "1 file: no findings\n", "")


def test_a_warning_counts_if_asked_to(run: Callable[..., Ran]) -> None:
    Path("dot.rules").write_text("x: name ~ blocks.1\n")
    assert run("check", "dot.rules") == (0, "1 file: 1 warning; 1 fixable with `--fix`\n", DOT)
    assert run("check", "dot.rules", "--fail-on", "warning") == (
        1,
        "1 file: 1 warning; 1 fixable with `--fix`\n",
        DOT,
    )


def test_unless_the_file_allows_it(run: Callable[..., Ran]) -> None:
    Path("dot.rules").write_text("x: name ~ blocks.1  # allow: W402 -- there are no more than nine\n")
    assert run("check", "dot.rules") == (0, "1 file: no findings\n", "")


def test_all_files_are_checked(run: Callable[..., Ran]) -> None:
    Path("bad.rules").write_text("bad: typ(LayerNorm\n")
    Path("dot.rules").write_text("x: name ~ blocks.1\n")
    missing = (
        "error[E101]: `missing.rules` cannot be read: it does not exist\n"
        f"  = help: looked for `{Path.cwd() / 'missing.rules'}`\n\n"
    )
    ran = run("check", "bad.rules", "net.rules", "missing.rules", "dot.rules")
    found = "2 errors, 1 warning; 1 fixable with `--fix`, 1 more with `--unsafe-fixes`"
    assert ran == (2, f"4 files: {found}\n", BAD + missing + DOT)


def test_json(run: Callable[..., Ran]) -> None:
    Path("dot.rules").write_text("x: name ~ blocks.1\n")
    code, out, err = run("check", "--json", "dot.rules", "net.rules")
    assert (code, err) == (0, "")
    assert json.loads(out) == {
        "version": 1,
        "files": ["dot.rules", "net.rules"],
        "findings": [
            {
                "code": "W402",
                "severity": "warning",
                "message": "an unescaped `.` stands for any character",
                "label": "this also matches a letter, a digit or `_`",
                "help": "write `blocks\\.1`",
                "fix": {
                    "file": "dot.rules",
                    "line": 1,
                    "column": 11,
                    "end_line": 1,
                    "end_column": 19,
                    "text": "blocks\\.1",
                    "safe": True,
                },
                "file": "dot.rules",
                "line": 1,
                "column": 17,
                "end_line": 1,
                "end_column": 18,
                "also": [],
            }
        ],
    }


def test_json_of_a_clean_file(run: Callable[..., Ran]) -> None:
    answer = {"version": 1, "files": ["net.rules"], "findings": []}
    assert json.loads(run("check", "net.rules", "--json").out) == answer


def test_no_file_is_a_wrong_command_line(run: Callable[..., Ran]) -> None:
    usage = "Usage: paramrules check [OPTIONS] [FILE]...\nTry 'paramrules check --help' for help.\n\n"
    what = "Error: name a rule file, or list your own in `[tool.paramrules]` of `pyproject.toml`\n"
    assert run("check") == (2, "", usage + what)


@pytest.mark.parametrize(
    "text", ['rules = ["vit.rules"]\n', '[severity]\nN210 = "off"\n', "# nothing\n\na = 1\n", "[a]\nb=1"]
)
def test_a_file_that_is_named_as_toml_is_one_finding(run: Callable[..., Ran], text: str) -> None:
    Path("other.toml").write_text(text)
    ran = run("check", "other.toml")
    assert (ran.code, ran.err.count("error["), ran.out) == (1, 1, "1 file: 1 error\n")
    assert ran.err.startswith("error[E121]: this is a TOML file, not a rule file\n")
    assert "= help: a rule is written `no_decay: ndim <= 1 -> weight_decay = 0`" in ran.err


@pytest.mark.parametrize("text", ['[project]\nname = "a"\n\n[tool.paramrules.severity]\n', "[[targets]]\n"])
def test_settings_in_place_of_a_rule_file(run: Callable[..., Ran], text: str) -> None:
    Path("other.toml").write_text(text)
    ran = run("check", "other.toml")
    assert ran.err.startswith("error[E121]: this is a TOML file, not a rule file\n")
    assert "= help: `paramrules check` without a file checks those that the settings name\n" in ran.err


def test_rules_in_a_file_that_is_named_as_toml_stay_rules(run: Callable[..., Ran]) -> None:
    Path("odd.toml").write_text("[decay]\na: ndim <= 1\nb: else\n")
    assert run("check", "odd.toml") == (0, "1 file: no findings\n", "")


def test_a_doubled_axis_is_not_toml(run: Callable[..., Ran]) -> None:
    Path("odd.rules").write_text("[[decay]]\na: ndim <= 1\nb: else\n")
    assert run("check", "odd.rules").err.startswith("error[E146]: an axis has one pair of brackets\n")
