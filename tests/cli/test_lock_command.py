"""`paramrules lock`."""

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from support import Ran

Run = Callable[..., Ran]
UP_TO_DATE = "net.rules.lock is up to date\n"


@pytest.fixture(autouse=True)
def rules_that_hold(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`net.rules` without the expectation that fails, and no versions of what another test has imported."""
    monkeypatch.setattr("paramrules.locks.locked.versions_of", lambda inventory: {})
    lines = (folder / "net.rules").read_text().splitlines(keepends=True)
    (folder / "net.rules").write_text("".join(line for line in lines if "expect decay" not in line))


def test_writing_and_checking(run: Run) -> None:
    assert run("lock", "net.rules", "-m", "net.py:make") == (0, "net.rules.lock: 7 tensors in 6 groups\n", "")
    text = Path("net.rules.lock").read_text()
    assert text.splitlines()[3:7] == [
        "model net.py:make",
        "rules net.rules",
        "framework torch",
        "option rate = 0.5",
    ]
    assert run("lock", "net.rules", "-m", "net.py:make") == (0, UP_TO_DATE, "")
    assert run("lock", "net.rules", "-m", "net.py:make", "--check") == (0, UP_TO_DATE, "")
    code, out, err = run("lock", "net.rules", "-m", "net.py:make", "--check", "--option", "rate=0.25")
    assert code == 1
    assert out.splitlines()[0].startswith("settings changed in")
    assert err == (
        "\nerror[E901]: `net.rules.lock` is stale: on `net.py:make`, 4 tensors with other settings\n"
        "  = help: if that is meant, run `paramrules lock net.rules -m net.py:make --option rate=0.25` "
        "and commit `net.rules.lock`\n\n"
    )
    assert Path("net.rules.lock").read_text() == text
    assert run("lock", "net.rules", "-m", "net.py:make", "--check", "-q") == (0, "", "")


def test_a_saved_inventory_stands_for_its_model(run: Run) -> None:
    run("lock", "net.rules", "-m", "net.py:make")
    run("inventory", "net.py:make", "-o", "net.json")
    assert run("lock", "net.rules", "-m", "net.json", "--check") == (0, UP_TO_DATE, "")


def test_an_option_that_changes_nothing_is_stale_all_the_same(run: Run) -> None:
    Path("plain.rules").write_text("option rate = 0.5\nno_decay: ndim <= 1\ndecay: else\n")
    run("lock", "plain.rules", "-m", "net.py:make")
    code, out, err = run("lock", "plain.rules", "-m", "net.py:make", "--check", "--option", "rate=0.25")
    assert (code, out) == (1, "option rate: 0.5 -> 0.25\n")
    assert "is stale: on `net.py:make`, an option has another value, and the groups are the same\n" in err


def test_several_models(run: Run) -> None:
    both = ("-m", "net.py:make", "-m", "net.py:make(frozen=True)")
    assert (
        run("lock", "net.rules", *both).out
        == "net.rules.lock: 7 tensors in 6 groups, 7 tensors in 6 groups\n"
    )
    assert run("lock", "net.rules", *both, "--check").code == 0
    code, out, err = run("lock", "net.rules", "-m", "net.py:make", "--check")
    assert (code, out) == (1, "no longer locked: net.py:make(frozen=True)\n")
    assert "is stale: it has `net.py:make(frozen=True)` besides\n" in err
    run("lock", "net.rules", "-m", "net.py:make")
    code, out, err = run("lock", "net.rules", *both, "--check")
    assert (code, out) == (1, "newly locked: net.py:make(frozen=True)\n")
    assert "is stale: it lacks `net.py:make(frozen=True)`\n" in err


def test_json(run: Run) -> None:
    answer = json.loads(run("lock", "net.rules", "-m", "net.py:make", "--json").out)
    models = [
        {"name": "net.py:make", "model": "net.py:make", "framework": "torch", "tensors": 7, "groups": 6}
    ]
    lock = {"rules": "net.rules", "lock": "net.rules.lock", "models": models}
    assert answer == {"version": 1, "locks": [{**lock, "written": True}], "findings": []}
    answer = json.loads(run("lock", "net.rules", "-m", "net.py:make", "--json", "--check").out)
    nothing = {
        "groups_came": [],
        "groups_went": [],
        "reordered": "",
        "options": {},
        "versions": {},
        "reasons": [],
        "changes": [],
    }
    diff = {"name": "net.py:make", "model": "net.py:make", "rules": "net.rules", "same": True, **nothing}
    checked = {"stale": False, "same": True, "went": [], "came": [], "diffs": [diff]}
    assert answer == {"version": 1, "locks": [{**lock, **checked}], "findings": []}


def test_rules_with_errors_on_the_model_are_not_locked(run: Run) -> None:
    Path("net.rules").write_text("no_decay: ndim <= 1\ndecay: else\nexpect decay: role == bias\n")
    code, out, err = run("lock", "net.rules", "-m", "net.py:make")
    assert (code, out) == (1, "")
    assert err.startswith("error[E206]: ")
    assert not Path("net.rules.lock").exists()


def test_paths_are_relative_to_the_lock(run: Run, folder: Path) -> None:
    (folder / "rules").mkdir()
    (folder / "net.rules").rename(folder / "rules" / "net.rules")
    run("inventory", "net.py:make", "-o", "net.json")
    assert (
        run("lock", "rules/net.rules", "-m", "net.json").out
        == "rules/net.rules.lock: 7 tensors in 6 groups\n"
    )
    assert "\nmodel ../net.json\nrules net.rules\n" in (folder / "rules" / "net.rules.lock").read_text()
    os.chdir("rules")
    assert run("lock", "net.rules", "-m", "../net.json", "--check").code == 0
    assert run("lock", "net.rules", "-m", "../net.json", "-o", "../other.lock").code == 0
    assert "\nmodel net.json\n" in (folder / "other.lock").read_text()


def test_a_lock_that_is_missing_or_edited(run: Run) -> None:
    assert run("lock", "net.rules", "-m", "net.py:make", "--check") == (
        2,
        "",
        "error[E909]: there is no lock `net.rules.lock`\n"
        "  = help: `paramrules lock net.rules -m net.py:make` writes it\n\n",
    )
    run("lock", "net.rules", "-m", "net.py:make")
    lock = Path("net.rules.lock")
    text = lock.read_text()
    lock.write_text(text.replace("  weight", "  weight").replace("\nparameters", "\n\nparameters"))
    code, out, err = run("lock", "net.rules", "-m", "net.py:make", "--check")
    assert (code, out) == (1, "")
    assert err == (
        "error[E908]: `net.rules.lock` says what it should, but not as it is written: somebody has edited or "
        "merged it\n"
        "   --> net.rules.lock:19:1\n"
        "    |\n"
        " 19 |\n"
        "    | ^\n"
        "    = help: `paramrules lock net.rules -m net.py:make` writes it anew\n\n"
    )
    lock.write_text(text + "\n# more\n")
    assert "net.rules.lock:" in run("lock", "net.rules", "-m", "net.py:make", "--check").err
    lock.write_text(text.rstrip("\n"))
    assert run("lock", "net.rules", "-m", "net.py:make", "--check").code == 1
    assert run("lock", "net.rules", "-m", "net.py:make").out == "net.rules.lock: 7 tensors in 6 groups\n"
    assert lock.read_text() == text
    lock.write_text("<<<<<<< HEAD\n")
    assert run("lock", "net.rules", "-m", "net.py:make").out == "net.rules.lock: 7 tensors in 6 groups\n"
    assert lock.read_text() == text


def test_versions_stay_while_the_groups_do(run: Run) -> None:
    run("lock", "net.rules", "-m", "net.py:make")
    lock = Path("net.rules.lock")
    text = lock.read_text().replace("framework torch\n", "framework torch\nversions torch 1.0\n")
    lock.write_text(text)
    assert run("lock", "net.rules", "-m", "net.py:make").out == UP_TO_DATE
    assert run("lock", "net.rules", "-m", "net.py:make", "--check").out == UP_TO_DATE
    assert lock.read_text() == text
    run("lock", "net.rules", "-m", "net.py:make", "--option", "rate=0.25")
    assert "versions" not in lock.read_text()


def test_a_folder_that_is_not_there(run: Run) -> None:
    code, _, err = run("lock", "net.rules", "-m", "net.py:make", "-o", "none/net.lock")
    assert (code, err.splitlines()[0]) == (
        2,
        "error[E703]: `none/net.lock` cannot be written: no such file or directory",
    )


def test_the_versions_of_packages_that_are_loaded() -> None:
    import click
    from support import inventory_of

    from paramrules.locks.versions import versions_of

    rows = [{"name": "a", "owner": ["click.core.Layer", "nets.Net"]}, {"name": "b", "owner": "notloaded.x.Y"}]
    found = versions_of(
        inventory_of([*rows, {"name": "c", "owner": "paramrules.cli.X"}, {"name": "d", "owner": "json.X"}])
    )
    assert dict(found)["click"]
    assert "json" not in found
    assert "notloaded" not in found
    assert click


SETTINGS = """\
[[targets]]
rules = "net.rules"
models = ["net.py:make"]

[[targets]]
rules = "plain.rules"
models = ["net.py:make"]
"""


def test_all_rule_files_of_a_project(run: Run) -> None:
    Path("plain.rules").write_text("no_decay: ndim <= 1\ndecay: else\n")
    Path("paramrules.toml").write_text(SETTINGS)
    assert run("lock") == (
        0,
        "net.rules.lock: 7 tensors in 6 groups\nplain.rules.lock: 7 tensors in 2 groups\n2 locks\n",
        "",
    )
    Path("plain.rules").write_text("no_decay: ndim <= 1 or name ~ wte\ndecay: else\n")
    code, out, err = run("lock", "--check")
    assert (code, out.splitlines()[-3:]) == (1, ["", "net.rules.lock is up to date", "2 locks"])
    assert "error[E901]: `plain.rules.lock` is stale" in err
    code, _, err = run("lock", "-o", "one.lock")
    assert (code, err.splitlines()[-1]) == (
        2,
        "Error: `-o` names one lock, and there are 2 rule files: name one of them",
    )


TWICE = SETTINGS.partition("\n\n")[0] + "\n\n"
"""The first target, with room for another one."""


def test_two_targets_of_one_file_and_model_with_other_options(run: Run) -> None:
    settings = Path("paramrules.toml")
    target = '[[targets]]\nrules = "net.rules"\nmodels = ["net.py:make"]\noptions = { rate = 0.25 }\n'
    settings.write_text(TWICE + target)
    sizes = "7 tensors in 6 groups"
    assert run("lock") == (0, f"net.rules.lock: {sizes}, {sizes}\n", "")
    text = Path("net.rules.lock").read_text()
    assert text.startswith("paramrules lock 2\n")
    assert [line for line in text.splitlines() if line.startswith(("model ", "option "))] == [
        "model net.py:make",
        "option rate = 0.5",
        "model net.py:make",
        "option rate = 0.25",
    ]
    assert run("lock") == run("lock", "--check") == (0, UP_TO_DATE, "")
    assert run("diff", "net.rules.lock", "net.rules") == (0, "0 models of 2 differ\n", "")
    result = json.loads(run("lock", "--check", "--json").out)
    names = ["net.py:make (rate = 0.5)", "net.py:make (rate = 0.25)"]
    assert [model["name"] for model in result["locks"][0]["models"]] == names
    assert [diff["name"] for diff in result["locks"][0]["diffs"]] == names

    settings.write_text(TWICE + target.replace("0.25", "0.125"))
    code, out, err = run("lock", "--check")
    assert code == 1
    assert out.startswith("net.rules on net.py:make (rate = 0.125):\n\nsettings changed in ")
    assert err == (
        "\nerror[E901]: `net.rules.lock` is stale: on `net.py:make (rate = 0.125)`, "
        "4 tensors with other settings\n"
        "  = help: if that is meant, run `paramrules lock` and commit `net.rules.lock`\n\n"
    )
    assert run("diff", "net.rules.lock", "net.rules") == (
        2,
        "",
        "error[E975]: `net.rules.lock` has 2 sections of the model `net.py:make`, "
        "none of them with these options\n"
        "  = help: set the options of one of them with `--option`: `net.py:make (rate = 0.5)` and "
        "`net.py:make (rate = 0.25)`\n\n",
    )

    settings.write_text(TWICE)
    code, out, err = run("lock", "--check")
    assert (code, out) == (1, "no longer locked: net.py:make (rate = 0.25)\n")
    assert "is stale: it has `net.py:make (rate = 0.25)` besides\n" in err
    assert run("lock") == (0, f"net.rules.lock: {sizes}\n", "")
    assert Path("net.rules.lock").read_text().startswith("paramrules lock 1\n")


def test_two_targets_of_one_file_and_model_with_the_same_options(run: Run) -> None:
    target = '[[targets]]\nrules = "net.rules"\nmodels = ["net.py:make"]\noptions = { rate = 0.5 }\n'
    Path("paramrules.toml").write_text(TWICE + target)
    assert run("lock") == (
        2,
        "",
        "error[E906]: `net.rules.lock` would have two sections of the model `net.py:make` "
        "with the same options\n"
        "  = help: name the model once; if the two differ in stacks, inputs or vocabulary, lock one of them "
        "apart: `paramrules lock RULES --model M -o FILE`\n\n",
    )


def test_a_directory_in_place_of_a_lock(run: Run) -> None:
    Path("net.rules.lock").mkdir()
    help = "  = help: move it away, or name another file\n\n"
    assert run("lock", "net.rules", "-m", "net.py:make") == (
        2,
        "",
        f"error[E703]: `net.rules.lock` cannot be written: is a directory\n{help}",
    )
    assert run("lock", "net.rules", "-m", "net.py:make", "--check") == (
        2,
        "",
        f"error[E902]: `net.rules.lock` cannot be read as a lock: it is a directory\n{help}",
    )


@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_line_ends_of_windows_and_a_byte_order_mark(mark: str, run: Run) -> None:
    """Git writes such line ends where `core.autocrlf` is set."""
    command = ("lock", "net.rules", "-m", "net.py:make")
    run(*command)
    lock = Path("net.rules.lock")
    data = (mark + lock.read_text().replace("\n", "\r\n")).encode()
    lock.write_bytes(data)
    assert run(*command, "--check") == (0, "net.rules.lock is up to date\n", "")
    assert run(*command) == (0, "net.rules.lock is up to date\n", "")
    assert lock.read_bytes() == data
    assert run("diff", "net.rules.lock", "net.rules", "-m", "net.py:make").out == "the same groups\n"
    lock.write_bytes(data.replace(b"\r\nend", b"\r\n\r\nend"))
    assert run(*command, "--check").code == 2


def test_a_label_that_nothing_has_was_written_by_hand(run: Run) -> None:
    run("lock", "net.rules", "-m", "net.py:make")
    lock = Path("net.rules.lock")
    text = lock.read_text()
    line = next(each for each in text.splitlines(keepends=True) if each.startswith("no_decay: "))
    lock.write_text(text.replace(line, f"extra: -\n{line}"))
    code, out, err = run("lock", "net.rules", "-m", "net.py:make", "--check")
    assert (code, out) == (1, "")
    assert "error[E908]: `net.rules.lock` says what it should, but not as it is written" in err
    assert " | extra: -\n" in err
    run("lock", "net.rules", "-m", "net.py:make")
    assert lock.read_text() == text


@pytest.mark.parametrize("form", ["text", "json"])
def test_every_lock_that_cannot_be_checked_is_named(run: Run, form: str) -> None:
    target = '[[targets]]\nrules = "{}.rules"\nmodels = ["net.py:make"]\n'
    names = ("a", "b", "c", "d")
    Path("paramrules.toml").write_text("".join(map(target.format, names)))
    for name in names:
        Path(f"{name}.rules").write_text("no_decay: ndim <= 1\ndecay: else\n")
    missing = [f"there is no lock `{name}.rules.lock`" for name in names]
    code, out, err = run("lock", "--check")
    assert (code, out) == (2, "")
    assert [line.partition(": ")[2] for line in err.splitlines() if line.startswith("error")] == missing
    assert run("lock", "a.rules").code == run("lock", "c.rules").code == 0
    Path("c.rules").write_text("no_decay: ndim <= 1 or role == embedding\ndecay: else\nmore: else\n")
    Path("d.rules").write_text("none: ndm <= 1\n")
    ran = run("lock", "--check", "--format", form)
    assert ran.code == 2
    if form == "json":
        answer = json.loads(ran.out)
        assert [lock["lock"] for lock in answer["locks"]] == ["a.rules.lock"]
        assert {finding["code"] for finding in answer["findings"]} >= {"E909", "E301"}
    else:
        assert ran.out == "a.rules.lock is up to date\n4 locks\n"
        assert missing[1] in ran.err
        assert "`ndm`" in ran.err


def test_a_model_that_fails_keeps_no_other_lock_from_being_written(run: Run) -> None:
    Path("broken.py").write_text("def make():\n    raise OSError(5)\n")
    target = '[[targets]]\nrules = "{}.rules"\nmodels = ["{}.py:make"]\n'
    settings = target.format("a", "broken") + target.format("net", "net") + target.format("b", "broken")
    Path("paramrules.toml").write_text(settings)
    for name in "ab":
        Path(f"{name}.rules").write_text("no_decay: ndim <= 1\ndecay: else\n")
    code, out, err = run("lock", "--traceback")
    assert (code, out) == (2, "net.rules.lock: 7 tensors in 6 groups\n3 locks\n")
    assert err.count("E702") == err.count("OSError: 5\n  ") == 1
    assert "Traceback" in err
    assert Path("net.rules.lock").exists()
