"""`paramrules diff`, and `REV:path` in every command."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from support import Ran, git

import paramrules
from paramrules import git_files
from paramrules.diffs.rules_or_lock import rules_or_lock
from paramrules.git_files import GitFile
from paramrules.inventories.own_vocabulary import read_own
from paramrules.sources import source

Run = Callable[..., Ran]
NEW = "no_decay: ndim <= 1 or name ~ wte\ndecay: else\n"
OLD = 'include "norms.rules"\nno_decay: small\ndecay: else\n'


@pytest.fixture(autouse=True)
def rules_that_hold(folder: Path) -> None:
    """`net.rules` without the expectation that fails."""
    lines = (folder / "net.rules").read_text().splitlines(keepends=True)
    (folder / "net.rules").write_text("".join(line for line in lines if "expect decay" not in line))


@pytest.fixture
def repository(folder: Path) -> Path:
    """A repository with rules that include others, and a working tree in which both have changed."""
    (folder / "rules" / "more").mkdir(parents=True)
    (folder / "rules" / "old.rules").write_text(OLD)
    (folder / "rules" / "norms.rules").write_text("let small = ndim <= 1\n")
    (folder / "top.rules").write_text('include "rules/norms.rules"\nno_decay: small\n')
    git("init", "-q", "-b", "main", ".")
    git("add", "-A")
    git("commit", "-q", "-m", "rules")
    (folder / "rules" / "old.rules").write_text(NEW)
    (folder / "rules" / "norms.rules").write_text("let small = ndim <= 0\n")
    return folder


MOVED = """\
moved from  to        settings             tensors  parameters  names
decay       no_decay  weight_decay - -> 0        1       64.0k  wte.weight
1 tensor moved
"""


@pytest.mark.usefixtures("repository")
def test_an_annotation_says_that_groups_moved(run: Run) -> None:
    words = ("--format", "github", "-m", "net.py:make")
    moved = run("diff", "main:rules/old.rules", "rules/old.rules", *words)
    assert moved == (1, "::notice title=paramrules diff::1 tensor moved\n", "")
    two = run("diff", "main:rules/old.rules", "rules/old.rules", *words, "-m", "net.py:make(True)")
    assert two == (1, "::notice title=paramrules diff::2 models of 2 differ\n", "")
    assert run("diff", "main:rules/old.rules", "HEAD:rules/old.rules", *words) == (0, "", "")


def test_two_revisions(run: Run, repository: Path) -> None:
    model = ("-m", "net.py:make")
    assert run("diff", "main:rules/old.rules", "rules/old.rules", *model) == (1, MOVED, "")
    assert run("diff", "main:rules/old.rules", "HEAD:rules/old.rules", *model) == (0, "the same groups\n", "")
    os.chdir("rules")
    assert run("diff", "main:./old.rules", "old.rules", "-m", "../net.py:make").out == MOVED
    os.chdir("more")
    assert run("diff", "main:../old.rules", "../old.rules", "-m", "../../net.py:make").out == MOVED


def test_revisions_in_every_command(run: Run, repository: Path) -> None:
    assert run("check", "main:rules/old.rules", "main:top.rules").out == "2 files: no findings\n"
    assert json.loads(run("check", "main:top.rules", "--json").out)["files"] == ["main:top.rules"]
    assert run("show", "main:rules/old.rules", "-m", "net.py:make").out.startswith(
        "main:rules/old.rules on net.py:make"
    )
    assert run("check", "--portable", "main:top.rules").code == 0
    code, _, err = run("lock", "main:top.rules", "-m", "net.py:make")
    assert (code, err.splitlines()[-1]) == (
        2,
        "Error: `main:top.rules` is in a revision: name the lock with `-o`",
    )
    assert run("lock", "main:top.rules", "-m", "net.py:make", "-o", "top.lock").code == 0


def test_a_file_that_is_too_large(run: Run, repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A packed file of a megabyte may unpack to a gigabyte."""
    (repository / "large.rules").write_text("#" * (2 << 20))
    (repository / "norms.toml").write_text("#" * (1 << 18))
    git("add", ".")
    git("commit", "-q", "-m", "large files")
    code, _, err = run("check", "main:large.rules")
    assert (code, err.splitlines()[0]) == (2, "error[E103]: `main:large.rules` is larger than 1024 KiB")
    with pytest.raises(paramrules.RulesError, match=r"E510.*`main:norms.toml`.*larger than 128 KiB"):
        read_own([GitFile("main", "norms.toml")], ())
    monkeypatch.setattr(git_files, "_MOST", 1_000)
    assert len(GitFile("main", "large.rules").read_bytes()) == 1_000
    assert len(GitFile("main", "large.rules", follows=True).read_bytes()) < 1_000  # behind its size
    assert GitFile("main", "top.rules").read_bytes() == (repository / "top.rules").read_bytes()


