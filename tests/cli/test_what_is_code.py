"""Only the models that are named are code: no command runs what else lies in the current folder."""

import json
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest
from support import inventory_of

TRAP = "open('SPRUNG', 'a').write(__name__ + ' ')\n"

OF_OURS = (
    "click",
    "conftest",
    "jax",
    "lark",
    "mlx",
    "numpy",
    "optax",
    "paramrules_grammar",
    "paramrules_mlx",
    "paramrules_optax",
    "paramrules_torch",
    "rich",
    "setup",
    "sitecustomize",
    "torch",
    "usercustomize",
)
OF_PYTHON = ("dataclasses", "enum", "fractions", "json", "re", "string", "textwrap", "tomllib", "typing")

RULES = """\
include "norms.rules"
option rate = 0.5
no_decay: norm or torch or ndim <= 1 -> weight_decay = 0
rest: else -> lr_scale = rate
expect rest: ndim == 2
"""

COMMANDS = (
    ("check", "a.rules"),
    ("check", "a.rules", "--portable"),
    ("show", "a.rules", "--model", "a.json", "--names"),
    ("explain", "a.rules", "w", "--model", "a.json"),
    ("test", "a.rules", "--model", "a.json"),
    ("parity", "a.rules", "--model", "a.json", "--model", "a.json", "--mapping", "a.map"),
)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of modules that leave a trace when they are imported, and of data that is read."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("PYTHONPATH", raising=False)
    monkeypatch.delenv("PYTHONSAFEPATH", raising=False)
    for name in OF_OURS:
        Path(f"{name}.py").write_text(TRAP)
    Path("norms.rules").write_text("let norm = type(LayerNorm)\nlet torch = leaf == 'b'\n")
    Path("a.rules").write_text(RULES)
    Path("a.map").write_text("w = w\n")
    weight = {"name": "w", "shape": [2, 2], "owner": "torch.Trap", "variable": "numpy.Trap"}
    rows = [weight | {"around": ["setup.Net"]}, {"name": "b", "shape": [2], "owner": "conftest.Trap"}]
    table = json.loads(inventory_of(rows).to_json())
    table["vocabulary"] = [{"source": "a.toml", "tables": {"families": {"LayerNorm": ["conftest.Trap"]}}}]
    Path("a.json").write_text(json.dumps(table))
    return tmp_path


@pytest.mark.parametrize("words", COMMANDS, ids=lambda words: words[0])
def test_a_module_in_the_folder_is_not_imported(folder: Path, words: tuple[str, ...]) -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "paramrules", *words], capture_output=True, text=True, check=False
    )
    assert ran.returncode in (0, 1), ran.stderr
    assert "Traceback" not in ran.stderr
    assert not (folder / "SPRUNG").exists(), (folder / "SPRUNG").read_text()


SCRIPT = Path(sysconfig.get_path("scripts"), "paramrules")


@pytest.mark.skipif(not SCRIPT.exists(), reason="the command is not installed beside this Python")
def test_nor_is_one_that_shadows_python_by_the_command(folder: Path) -> None:
    """`python -m` itself looks into the folder before it knows what it runs; the command does not."""
    for name in (*OF_PYTHON, "paramrules"):
        Path(f"{name}.py").write_text(TRAP)
    ran = subprocess.run([SCRIPT, "check", "a.rules", "--json"], capture_output=True, text=True, check=False)
    assert (ran.returncode, json.loads(ran.stdout)["findings"]) == (0, [])
    assert not (folder / "SPRUNG").exists(), (folder / "SPRUNG").read_text()


def test_the_traps_work_and_a_named_model_is_code(folder: Path) -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "paramrules", "show", "a.rules", "--model", "setup:net"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.stderr.startswith("error[E701]: `setup` has no `net`\n")
    assert (folder / "SPRUNG").read_text() == "setup "
