"""Targets of one rule file and one model, which headings tell apart by their options."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from support import Ran

Run = Callable[..., Ran]
TARGET = '[[targets]]\nrules = "net.rules"\nmodels = ["net.py:make"]\n'
NAMES = ["net.py:make (rate = 0.5)", "net.py:make (rate = 0.25)"]


@pytest.fixture(autouse=True)
def two_targets(folder: Path) -> None:
    (folder / "paramrules.toml").write_text(f"{TARGET}\n{TARGET}options = {{ rate = 0.25 }}\n")


@pytest.mark.parametrize(
    ("words", "results"),
    [(("show",), "models"), (("test",), "expectations"), (("explain", "h.0.fc.weight"), "explanations")],
)
def test_the_options_stand_behind_the_model(words: tuple[str, ...], results: str, run: Run) -> None:
    headings = [line for line in run(*words).out.splitlines() if line.startswith("net.rules on ")]
    assert [line.partition(":")[2].partition(":")[0] for line in headings] == [
        "make (rate = 0.5)",
        "make (rate = 0.25)",
    ]
    answer = json.loads(run(*words, "--json").out)
    assert list(dict.fromkeys(each["name"] for each in answer[results])) == NAMES


def test_a_report_of_both(run: Run) -> None:
    answer = json.loads(run("report", "-o", "report.html", "--json").out)
    assert [each["name"] for each in answer["models"]] == NAMES
    assert all(name in Path("report.html").read_text() for name in NAMES)


def test_an_option_of_the_command_line_is_the_same_for_both(run: Run) -> None:
    headings = [line for line in run("show", "--option", "rate=1").out.splitlines() if " on " in line]
    assert headings == ["net.rules on net.py:make: 7 tensors, 97.4k parameters (torch)"] * 2
