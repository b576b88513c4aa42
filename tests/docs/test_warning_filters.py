"""Every warning filter that the pages show silences its code, whichever that is, and no other."""

import ast
import os
import re
import subprocess
import sys
import warnings
from pathlib import Path

import pytest
from docs.pages import DOCS, all_pages

import paramrules
from paramrules.backends import Diagnostic, warn
from paramrules.diagnostics import CODES

WARNINGS = [code for code, declared in CODES.items() if declared.severity == "warning"]
PAGES = "\n".join(page.read_text("utf-8") for page in all_pages())
TABLE = (DOCS / "diagnostics.md").read_text("utf-8")

WARN_OF_ALL = """
import paramrules
from paramrules.backends import Diagnostic, warn
from paramrules.diagnostics import CODES

def test_all():
    codes = [code for code, declared in CODES.items() if declared.severity == "warning"]
    warn([Diagnostic(code, "a `b` is c") for code in codes])
"""


def shown(where: str) -> str:
    """The filter that the table shows for a place."""
    found = re.search(rf"^\| {re.escape(where)} \| `(.+)` \|$", TABLE, re.MULTILINE)
    assert found
    return found[1]


def loud(text: str) -> set[str]:
    """The codes that a program still warned about."""
    return set(re.findall(r"RulesWarning: ([EWN]\d+): a `b` is c", text))


def test_filters_in_python() -> None:
    calls = re.findall(r"warnings\.filterwarnings\(.*?\)(?=`|$)", PAGES, re.MULTILINE)
    assert len(calls) >= 2
    for call in calls:
        (own,) = re.findall(r"W\d+", call)
        for code in WARNINGS:
            with warnings.catch_warnings(record=True) as caught:
                warnings.simplefilter("always")
                eval(call.replace(own, code), {"warnings": warnings, "paramrules": paramrules})
                warn([Diagnostic(one, f"not {code}") for one in WARNINGS])
            assert len(caught) == len(WARNINGS) - 1
            assert not any(str(one.message).startswith(code) for one in caught)


def test_filters_of_an_interpreter(tmp_path: Path) -> None:
    (tmp_path / "train.py").write_text(f"{WARN_OF_ALL}\ntest_all()")
    python, *arguments = shown("command line").split()
    assert python == "python"
    name, _, value = shown("environment").partition("=")
    for words, more in ((arguments, {}), (arguments[-1:], {name: value})):
        done = subprocess.run(
            [sys.executable, *words], cwd=tmp_path, env=os.environ | more, capture_output=True, text=True
        )
        assert loud(done.stderr) == {*WARNINGS} - {"W616"}
        assert "Invalid" not in done.stderr


def test_filters_of_pytest(tmp_path: Path) -> None:
    command = shown("pytest, command line").split()[1:]
    ini = ast.literal_eval(shown("pytest, `pyproject.toml`").partition(" = ")[2])
    mark = shown("pytest, one test")
    (tmp_path / "test_command.py").write_text(WARN_OF_ALL)
    (tmp_path / "test_mark.py").write_text(
        WARN_OF_ALL.replace("def test_all", f"{mark}\ndef test_all").replace(
            "import paramrules", "import pytest", 1
        )
    )
    for file, words, filters in (
        ("test_command.py", command, []),
        ("test_command.py", [], ini),
        ("test_mark.py", [], []),
    ):
        (tmp_path / "pytest.ini").write_text(
            "[pytest]\nfilterwarnings =\n  " + "\n  ".join(["default", *filters])
        )
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", file, *words],
            cwd=tmp_path,
            env=os.environ | {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
            capture_output=True,
            text=True,
        )
        assert loud(done.stdout) == {*WARNINGS} - {"W616"}, done.stdout


def test_all_codes_at_once() -> None:
    with warnings.catch_warnings():
        warnings.filterwarnings("error", "W", paramrules.RulesWarning)
        with pytest.raises(paramrules.RulesWarning, match=r"^W616: a `b` is c$"):
            warn([Diagnostic("W616", "a `b` is c")])
