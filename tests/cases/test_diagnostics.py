"""Each `diagnostics/CODE_what.rules` says exactly what stands beside it in `CODE_what.txt`, CODE among it.

A name that ends in `_allowed` is of a case whose finding a comment silences.

To write the texts anew, and then to read them in the diff: UPDATE=1 pytest tests/cases/test_diagnostics.py
"""

import os
import re
from pathlib import Path

import pytest

from paramrules import check, render

FOLDER = Path(__file__).parent / "diagnostics"
CASES = sorted(path.stem for path in FOLDER.glob("*.rules"))


@pytest.mark.parametrize("case", CASES)
def test_case_says_what_stands_beside_it(case: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(FOLDER)
    findings = check(f"{case}.rules")
    said = "\n".join(f"{render(finding)}\n" for finding in findings)
    expected = FOLDER / f"{case}.txt"
    if os.environ.get("UPDATE"):
        expected.write_text(said, encoding="utf-8")
    assert said == expected.read_text(encoding="utf-8")
    if not case.endswith("_allowed"):
        assert case.partition("_")[0] in {finding.code for finding in findings}


def test_every_text_belongs_to_a_case() -> None:
    assert sorted(path.stem for path in FOLDER.glob("*.txt")) == CASES


def test_names_begin_with_a_code() -> None:
    assert all(re.fullmatch(r"[EW][0-9]{3}_[a-z0-9_]+", case) for case in CASES)
