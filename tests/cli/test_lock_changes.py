"""`paramrules diff --against`, where locks show that a model has changed, too."""

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from support import Ran, git, inventory_of

Run = Callable[..., Ran]

TARGET = '[[targets]]\nrules = "rules/a.rules"\nmodels = ["m.json"{}]\n'
RULES = "no_decay: ndim <= {}\ndecay: else\n"
LINE = (
    "rules/a.rules.lock shows changes beyond the rules: {}; "
    "see `paramrules diff main:./rules/a.rules.lock rules/a.rules.lock`\n"
)


def save(file: str, *names: str, owner: str = "torch.nn.modules.linear.Linear") -> None:
    """Save a model that has these weights."""
    inventory_of([{"name": name, "owner": owner, "shape": [2, 2]} for name in names]).save(file)


@pytest.fixture(autouse=True)
def locked(folder: Path, run: Run) -> None:
    """A commit on `main` with a rule file and its lock."""
    (folder / "rules").mkdir()
    Path("paramrules.toml").write_text(TARGET.format(""))
    Path("rules/a.rules").write_text(RULES.format(1))
    save("m.json", "a.weight", "b.weight", "c.weight")
    assert run("lock").code == 0
    git("init", ".")
    git("add", ".")
    git("commit", "-m", "rules")


def test_a_change_of_the_model_alone(run: Run) -> None:
    assert run("diff", "--against", "main") == (0, "the same groups\n", "")
    save("m.json", "a.weight", "d.weight")
    assert (
        run("diff", "--against", "main").out == "the same groups\n"
    )  # the lock is stale, says `lock --check`
    run("lock")
    line = LINE.format("1 tensor came, 2 went")
    assert run("diff", "--against", "main") == (
        1,
        f"{line}the same groups, 1 lock with further changes\n",
        "",
    )
    assert run("diff", "--against", "main", "--markdown").out.endswith(
        "\n\nthe same groups.\n\n- `rules/a.rules.lock` shows changes beyond the rules: "
        "1 tensor came, 2 went; see `paramrules diff main:./rules/a.rules.lock rules/a.rules.lock`\n"
    )
    answer = json.loads(run("diff", "--against", "main", "--json").out)
    assert answer["same"] is False
    (lock,) = answer["locks"]
    assert (lock["lock"], lock["before"]) == ("rules/a.rules.lock", "main:./rules/a.rules.lock")
    assert [(each["kind"], each["names"]) for each in lock["diffs"][0]["changes"]] == [
        ("came", ["d.weight"]),
        ("went", ["b.weight", "c.weight"]),
    ]
    command = line[line.index("`") + 1 : line.rindex("`")].split()[1:]
    assert run(*command).out.splitlines()[-1] == "1 tensor came, 2 went"
    os.chdir("rules")
    assert "see `paramrules diff main:./a.rules.lock a.rules.lock`" in run("diff", "--against", "main").out


def test_what_the_rules_move_is_not_said_twice(run: Run) -> None:
    Path("rules/a.rules").write_text(RULES.format(2))
    run("lock")
    assert run("diff", "--against", "main").out.endswith("\n3 tensors moved\n")
    assert json.loads(run("diff", "--against", "main", "--json").out)["locks"] == []
    save("m.json", "a.weight", "b.weight", "c.weight", "d.weight")
    run("lock")
    assert run("diff", "--against", "main").out.endswith(
        f"\n{LINE.format('3 tensors moved, 1 came')}4 tensors moved, 1 lock with further changes\n"
    )


def test_a_class_or_an_order_that_moves_parameters(run: Run) -> None:
    save("m.json", "a.weight", "c.weight", "b.weight")
    run("lock")
    assert LINE.format("the same groups in another order") in run("diff", "--against", "main").out
    text = "norm?: type(LayerNorm)\nrest: else\n"
    Path("rules/a.rules").write_text(text)
    run("lock")
    git("commit", "-a", "-m", "by type")
    save("m.json", "a.weight", "c.weight", "b.weight", owner="torch.nn.modules.normalization.LayerNorm")
    run("lock")
    assert LINE.format("3 tensors moved").replace("main:", "HEAD:") in run("diff", "--against", "HEAD").out


def test_several_models_of_a_lock(run: Run) -> None:
    Path("paramrules.toml").write_text(TARGET.format(', "n.json", "o.json"'))
    for name in ("n.json", "o.json"):
        save(name, "a.weight")
    run("lock")
    git("add", ".")
    git("commit", "-m", "more")
    for name in ("n.json", "o.json"):
        save(name, "a.weight", f"{name[0]}.weight")
    run("lock")
    line = LINE.format("1 tensor came on n.json; 1 tensor came on o.json").replace("main:", "HEAD:")
    assert line in run("diff", "--against", "HEAD").out


def test_a_lock_that_cannot_be_read(run: Run) -> None:
    save("m.json", "a.weight")
    Path("rules/a.rules.lock").write_text("paramrules lock 9\n")
    code, out, err = run("diff", "--against", "main")
    assert (code, out) == (0, "the same groups\n")
    assert err.startswith("warning[W979]: `rules/a.rules.lock` cannot be compared with that of `main`: ")
    Path("rules/a.rules.lock").unlink()
    assert run("diff", "--against", "main") == (0, "the same groups\n", "")


def test_a_lock_that_the_revision_does_not_have(run: Run) -> None:
    git("rm", "--cached", "rules/a.rules.lock")
    git("commit", "-m", "no lock")
    save("m.json", "a.weight")
    run("lock")
    assert run("diff", "--against", "HEAD") == (0, "the same groups\n", "")