def test_a_file_that_the_clone_lacks(run: Run, repository: Path) -> None:
    """A partial clone cannot always fetch what it left out, which is not a file that the revision lacks."""
    named = ("git", "rev-parse", "main:top.rules")
    name = subprocess.run(named, check=True, capture_output=True, text=True).stdout.strip()
    (repository / ".git" / "objects" / name[:2] / name[2:]).unlink()
    for command in (
        ("check", "main:top.rules"),
        ("diff", "main:top.rules", "top.rules", "-m", "net.py:make"),
    ):
        code, out, err = run(*command)
        assert (code, out) == (2, "")
        assert err == (
            "error[E910]: git cannot read `main:top.rules`, which is in the revision: "
            "git cat-file: could not get object info\n"
            "  = help: `git fsck` shows what this clone lacks\n\n"
        )


def test_includes_that_a_revision_lacks(run: Run, repository: Path) -> None:
    (repository / "rules" / "old.rules").write_text('include "norm.rules"\nno_decay: small\n')
    git("commit", "-q", "-a", "-m", "lose an include")
    code, _, err = run("check", "main:rules/old.rules")
    assert code == 1
    assert err.startswith("error[E112]: there is no file `norm.rules`\n  --> main:rules/old.rules:1:9\n")
    assert "did you mean `norms.rules`?" in err
    (repository / "rules" / "norms.rules").write_text("let small =\n")
    git("commit", "-q", "-a", "-m", "break an include")
    (repository / "rules" / "old.rules").write_text(OLD)
    git("commit", "-q", "-a", "-m", "include it")
    assert "--> main:rules/norms.rules:1:" in run("check", "main:rules/old.rules").err


def refused(text: str) -> tuple[paramrules.Diagnostic, ...]:
    with pytest.raises(paramrules.RulesError) as raised:
        source(text)
    return raised.value.diagnostics


def test_what_is_not_there(run: Run, repository: Path) -> None:
    def said(name: str) -> str:
        code, out, err = run("check", name)
        assert (code, out) == (2, "")
        return err.replace("  = help: ", "").strip("\n")

    assert said("main:old.rules") == (
        "error[E911]: the revision `main` has no file `old.rules`\ndid you mean `main:rules/old.rules`?"
    )
    assert said("main:tops.rules") == (
        "error[E911]: the revision `main` has no file `tops.rules`\ndid you mean `main:top.rules`?"
    )
    for name in ("rules", "rules/", "./rules"):
        path = f"{name.removesuffix('/')}/"
        assert said(f"main:{name}") == (
            f"error[E911]: `main:{name}` is not a file: `{name}` is a folder of the revision\n"
            f"name a file in it: `main:{path}norms.rules` or `main:{path}old.rules`"
        )
    assert said("main:") == (
        "error[E911]: `main:` is not a file: the revision is named without a file\n"
        "name a file in it: `main:net.rules`, `main:rules/norms.rules`, `main:rules/old.rules` or 1 more"
    )
    Path("bare").mkdir()
    Path("bare/a.txt").write_text("")
    git("add", "bare")
    git("commit", "-qm", "bare")
    assert said("main:bare").endswith("`bare` is a folder of the revision\nname a file in it")
    assert said("mian:top.rules") == "error[E911]: git knows no revision `mian`\ndid you mean `main`?"
    head = "error[E911]: git knows no revision"
    assert said("main~90:top.rules") == (f"{head} `main~90`\nthe history of `main` has 2 commits")
    assert said("@~90:top.rules") == f"{head} `@~90`\nthe history of `HEAD` has 2 commits"
    assert said("v9:top.rules") == (
        f"{head} `v9`\nthis repository has no remote to fetch from; `git branch --all` lists its branches"
    )
    git("remote", "add", "upstream", "none")
    assert said("v9:top.rules").endswith("\nfetch it first, if it is a branch: `git fetch upstream v9`")
    git("remote", "add", "origin", "none")
    assert said("v9:top.rules").endswith("\nfetch it first, if it is a branch: `git fetch origin v9`")
    for revision in ("v9~2", "abcdef0"):
        assert said(f"{revision}:top.rules").endswith("\nfetch it first: `git fetch origin`")
    assert [found.message for found in refused("-v:top.rules")] == ["`-v` is not a revision"]
    assert [found.message for found in refused("^main:top.rules")] == ["`^main` is not a revision"]
    for revision, help in (
        ("", "name a branch, a tag or a commit: `--against main`, `--against HEAD^`"),
        ("main:top.rules", "`--against` takes a revision without a file: `--against main`"),
        ("main:", "`--against` takes a revision without a file: `--against main`"),
        ("-2", "write `--against HEAD~2`"),
    ):
        Path("paramrules.toml").write_text('[[targets]]\nrules = "top.rules"\nmodels = ["net.py:make"]\n')
        assert run("diff", "--against", revision).err == (
            f"error[E911]: `{revision}` is not a revision\n  = help: {help}\n\n"
        )
    Path("paramrules.toml").unlink()
    os.chdir("rules")
    assert said("main:old.rules") == (
        "error[E911]: the revision `main` has no file `old.rules`\n"
        "a path is relative to the root of the repository; write `main:./old.rules`"
    )


