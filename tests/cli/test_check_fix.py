"""`paramrules check --fix`, `--unsafe-fixes` and `--diff`."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from sarif_pydantic import Sarif
from support import Ran, git

BEFORE = "a: tied && ndim <= 1\nndim == 2 -> lr = 1\n"
SAFE = "a: tied and ndim <= 1\nndim == 2 -> lr = 1\n"
AFTER = "a: tied and ndim <= 1\nscaled: ndim == 2 -> lr = 1\n"


@pytest.fixture(autouse=True)
def file(run: Callable[..., Ran]) -> Path:
    path = Path("a.rules")
    path.write_text(BEFORE)
    return path


def test_a_check_says_what_is_fixable(run: Callable[..., Ran], file: Path) -> None:
    ran = run("check", "a.rules")
    assert (ran.code, ran.out) == (
        1,
        "1 file: 2 errors; 1 fixable with `--fix`, 1 more with `--unsafe-fixes`\n",
    )
    file.write_text("ndim == 2 -> lr = 1\n")
    assert run("check", "a.rules").out == "1 file: 1 error; 1 fixable with `--unsafe-fixes`\n"
    file.write_text("a: elsewhere && tied\n")  # the fix would only show the next mistake
    assert run("check", "a.rules").out == "1 file: 1 error\n"


def test_safe_fixes(run: Callable[..., Ran], file: Path) -> None:
    file.chmod(0o640)
    ran = run("check", "--fix", "a.rules")
    assert (ran.code, ran.out) == (1, "1 file: 1 error; 1 fixed, 1 left\n")
    assert ran.err.startswith("error[E126]: the rule has no label\n  --> a.rules:2:1\n")
    assert (file.read_text(), file.stat().st_mode & 0o777) == (SAFE, 0o640)


def test_unsafe_fixes(run: Callable[..., Ran], file: Path) -> None:
    assert run("check", "--unsafe-fixes", "a.rules") == (0, "1 file: no findings; 2 fixed, 0 left\n", "")
    assert file.read_text() == AFTER
    assert run("check", "--fix", "a.rules") == (0, "1 file: no findings; 0 fixed, 0 left\n", "")


def test_a_diff_writes_nothing(run: Callable[..., Ran], file: Path) -> None:
    ran = run("check", "--diff", "--unsafe-fixes", "a.rules")
    assert ran == (
        1,
        "--- a.rules\n+++ a.rules\n@@ -1,2 +1,2 @@\n"
        "-a: tied && ndim <= 1\n-ndim == 2 -> lr = 1\n"
        "+a: tied and ndim <= 1\n+scaled: ndim == 2 -> lr = 1\n"
        "1 file: no findings; 2 would be fixed, 0 left\n",
        "",
    )
    assert file.read_text() == BEFORE
    assert run("check", "--diff", "net.rules") == (0, "1 file: no findings; 0 would be fixed, 0 left\n", "")


def test_a_diff_is_kept_when_quiet(run: Callable[..., Ran], file: Path) -> None:
    file.write_text("a: tied && ndim <= 1\n")
    ran = run("check", "--diff", "-q", "a.rules")
    assert ran.out == "--- a.rules\n+++ a.rules\n@@ -1 +1 @@\n-a: tied && ndim <= 1\n+a: tied and ndim <= 1\n"


def test_a_link_is_followed(run: Callable[..., Ran], file: Path) -> None:
    Path("link.rules").symlink_to(file)
    run("check", "--fix", "link.rules")
    assert Path("link.rules").is_symlink()
    assert file.read_text() == SAFE


def test_files_that_cannot_be_read_or_written(run: Callable[..., Ran], file: Path) -> None:
    ran = run("check", "--fix", "missing.rules", "a.rules")
    assert (ran.code, ran.out) == (2, "2 files: 2 errors; 1 fixed, 2 left\n")
    assert file.read_text() == SAFE


def test_json(run: Callable[..., Ran], file: Path) -> None:
    found = json.loads(run("check", "a.rules", "--json").out)
    assert "fixed" not in found
    place = {"file": "a.rules", "line": 1, "column": 9, "end_line": 1, "end_column": 11}
    assert found["findings"][0]["fix"] == place | {"text": "and", "safe": True}
    assert found["findings"][1]["fix"]["safe"] is False
    diff = json.loads(run("check", "a.rules", "--diff", "--json").out)
    assert (diff["fixed"], diff["diff"].splitlines()[3]) == (1, "-a: tied && ndim <= 1")
    fixed = json.loads(run("check", "a.rules", "--fix", "--json").out)
    assert (fixed["fixed"], "diff" in fixed, len(fixed["findings"])) == (1, False, 1)


def test_sarif(run: Callable[..., Ran]) -> None:
    log = json.loads(run("check", "a.rules", "--format", "sarif").out)
    written = Sarif.model_validate(log).model_dump_json(by_alias=True, exclude_none=True, exclude_unset=True)
    assert json.loads(written) == log
    region = {"startLine": 1, "startColumn": 9, "endLine": 1, "endColumn": 11}
    assert log["runs"][0]["results"][0]["fixes"] == [
        {
            "description": {"text": "write `and`"},
            "artifactChanges": [
                {
                    "artifactLocation": {"uri": "a.rules"},
                    "replacements": [{"deletedRegion": region, "insertedContent": {"text": "and"}}],
                }
            ],
        }
    ]


def test_a_revision_of_git_is_compared_and_not_written(run: Callable[..., Ran], file: Path) -> None:
    git("init", "-q", ".")
    git("add", "a.rules")
    git("commit", "-qm", "a")
    file.write_text("a: else\n")
    assert run("check", "HEAD:a.rules", "--diff").out.startswith("--- HEAD:a.rules\n+++ HEAD:a.rules\n")
    ran = run("check", "HEAD:a.rules", "--fix")
    assert ran.code == 2
    assert "`HEAD:a.rules` is in a revision of git, where nothing can be fixed" in ran.err
    assert file.read_text() == "a: else\n"
