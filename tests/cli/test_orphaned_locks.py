"""Locks that no target has, in `paramrules ci` and `paramrules lock`."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from support import Ran

Run = Callable[..., Ran]

TARGET = '[[targets]]\nrules = "{}"\nmodels = ["net.py:model"]\n'
RULES = "bias: role == bias\nrest: else\n"
FOUND = "warning[W978]: no target has the lock `rules/small.rules.lock`: nothing checks it\n  = help: "
DELETE = "delete the lock: `git rm rules/small.rules.lock`\n\n"


@pytest.fixture(autouse=True)
def project(folder: Path, run: Run) -> Path:
    """Two rule files in a folder, both locked."""
    (folder / "rules").mkdir()
    (folder / "paramrules.toml").write_text(
        TARGET.format("rules/small.rules") + TARGET.format("rules/net.rules")
    )
    for name in ("small", "net"):
        (folder / "rules" / f"{name}.rules").write_text(RULES)
    assert run("lock").code == 0
    return folder


def configure(*names: str) -> None:
    Path("paramrules.toml").write_text("".join(TARGET.format(f"rules/{name}.rules") for name in names))


def test_a_renamed_rule_file_leaves_its_lock(run: Run) -> None:
    Path("rules/small.rules").rename("rules/little.rules")
    configure("little", "net")
    moved = (
        "if its rule file was renamed, `git mv rules/small.rules.lock rules/little.rules.lock`; otherwise "
    )
    code, out, err = run("ci")
    assert (code, err) == (0, f"\n{FOUND}{moved}{DELETE}")
    assert " ".join(out.splitlines()[-2].split()) == "lock rules/small.rules.lock 1 warning"
    assert out.splitlines()[-1] == "8 steps: 1 warning"
    assert run("ci", "--fail-on", "warning").code == 1
    code, _, err = run("lock", "--check")
    assert code == 2
    assert FOUND + moved + DELETE in err
    assert run("lock", "--check", "rules/net.rules").err == ""
    code, _, err = run("lock")
    assert (code, err) == (0, f"\n{FOUND}{DELETE}")
    Path("rules/small.rules.lock").unlink()
    assert run("ci").err == run("lock").err == ""


def test_a_deleted_target_leaves_its_lock(run: Run) -> None:
    configure("net")
    either = "give `rules/small.rules` a target in `paramrules.toml`, or "
    assert run("lock", "--check") == (0, "rules/net.rules.lock is up to date\n", FOUND + either + DELETE)
    (step,) = [each for each in json.loads(run("ci", "--json").out)["steps"] if each["warnings"]]
    assert step == {
        "step": "lock",
        "file": "rules/small.rules.lock",
        "result": "findings",
        "errors": 0,
        "warnings": 1,
        "notes": 0,
        "details": "",
    }
    Path("rules/small.rules").unlink()
    assert run("ci").err == f"\n{FOUND}{DELETE}"


def test_the_step_and_the_warning_can_be_left_out(run: Run) -> None:
    configure("net")
    assert run("ci", "--skip", "lock").err == ""
    with open("paramrules.toml", "a") as settings:
        settings.write('[severity]\nW978 = "off"\n')
    code, out, err = run("ci")
    assert (code, err) == (0, "")
    assert "small" not in out
    assert run("lock").err == ""


def test_other_locks_are_nobodys_concern(run: Run) -> None:
    lock = Path("rules/small.rules.lock").read_text()
    for path in ("weights/vit.rules.lock", "top.rules.lock", "rules/uv.lock", "rules/own.lock"):
        Path(path).parent.mkdir(exist_ok=True)
        Path(path).write_text(lock)
    assert run("ci").err == run("lock", "--check").err == ""
    configure("net")
    for named in (["rules/net.rules"], ["rules/net.rules", "-o", "own.lock"], ["-o", "own.lock"]):
        assert run("lock", *named).err == ""
    assert run("lock", "rules/net.rules", "-m", "net.py:model", "--check").err == ""


def test_the_lock_of_a_shipped_policy_has_a_target(run: Run) -> None:
    Path("paramrules.toml").write_text(TARGET.format("<nanogpt@1>") + TARGET.format("own.rules"))
    Path("own.rules").write_text(RULES)
    assert run("lock").err == run("ci", "--skip", "test").err == ""