def test_a_revision_without_its_file(run: Run, repository: Path) -> None:
    for files, instead in (
        (("main", "top.rules"), "main:top.rules"),
        (("top.rules", "main"), "main:top.rules"),
        (("main", "HEAD:top.rules"), "main:PATH"),
    ):
        code, out, err = run("diff", *files, "-m", "net.py:make")
        assert (code, out) == (2, "")
        assert err.endswith(f"Error: there is no file `main`; in a revision of git it is `{instead}`\n")


def test_without_a_repository_or_git(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(Path.cwd().parent))
    code, _, err = run("check", "main:net.rules")
    assert (code, err.splitlines()) == (
        2,
        [
            "error[E910]: the revision `main` cannot be read from git: this folder is in no repository",
            "  = help: compare files on the disk, or run this in a clone with git installed",
            "",
        ],
    )
    Path("paramrules.toml").write_text(
        '[[targets]]\nrules = "net.rules"\nmodels = ["net.py:make"]\n', "utf-8"
    )
    assert run("diff", "--against", "main").err == err  # and names none of the files that it looks for
    monkeypatch.setenv("GIT_DIR", "/dev/null/none")
    assert "error[E910]: the revision `main` cannot be read from git: " in run("check", "main:net.rules").err
    monkeypatch.setenv("PATH", "")
    assert run("check", "main:net.rules").err.startswith(
        "error[E910]: git cannot be started: no such file or directory\n"
    )
    with pytest.raises(paramrules.RulesError) as raised:
        GitFile("main", "a\0b").read_bytes()
    assert raised.value.diagnostics[0].code == "E911"


