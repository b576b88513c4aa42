"""`paramrules check --portable`."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from paramrules.cli import main


def test_errors_come_first_and_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("bad.rules").write_text('a: leaf == "kernel" or ndm\n')
    Path("good.rules").write_text('a: leaf == "kernel"\n')
    result = CliRunner().invoke(main, ["check", "--portable", "bad.rules", "good.rules"])
    assert result.exit_code == 1
    assert (
        result.stderr
        == """\
error[E301]: `ndm` is not defined
  --> bad.rules:1:24
   |
 1 | a: leaf == "kernel" or ndm
   |                        ^^^
   = help: did you mean `ndim`?

warning[W811]: `kernel` is what flax calls it
  --> good.rules:1:4
   |
 1 | a: leaf == "kernel"
   |    ^^^^^^^^^^^^^^^^ other frameworks have another name
   = help: write `role == weight`

"""
    )
    assert result.stdout == "2 files: 1 error, 1 warning\n"
    assert CliRunner().invoke(main, ["check", "good.rules"]).exit_code == 0
