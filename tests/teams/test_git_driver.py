"""`paramrules diff --driver`, called by git itself."""

from pathlib import Path

import pytest
from teams.scratch import RULES, Shell

MOVED = """\
vit.rules.lock: 9 tensors moved

moved from  to        settings             tensors  parameters  names
decay       no_decay  weight_decay - -> 0        9        887k  blocks.{0,1}.attn.qkv.weight, \
blocks.{0,1}.attn.proj.weight, blocks.{0,1}.mlp.fc1.weight, blocks.{0,1}.mlp.fc2.weight, and 1 more
"""


@pytest.fixture
def driven(repository: Path, sh: Shell) -> Path:
    """The repository with the driver set up as the docs say."""
    (repository / ".gitattributes").write_text("*.rules.lock diff=paramrules-lock -merge\n")
    assert sh('git config diff.paramrules-lock.command "paramrules diff --driver"').returncode == 0
    return repository


def relock(repository: Path, sh: Shell) -> None:
    (repository / "vit.rules").write_text(RULES.replace("ndim <= 1", "ndim <= 2"))
    assert sh("paramrules lock -q").returncode == 0


def test_moves_in_place_of_lines(driven: Path, sh: Shell) -> None:
    relock(driven, sh)
    diff = sh("git diff vit.rules.lock")
    assert (diff.returncode, diff.stdout.rstrip("\n") + "\n") == (0, MOVED)


@pytest.mark.parametrize(
    ("change", "shown"),
    [
        ("git rm -q vit.rules.lock", "vit.rules.lock: 1 model of 1 differs\n\nno longer locked: vit.json\n"),
        ("git mv vit.rules.lock new.rules.lock", "new.rules.lock: the same groups\n"),
        (
            "echo '<<<<<<< HEAD' > vit.rules.lock",
            "vit.rules.lock: not compared: `vit.rules.lock` holds a merge conflict\n",
        ),
        ("sed -i 's/^rules .*/rules x/' vit.rules.lock", "vit.rules.lock: the same groups\n"),
    ],
)
def test_other_changes(change: str, shown: str, driven: Path, sh: Shell) -> None:
    sh(change)
    sh("git add -A")
    diff = sh("git diff -M HEAD -- '*.lock'")
    assert (diff.returncode, diff.stdout) == (0, f"{shown}\n")


def test_a_lock_that_is_not_merged(driven: Path, sh: Shell) -> None:
    sh("git add . && git commit -qm Attributes && git switch -qc other")
    relock(driven, sh)
    sh("git commit -qam Other && git switch -q main")
    (driven / "vit.rules").write_text(RULES.replace("ndim <= 1", "ndim <= 3"))
    sh("paramrules lock -q && git commit -qam Mine")
    assert sh("git merge other").returncode == 1
    diff = sh("git diff --cached vit.rules.lock")
    assert (diff.returncode, diff.stdout) == (0, "vit.rules.lock: not merged\n\n")


def test_it_is_for_git_alone(driven: Path, sh: Shell) -> None:
    ran = sh("paramrules diff --driver vit.rules.lock vit.rules.lock || exit $?")
    assert ran.returncode == 2
    assert "`--driver` is for git: set it as the `command` of a diff driver" in ran.stderr