def test_a_repository_of_somebody_else(run: Run, repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    monkeypatch.setenv("GIT_CONFIG_SYSTEM", os.devnull)
    assert run("check", "main:top.rules").err.startswith(
        "error[E910]: the revision `main` cannot be read from git: detected dubious ownership in repository"
    )


def test_paths_that_are_not_revisions(run: Run, folder: Path) -> None:
    (folder / "a:b.rules").write_text("all: else\n")
    assert run("check", "a:b.rules").out == "1 file: no findings\n"
    assert source("C:\\net.rules") == "C:\\net.rules"
    assert source("net.rules:1") == "net.rules:1"  # as an editor names a line
    assert source(":x") == ":x"


def test_a_git_file_is_a_resource(repository: Path) -> None:
    file = GitFile("main", "rules/old.rules")
    assert (file.name, str(file.parent), repr(file)) == (
        "old.rules",
        "main:rules",
        "GitFile('main:rules/old.rules')",
    )
    assert file.read_text() == OLD
    with file.open() as stream:
        assert stream.read() == OLD
    assert [each.name for each in file.parent.iterdir()] == ["norms.rules", "old.rules"]
    assert (file.parent / "norms.rules").is_file()
    assert (file.parent.is_dir(), GitFile("main", "").is_dir(), GitFile("main", ".").is_dir()) == (
        True,
        True,
        True,
    )
    with pytest.raises(paramrules.RulesError):
        GitFile("main", "none.rules").read_text()


def test_two_locks_need_nothing_else(run: Run, folder: Path) -> None:
    Path("old.rules").write_text("no_decay: ndim <= 1\ndecay: else\n")
    Path("new.rules").write_text(NEW)
    run("lock", "old.rules", "-m", "net.py:make")
    run("lock", "new.rules", "-m", "net.py:make")
    code = (
        "import sys\nfrom paramrules.cli import main\n"
        "try: main(['diff', 'old.rules.lock', 'new.rules.lock', '-m', 'none.py:Net'])\n"
        "except SystemExit as done: print(done.code, 'torch' in sys.modules, 'jax' in sys.modules)"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout == MOVED + "1 False False\n"
    assert run("diff", "old.rules.lock", "new.rules", "-m", "net.py:make").out == MOVED
    assert run("diff", "old.rules.lock", "new.rules").err.startswith(
        "error[E912]: `new.rules` holds rules, which make groups only of a model\n"
        "  = help: name the model with `--model M`; two locks need none\n"
    )
    Path("copy").write_text(Path("old.rules.lock").read_text())
    assert run("diff", "copy", "old.rules.lock").code == 0
    with pytest.raises(paramrules.RulesError):
        paramrules.diff("copy", "\0")


def test_a_lock_is_not_a_rule_file(run: Run) -> None:
    run("lock", "net.rules", "-m", "net.py:make")
    assert run("check", "net.rules.lock").err == (
        "error[E121]: this is a lock, not a rule file\n"
        "  --> net.rules.lock:1:1\n"
        "   |\n"
        " 1 | paramrules lock 1\n"
        "   | ^^^^^^^^^^^^^^^^^\n"
        "   = help: `paramrules diff` compares it, and `paramrules lock` writes it from rules\n\n"
    )


def test_rules_and_locks_are_told_apart(repository: Path) -> None:
    for file in ("main:top.rules", GitFile("main", "top.rules")):
        assert rules_or_lock(file).source.name == "main:top.rules"  # type: ignore[union-attr]
    assert rules_or_lock(Path("net.rules")).source.name == "net.rules"  # type: ignore[union-attr]
    with pytest.raises(paramrules.RulesError) as raised:
        rules_or_lock(os.devnull)
    assert [finding.code for finding in raised.value.diagnostics] == ["E101"]


def test_several_models(run: Run) -> None:
    Path("new.rules").write_text(NEW)
    both = ("-m", "net.py:make", "-m", "net.py:make(frozen=True)")
    run("lock", "net.rules", *both)
    run("lock", "new.rules", *both)
    code, out, _ = run("diff", "net.rules.lock", "new.rules", *both, "--compare", "settings")
    assert code == 1
    assert [line for line in out.splitlines() if line.endswith(":")] == [
        "new.rules on net.py:make:",
        "new.rules on net.py:make(frozen=True):",
    ]
    assert out.splitlines()[-1] == "2 models of 2 differ"
    code, out, _ = run(
        "diff", "net.rules.lock", "new.rules.lock", "-m", "net.py:make(frozen=True)", "--markdown"
    )
    assert out.startswith("### `new.rules` on `net.py:make(frozen=True)`\n\n")
    run("lock", "new.rules", "-m", "net.py:make")
    assert run("diff", "net.rules.lock", "new.rules.lock").out.endswith(
        "no longer locked: net.py:make(frozen=True)\n2 models of 2 differ\n"
    )


def test_the_lock_of_a_revision(run: Run, repository: Path) -> None:
    run("lock", "top.rules", "-m", "net.py:make")
    git("add", "-A")
    git("commit", "-q", "-m", "lock")
    Path("top.rules.lock").unlink()
    assert run("diff", "HEAD:top.rules.lock", "HEAD~1:top.rules", "-m", "net.py:make").code == 1
    assert run("diff", "HEAD:top.rules.lock", "HEAD:top.rules.lock").out == "the same groups\n"


def test_json_and_markdown(run: Run) -> None:
    Path("new.rules").write_text(NEW)
    answer = json.loads(
        run("diff", "net.rules", "new.rules", "-m", "net.py:make", "--option", "rate=0.1", "--json").out
    )
    assert answer["same"] is False
    assert answer["diffs"][0]["options"] == {"rate": [0.1, None]}
    assert {change["kind"] for change in answer["diffs"][0]["changes"]} == {"moved"}
    code, out, err = run("diff", "net.rules", "net.rules", "-m", "net.py:make", "--markdown", "-q")
    assert (code, out, err) == (0, "### `net.rules` on `net.py:make`\n\nthe same groups.\n", "")


def test_a_project_against_a_revision(run: Run, repository: Path) -> None:
    settings = (
        '[[targets]]\nrules = "rules/old.rules"\nmodels = ["net.py:make", "net.py:make(frozen=True)"]\n'
    )
    (repository / "paramrules.toml").write_text(settings)
    assert run("diff", "--against", "main").out.splitlines()[-1] == "2 models of 2 differ"
    assert (
        run("diff", "main:rules/old.rules", "rules/old.rules").out.splitlines()[-1] == "2 models of 2 differ"
    )
    os.chdir("rules/more")
    assert run("diff", "--against", "main", "--json").code == 1
    os.chdir("../..")
    new = '[[targets]]\nrules = "new.rules"\nmodels = ["net.py:make"]\n'
    Path("new.rules").write_text("no_decay: ndim <= 1\n")
    (repository / "paramrules.toml").write_text(settings + new)
    ran = run("diff", "--against", "main")
    assert ran.out.splitlines()[-2:] == ["new file: new.rules", "2 models of 2 differ, 1 new file"]
    assert json.loads(run("diff", "--against", "main", "--json").out)["new_files"] == ["new.rules"]
    (repository / "paramrules.toml").write_text(new)
    assert run("diff", "--against", "main") == (1, "new file: new.rules\n1 new file\n", "")
    assert run("diff", "--against", "main", "--markdown") == (1, "- new file: `new.rules`\n", "")
    assert "E911" in run("diff", "--against", "v9").err
    for wrong in (("a.rules",), (), ("a", "b", "--against", "main")):
        code, _, err = run("diff", *wrong)
        assert (code, err.splitlines()[-1]) == (
            2,
            "Error: name two files, `main:vit.rules vit.rules`, or write `--against main` alone",
        )
    (repository / "paramrules.toml").unlink()
    code, _, err = run("diff", "--against", "main")
    assert (code, err.splitlines()[-1].partition(":")[2][:30]) == (2, " name a rule file and a model,")


GONE = [
    ("", (0, "the same groups\n")),
    (
        '[[targets]]\nrules = "rules/old.rules"\n',
        (1, "newly configured: rules/old.rules on net.py:make\nthe same groups, 1 new target\n"),
    ),
    (
        '[[targets]]\nrules = "a/../b.rules"\n' * 2,
        (
            1,
            "gone: b.rules\nnewly configured: rules/old.rules on net.py:make\n"
            "the same groups, 1 file gone, 1 new target\n",
        ),
    ),
    ("targets = [1, {rules = 2}]", (0, "the same groups\n")),
    ("targets = 7\n", (0, "the same groups\n")),
    ("targets = [\n", (0, "the same groups\n")),
]


@pytest.mark.parametrize(("before", "shown"), GONE)
@pytest.mark.parametrize("file", ["paramrules.toml", "pyproject.toml"])
def test_rule_files_that_only_the_revision_has(
    file: str, before: str, shown: tuple[int, str], run: Run, repository: Path
) -> None:
    if file == "pyproject.toml":
        before = before.replace("[[targets]]", "[[tool.paramrules.targets]]")
        before = before.replace("targets =", "[tool.paramrules]\ntargets =")
    (repository / file).write_text(before)
    git("add", ".")
    git("commit", "-qm", "settings")
    (repository / file).unlink()
    (repository / "paramrules.toml").write_text(
        '[[targets]]\nrules = "rules/old.rules"\nmodels = ["net.py:make"]\n'
    )
    assert run("diff", "--against", "HEAD")[:2] == shown
    os.chdir("rules")
    assert run("diff", "--against", "HEAD")[0] == shown[0]


def test_gone_files_everywhere(run: Run, repository: Path) -> None:
    (repository / "pyproject.toml").write_text("tool = 1\n")
    (repository / "paramrules.toml").write_text('[[targets]]\nrules = "was.rules"\n')
    git("add", ".")
    git("commit", "-qm", "settings")
    new = '[[targets]]\nrules = "new.rules"\nmodels = ["net.py:make"]\n'
    (repository / "paramrules.toml").write_text(new * 2)
    Path("new.rules").write_text("no_decay: ndim <= 1\n")
    assert run("diff", "--against", "HEAD")[:2] == (
        1,
        "new file: new.rules\ngone: was.rules\n1 new file, 1 file gone\n",
    )
    assert json.loads(run("diff", "--against", "HEAD", "--json").out)["gone_files"] == ["was.rules"]
    markdown = run("diff", "--against", "HEAD", "--markdown").out
    assert markdown == "- new file: `new.rules`\n- gone: `was.rules`\n"


@pytest.mark.parametrize(
    ("revision", "help"),
    [
        (
            "origin/other",
            "this clone is shallow: `git fetch --depth=1 origin other`, and name the revision `FETCH_HEAD`",
        ),
        ("abcdef0", "this clone is shallow: `git fetch --unshallow` gets the rest of its history"),
        ("HEAD~1", "this clone is shallow: `git fetch --unshallow` gets the rest of its history"),
    ],
)
def test_what_a_shallow_clone_lacks(revision: str, help: str, repository: Path, tmp_path: Path) -> None:
    git("clone", "-q", "--depth=1", f"file://{repository}", str(repository / "shallow"))
    os.chdir("shallow")
    (finding,) = refused(f"{revision}:top.rules")
    assert (finding.code, finding.help) == ("E911", help)


def test_files_in_a_submodule(run: Run, repository: Path) -> None:
    whole = repository / "whole"
    git("init", "-q", "-b", "trunk", str(whole))
    os.chdir(whole)
    git(
        "-c",
        "protocol.file.allow=always",
        "submodule",
        "-q",
        "add",
        f"file://{repository}/.git",
        "models/nets",
    )
    git("commit", "-q", "-m", "submodule")
    message = "the revision `trunk` has no file `{0}/rules/old.rules`: `{0}` is a submodule"
    for path in ("models/nets", "./models/nets"):
        (finding,) = refused(f"trunk:{path}/rules/old.rules")
        assert finding.message == message.format(path)
    Path("paramrules.toml").write_text(
        f'[[targets]]\nrules = "models/nets/rules/old.rules"\nmodels = ["{repository}/net.py:make"]\n'
    )
    code, _, err = run("diff", "--against", "trunk")
    assert (code, err.splitlines()[0]) == (2, f"error[E911]: {message.format('./models/nets')}")
    os.chdir("models")
    assert refused("trunk:models/nets/top.rules")[0].message.endswith("`models/nets` is a submodule")
    assert refused("trunk:./nets/top.rules")[0].message.endswith("`./nets` is a submodule")


def test_a_file_of_a_revision_has_the_models_of_its_target(run: Run, repository: Path) -> None:
    settings = '[[targets]]\nrules = "rules/old.rules"\nmodels = ["net.py:make"]\n'
    (repository / "paramrules.toml").write_text(settings)
    shown = run("show", "main:rules/old.rules", "-m", "net.py:make").out
    assert run("show", "main:rules/old.rules").out == shown
    assert run("diff", "main:rules/old.rules", "HEAD:rules/old.rules") == (0, "the same groups\n", "")
    os.chdir("rules")
    tables = shown.partition("\n")[2]
    for name in ("main:./old.rules", "main:rules/old.rules"):
        assert run("show", name).out.partition("\n")[2] == tables
    ran = run("show", "main:top.rules")
    assert ran.err.endswith(
        "Error: name a model, `--model vit.py:ViT`, or give `main:top.rules` a target with `models` in "
        "`../paramrules.toml`\n"
    )
    assert run("show", "main:top.rules.lock").err.endswith(
        "`main:top.rules.lock` is a lock: name the rule file, `main:top.rules`\n"
    )


def test_files_of_a_revision_are_formatted_nowhere(run: Run, repository: Path) -> None:
    assert run("fmt", "--check", "main:rules/old.rules").code in (0, 1)
    Path("ugly.rules").write_text("a:ndim<=1\n")
    git("add", ".")
    git("commit", "-q", "-m", "ugly")
    assert run("fmt", "--check", "main:ugly.rules") == (
        1,
        "would reformat main:ugly.rules\n1 file would be reformatted\n",
        "",
    )
    assert "+a: ndim <= 1\n" in run("fmt", "--diff", "main:ugly.rules").out
    ran = run("fmt", "main:ugly.rules")
    assert (ran.code, ran.err.splitlines()[-1]) == (
        2,
        "Error: `main:ugly.rules` is in a revision of git, where nothing can be formatted: add `--check`",
    )
    assert "error[E911]" in run("fmt", "--check", "main:lost.rules").err


def test_the_words_of_a_diff_driver(run: Run, folder: Path) -> None:
    for name, rank in (("old", 1), ("new", 2)):
        Path(f"{name}.rules").write_text(f"no_decay: ndim <= {rank}\ndecay: else\n")
        assert run("lock", "-q", f"{name}.rules", "-m", "net.py:make", "-o", f"{name}.lock").code == 0
    hashes = ("a", "100644")
    ran = run("diff", "--driver", "x.lock", "old.lock", *hashes, "new.lock", *hashes)
    assert ran.code == 0
    assert ran.out.startswith("x.lock: ")
    assert "moved from" in ran.out
    both = ("x.lock", "old.lock", *hashes, "new.lock", *hashes)
    named = run("diff", "--driver", "--names", *both, "y.lock", "similarity index 90%")
    assert named.out.startswith("y.lock: ")
    new = run("diff", "--driver", "x.lock", os.devnull, ".", ".", "old.lock", *hashes)
    assert new.out == "x.lock: 1 model of 1 differs\n\nnewly locked: net.py:make\n\n"
    broken = run("diff", "--driver", "x.lock", "net.rules", *hashes, "new.lock", *hashes)
    assert (broken.code, broken.out) == (0, "x.lock: not compared: `net.rules` is not a lock\n\n")
    assert run("diff", "--driver", "x.lock") == (0, "x.lock: not merged\n\n", "")
    assert run("diff", "--driver", "a.lock", "b.lock").code == 2
    assert json.loads(run("diff", "--driver", "x.lock", "--json").out)["diffs"] == []
    Path("paramrules.toml").write_text("<<<<<<< HEAD\n")
    assert run("diff", "--driver", *both).code == 0
    assert run("rule", "E931").out.startswith("# E931")
    assert "error[E931]" in run("diff", "old.lock", "new.lock").err


def test_a_conflict_is_one_of_what_the_file_is(run: Run, repository: Path) -> None:
    conflict = "<<<<<<< HEAD\na: else\n=======\nb: else\n>>>>>>> other\n"
    (repository / "top.rules").write_text(conflict)
    (repository / "top.rules.lock").write_text(conflict)
    assert "error[E123]" in run("diff", "main:top.rules", "top.rules", "-m", "net.py:make").err
    assert "error[E904]" in run("diff", "main:top.rules", "top.rules.lock", "-m", "net.py:make").err
    git("add", ".")
    git("commit", "-q", "-m", "conflict")
    assert "error[E123]" in run("diff", "main:top.rules", "rules/old.rules", "-m", "net.py:make").err
    assert "error[E904]" in run("diff", "main:top.rules.lock", "rules/old.rules", "-m", "net.py:make").err


def test_links_are_followed_to_files_of_the_revision(run: Run, repository: Path) -> None:
    plain = repository / "rules" / "plain.rules"
    plain.write_text("no_decay: ndim <= 1\ndecay: else\n")
    for name, target in (
        ("in", "rules/plain.rules"),
        ("lost", "lost"),
        ("out", "../out.rules"),
        ("dir", "rules"),
    ):
        (repository / f"{name}.rules").symlink_to(target)
    (repository / "includes.rules").write_text('include "linked.rules"\nno_decay: small\n')
    (repository / "linked.rules").symlink_to("rules/norms.rules")
    git("add", ".")
    git("commit", "-q", "-m", "links")
    model = ("-m", "net.py:make")
    assert (
        run("show", "HEAD:in.rules", *model).out.splitlines()[2:]
        == run("show", "HEAD:rules/plain.rules", *model).out.splitlines()[2:]
    )
    for name in ("lost", "out"):  # the text of the link is no rule
        assert run("check", f"HEAD:{name}.rules").code == 1
    assert run("check", "HEAD:dir.rules").code == 1
    assert run("check", "HEAD:includes.rules").code == 1  # nor is it followed for an include
    assert run("check", "HEAD:a\nb.rules").code == 2
    (repository / "paramrules.toml").write_text('[[targets]]\nrules = "in.rules"\nmodels = ["net.py:make"]\n')
    assert run("diff", "--against", "HEAD").code == 0
    plain.write_text("no_decay: ndim <= 2\ndecay: else\n")
    os.chdir("rules")
    assert run("diff", "--against", "HEAD").code == 1


def test_headings_name_files_as_seen_from_here(run: Run, folder: Path) -> None:
    """Two folders have a rule file of one name; a lock names rules and models relative to its folder."""
    models = ("net.py:make", "net.py:make(frozen=True)")
    for name in ("a", "b"):
        (folder / name).mkdir()
        (folder / name / "vit.rules").write_text("no_decay: ndim <= 1\ndecay: else\n")
    target = f'[[targets]]\nrules = "{{}}/vit.rules"\nmodels = {json.dumps(models)}\n'
    (folder / "paramrules.toml").write_text(target.format("a") + target.format("b"))
    assert run("lock").code == 0
    git("init", "-b", "main", ".")
    git("add", ".")
    git("commit", "-m", "rules")
    for name in ("a", "b"):
        (folder / name / "vit.rules").write_text("no_decay: ndim <= 2\ndecay: else\n")
    heads = [f"{name}/vit.rules on {model}" for name in ("a", "b") for model in models]

    def headings(*words: str) -> list[str]:
        return [line[:-1] for line in run(*words).out.splitlines() if " on " in line and line.endswith(":")]

    assert headings("diff", "--against", "main") == heads
    found = run("diff", "--against", "main", "--markdown").out.splitlines()
    assert [line for line in found if line.startswith("###")] == [
        f"### `{head.replace(' on ', '` on `')}`" for head in heads
    ]
    answer = json.loads(run("diff", "--against", "main", "--json").out)
    assert [f"{each['rules']} on {each['name']}" for each in answer["diffs"]] == heads
    assert headings("diff", "main:a/vit.rules", "a/vit.rules") == heads[:2]
    assert headings("diff", "a/vit.rules.lock", "a/vit.rules") == heads[:2]
    assert headings("lock", "--check") == heads
    assert headings("ci") == heads
    assert "is stale: on `net.py:make`, " in run("lock", "--check").err
    assert run("lock").code == 0
    assert headings("diff", "main:a/vit.rules.lock", "a/vit.rules.lock") == heads[:2]
    assert headings("diff", "main:a/vit.rules", "a/vit.rules.lock") == heads[:2]
    os.chdir("a")
    here = [f"vit.rules on ../{model}" for model in models]
    assert headings("diff", "--against", "main")[:2] == here
    assert headings("diff", "main:./vit.rules.lock", "vit.rules.lock") == here


def test_markdown_and_another_format_are_not_both_written(run: Run, folder: Path) -> None:
    (folder / "a.rules").write_text("rest: else\n")
    files = ("diff", "a.rules", "a.rules", "-m", "net.py:make")
    for form in ("json", "github", "sarif"):
        refused = run(*files, "--markdown", "--format", form)
        assert (refused.code, refused.out) == (2, "")
        assert f"write either `--markdown` or `--format {form}`" in refused.err
    assert run(*files, "--markdown").code == 0
