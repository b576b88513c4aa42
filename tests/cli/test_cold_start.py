"""Bound the imports of a plain `check`, which editors, hooks and CI wait for each time."""

import gc
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from paramrules.starting import run

ROOMS = {
    *("cli", "diagnostics", "display", "facts", "fixing", "folded_names", "globs", "lazy_names"),
    *("projects", "regex", "rule_files", "rules", "safe_files", "sources", "starting", "syntax"),
}
"""The rooms and files of the core that read and check a rule file, and show what is wrong with it."""

ELSEWHERE = {
    *("paramrules.cli.arguments", "paramrules.diagnostics.pages", "paramrules.diagnostics.sarif"),
    *("paramrules.projects.project", "paramrules.projects.reading", "paramrules.rules.library"),
    *("click.shell_completion", "importlib.resources", "lark", "pathlib", "pygments", "rich", "tempfile"),
    *("tomllib", "urllib.parse"),
}
"""Modules that a plain `check` does without."""

CODE = """
import sys
before = set(sys.modules)
from paramrules.starting import run
try:
    run()
except SystemExit as done:
    print(done.code, *set(sys.modules).difference(before))
"""


def loaded_by(*words: str) -> set[str]:
    """Return the modules that a command imports, which has to find nothing wrong."""
    ran = subprocess.run([sys.executable, "-c", CODE, *words], capture_output=True, text=True, check=True)
    code, *modules = ran.stdout.splitlines()[-1].split()
    assert code == "0", ran.stderr
    return set(modules)


@pytest.fixture
def rules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.chdir(tmp_path)
    text = "no_decay: type(LayerNorm) or name ~ bias$ -> weight_decay = 0\ndecay: else\n"
    Path("vit.rules").write_text(text)
    return "vit.rules"


def test_check_imports_what_it_needs(rules: str) -> None:
    loaded = loaded_by("check", rules)
    rooms = {name.split(".")[1] for name in loaded if name.startswith("paramrules.")}
    assert rooms == ROOMS
    assert loaded.isdisjoint(ELSEWHERE)


def test_settings_of_other_tools_are_not_parsed(rules: str) -> None:
    Path("pyproject.toml").write_text('[project]\nname = "net"\n')
    assert loaded_by("check", rules).isdisjoint(ELSEWHERE)


def test_settings_bring_no_model(rules: str) -> None:
    Path("paramrules.toml").write_text(f'[[targets]]\nrules = "{rules}"\n[severity]\nW203 = "error"\n')
    loaded = loaded_by("check")
    assert "paramrules.projects.reading" in loaded
    assert loaded.isdisjoint({"pathlib", "paramrules.inventories", "paramrules.named_models.model_inventory"})


@pytest.fixture
def threshold() -> Iterator[Callable[[], int]]:
    """Return the number of new objects after which garbage is looked for, and set it back in the end."""
    before = gc.get_threshold()
    yield lambda: gc.get_threshold()[0]
    gc.set_threshold(*before)


def test_garbage_is_looked_for_seldom(
    rules: str, threshold: Callable[[], int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "argv", ["paramrules", "check", rules])
    with pytest.raises(SystemExit) as ended:
        run()
    assert (ended.value.code, threshold()) == (0, 50_000)
