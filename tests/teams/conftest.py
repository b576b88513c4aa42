"""A scratch repository with rules, a saved model, settings and a lock, as a team has it."""

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
from teams.scratch import RULES, SETTINGS, Shell

MODELS = Path(__file__).parents[2] / "docs" / "models"


@pytest.fixture
def environment(tmp_path: Path, somewhere: Mapping[str, str]) -> Mapping[str, str]:
    """The same, with pre-commit's cache in the folder of the test."""
    return {**somewhere, "PRE_COMMIT_HOME": str(tmp_path / "cache"), "PRE_COMMIT_COLOR": "never"}


@pytest.fixture(scope="session")
def somewhere() -> Mapping[str, str]:
    """An environment with this interpreter's commands, and nothing of the user's own git."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    who = {f"GIT_{who}_{key}": "a@b.c" for who in ("AUTHOR", "COMMITTER") for key in ("NAME", "EMAIL")}
    nowhere = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
    return {**os.environ, "PATH": path, **who, **nowhere}


@pytest.fixture
def sh(repository: Path, environment: Mapping[str, str]) -> Shell:
    """Runs a text with bash in the repository, as GitHub runs a step, and returns what came of it."""

    def ran(text: str, **more: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", text],
            cwd=repository,
            env={**environment, **more},
            capture_output=True,
            text=True,
            check=False,
        )

    return ran


@pytest.fixture
def repository(tmp_path: Path, committed: Path) -> Path:
    """The repository, with one commit on `main`."""
    return shutil.copytree(committed, tmp_path / "team")


@pytest.fixture(scope="session")
def committed(tmp_path_factory: pytest.TempPathFactory, somewhere: Mapping[str, str]) -> Path:
    """The repository that each test has a copy of."""
    folder = tmp_path_factory.mktemp("committed")
    (folder / "vit.json").write_bytes((MODELS / "vit.json").read_bytes())
    (folder / "vit.rules").write_text(RULES)
    (folder / "paramrules.toml").write_text(SETTINGS)
    for command in ("git init -q -b main", "paramrules lock -q", "git add .", "git commit -qm Rules"):
        subprocess.run(command.split(), cwd=folder, env=somewhere, check=True)
    return folder
