"""`.pre-commit-hooks.yaml`, run by pre-commit itself."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from pre_commit.clientlib import load_manifest
from teams.scratch import RULES, Shell

MANIFEST = Path(__file__).parents[2] / ".pre-commit-hooks.yaml"
HOOKS: dict[str, dict[str, Any]] = {hook["id"]: hook for hook in yaml.safe_load(MANIFEST.read_text("utf-8"))}


def configure(repository: Path, *names: str) -> None:
    """Choose hooks.

    The environment that pre-commit would make for `language: python` is the one that runs the tests.
    """
    hooks = [{**HOOKS[name], "language": "system"} for name in names]
    config = {"repos": [{"repo": "local", "hooks": hooks}]}
    (repository / ".pre-commit-config.yaml").write_text(yaml.safe_dump(config))


@pytest.fixture
def hook(repository: Path, sh: Shell) -> Any:
    """Runs hooks on what is staged: the exit code and the lines."""

    def ran(*names: str) -> tuple[int, list[str]]:
        configure(repository, *names)
        sh("git add .")
        done = sh("pre-commit run")
        return done.returncode, list(filter(None, (done.stdout + done.stderr).splitlines()))

    return ran


def test_pre_commit_reads_the_manifest() -> None:
    hooks = load_manifest(str(MANIFEST))
    assert [hook["id"] for hook in hooks] == [
        f"paramrules-{name}" for name in ("check", "fmt", "test", "lock", "ci")
    ]
    assert {hook["language"] for hook in hooks} == {"python"}


@pytest.mark.parametrize(
    ("file", "text", "verdict"),
    [("vit.rules", f"# the encoder\n{RULES}", "Passed"), ("notes.md", "nothing\n", "Skipped")],
)
def test_hooks_pass_where_all_is_well(
    file: str, text: str, verdict: str, hook: Any, repository: Path, sh: Shell
) -> None:
    configure(repository, *HOOKS)
    sh("git add . && git commit -qm Hooks")
    (repository / file).write_text(text)
    code, lines = hook(*HOOKS)
    assert code == 0
    assert [(line.split(".")[0].strip(), line.rpartition(".")[2].rpartition(")")[2]) for line in lines] == [
        (each["name"], verdict) for each in HOOKS.values()
    ]


def test_check_names_the_staged_files_alone(hook: Any, repository: Path) -> None:
    (repository / "other.rules").write_text("a: type(\n")
    code, lines = hook("paramrules-check")
    assert code == 1
    assert "error[E136]: `(` is not closed" in lines
    assert lines[-1] == "1 file: 1 error"


def test_fmt_formats_and_fails(hook: Any, repository: Path) -> None:
    (repository / "vit.rules").write_text(RULES.replace("decay:    else", "decay: else"))
    code, lines = hook("paramrules-fmt")
    assert code == 1
    assert "- files were modified by this hook" in lines
    assert (repository / "vit.rules").read_text() == RULES
    assert hook("paramrules-fmt")[0] == 0


def test_test_runs_after_a_change_of_the_model(hook: Any, repository: Path) -> None:
    model = (repository / "vit.json").read_text()
    (repository / "vit.json").write_text(model.replace("LayerNorm", "OtherNorm"))
    code, lines = hook("paramrules-test")
    assert code == 1
    assert any(line.startswith("error[E206]") or "FAIL" in line for line in lines)


def test_lock_finds_a_stale_lock(hook: Any, repository: Path) -> None:
    (repository / "vit.rules").write_text(RULES.replace("ndim <= 1", "ndim <= 2"))
    code, lines = hook("paramrules-lock")
    assert code == 1
    assert "error[E901]: `vit.rules.lock` is stale: on `vit.json`, 9 tensors moved" in lines


def test_ci_does_all_of_it(hook: Any, repository: Path) -> None:
    (repository / "vit.rules").write_text(RULES.replace("ndim <= 1", "ndim<=2"))
    code, lines = hook("paramrules-ci")
    assert code == 1
    assert [
        " ".join(line.split()) for line in lines if line.startswith(("check", "fmt", "test", "lock"))
    ] == [
        "check vit.rules ok",
        "fmt vit.rules 1 error",
        "test vit.rules ok 1 passed, 0 failed, 100 % reached",
        "lock vit.rules.lock 1 error",
    ]
