"""`action.yml`: its shell, run by bash as a workflow runs it."""

import os
import re
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from teams.scratch import RULES, Shell

ACTION: dict[str, Any] = yaml.safe_load((Path(__file__).parents[2] / "action.yml").read_text("utf-8"))
STEPS: dict[str, dict[str, Any]] = {step["name"]: step for step in ACTION["runs"]["steps"]}
INSTALL, CHECK, FIND, SHOW, COMMENT = STEPS
MOVED = """\
### `vit.rules` on `vit.json`

9 tensors moved.
"""

GH = """\
#!/bin/bash
printf '%s\\n' "$*" >> "$RUNNER_TEMP/gh.log"
case "$*" in
  *--paginate*) cat "$RUNNER_TEMP/known" ;;
esac
"""


@pytest.fixture
def step(sh: Shell, tmp_path: Path) -> Callable[..., "subprocess.CompletedProcess[str]"]:
    """Runs a step, with values for the expressions in its environment."""
    temporary = tmp_path / "runner"
    temporary.mkdir()

    def ran(name: str, **values: str) -> "subprocess.CompletedProcess[str]":
        known = {
            "inputs.fail-on": ACTION["inputs"]["fail-on"]["default"],
            "inputs.against": values.pop("against", ""),
            "steps.base.outputs.commit": values.pop("commit", ""),
            "inputs.token": "secret",
            "inputs.working-directory": ACTION["inputs"]["working-directory"]["default"],
            "github.event.pull_request.number": "7",
        }

        def value(text: str) -> str:
            text = text.replace("${{ runner.temp }}", str(temporary))
            return re.sub(r"\$\{\{ (.+?) \}\}", lambda match: known[match[1]], text)

        env = {key: value(text) for key, text in STEPS[name].get("env", {}).items()}
        files = {key: str(temporary / key) for key in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY")}
        rest = {"RUNNER_TEMP": str(temporary), "GITHUB_REPOSITORY": "team/models"}
        return sh(STEPS[name]["run"], **env, **files, **rest, **values)

    return ran


@pytest.fixture
def runner(tmp_path: Path) -> Path:
    """The folder with the files of the runner."""
    return tmp_path / "runner"


def test_no_text_reaches_the_shell_but_through_the_environment() -> None:
    assert ACTION["runs"]["using"] == "composite"
    for step in STEPS.values():
        assert step["shell"] == "bash"
        assert "${{" not in step["run"]
    used = set(re.findall(r"inputs\.([\w-]+)", str(ACTION["runs"])))
    assert used == set(ACTION["inputs"])


def test_a_project_in_a_folder_of_its_own() -> None:
    folders = {name: step.get("working-directory") for name, step in STEPS.items()}
    given = "${{ inputs.working-directory }}"
    assert folders == {INSTALL: None, CHECK: given, FIND: None, SHOW: given, COMMENT: None}
    assert ACTION["inputs"]["working-directory"]["default"] == "."


def test_what_the_project_has_is_not_installed_again(step: Any, tmp_path: Path) -> None:
    assert step(INSTALL, GITHUB_ACTION_PATH="/nowhere").returncode == 0
    python = tmp_path / "bin" / "python"
    python.parent.mkdir()
    python.write_text('#!/bin/bash\necho "$@"\n[ "$2" != paramrules ]\n')
    python.chmod(0o755)
    ran = step(INSTALL, GITHUB_ACTION_PATH="/the action", PATH=f"{python.parent}:{os.environ['PATH']}")
    assert ran.stdout == "-m paramrules --version\n-m pip install --quiet /the action\n"
    assert ran.returncode == 0


def test_findings_annotate_the_change(step: Any, repository: Path) -> None:
    ran = step(CHECK)
    assert (ran.returncode, ran.stdout) == (0, "")
    (repository / "vit.rules").write_text(RULES.replace("ndim <= 1", "ndim<=2"))
    ran = step(CHECK)
    assert ran.returncode == 1
    assert [line.partition("::`")[0] for line in ran.stdout.splitlines()] == [
        "::error title=E941,file=vit.rules,line=2,endLine=2,col=1,endColumn=18",
        "::error title=E901",
    ]


def test_the_moves_of_a_pull_request_are_in_the_summary(
    step: Any, repository: Path, sh: Shell, runner: Path, tmp_path: Path, environment: Mapping[str, str]
) -> None:
    """The checkout is shallow, as a workflow makes it, so the base is fetched."""
    base = sh("git rev-parse HEAD").stdout.strip()
    (repository / "vit.rules").write_text(RULES.replace("ndim <= 1", "ndim <= 2"))
    sh("git commit -qam Change")
    origin = tmp_path / "origin"
    repository.rename(origin)
    clone = ["git", "clone", "-q", "--depth=1", f"file://{origin}", str(repository)]
    subprocess.run(clone, check=True, env=environment)
    assert sh(f"git cat-file -e {base}").returncode != 0
    for _ in range(2):  # the second time it is there
        assert step(FIND, against=base).returncode == 0
    assert (runner / "GITHUB_OUTPUT").read_text() == f"commit={base}\n" * 2
    assert step(SHOW, against=base, commit=base).returncode == 0
    summary = (runner / "GITHUB_STEP_SUMMARY").read_text()
    assert summary.startswith(MOVED)
    assert "| `decay` | `no_decay` | `weight_decay - -> 0` | 9 |" in summary
    sh("git switch -qc other && git commit -q --allow-empty -m Empty && git push -q origin other")
    newest = sh("git rev-parse HEAD").stdout
    sh("git switch -q main && git branch -qD other && git update-ref -d refs/remotes/origin/other")
    assert step(FIND, against="other").returncode == 0  # a branch, by its name
    assert (runner / "GITHUB_OUTPUT").read_text().endswith(f"commit={newest}")


def test_a_base_that_cannot_be_compared_fails_nothing(
    step: Any, repository: Path, sh: Shell, runner: Path
) -> None:
    (repository / "vit.rules").write_text("a: type(\n")
    sh("git commit -qam Broken")
    (repository / "vit.rules").write_text(RULES)
    ran = step(SHOW, commit="HEAD")
    said = "rules cannot be compared with those of HEAD"
    assert (ran.returncode, ran.stdout) == (0, f"::warning title=paramrules diff::the {said}\n")
    assert "error[E136]" in ran.stderr
    text = (runner / "GITHUB_STEP_SUMMARY").read_text()
    assert text == f"The {said}: the log of this job says why.\n"


@pytest.mark.parametrize("revision", ["--upload-pack=touch ran", "$(touch ran)", "; touch ran"])
def test_the_name_of_a_revision_is_never_run(step: Any, repository: Path, revision: str) -> None:
    assert step(FIND, against=revision).returncode != 0
    step(SHOW, commit=revision)
    assert not (repository / "ran").exists()


def test_one_comment_is_kept(step: Any, runner: Path, tmp_path: Path) -> None:
    program = tmp_path / "bin" / "gh"
    program.parent.mkdir()
    program.write_text(GH)
    program.chmod(0o755)
    path = f"{program.parent}:{os.environ['PATH']}"
    (runner / "paramrules.md").write_text(MOVED)
    for known, call in (
        ("", "api --silent --method POST repos/team/models/issues/7/comments"),
        ("5\n6\n", "api --silent --method PATCH repos/team/models/issues/comments/5"),
    ):
        (runner / "known").write_text(known)
        ran = step(COMMENT, PATH=path)
        assert (ran.returncode, ran.stderr) == (0, "")
        calls = (runner / "gh.log").read_text().splitlines()
        assert calls[-2].startswith("api --paginate repos/team/models/issues/7/comments --jq .[] | select(")
        assert calls[-1] == f"{call} -F body=@{runner}/paramrules.md.comment"
    assert (runner / "paramrules.md.comment").read_text() == f"<!-- paramrules . -->\n{MOVED}"
