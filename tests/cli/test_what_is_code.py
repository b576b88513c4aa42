"""Only the models that are named are code: no command runs what else lies in the current folder."""

import json
import subprocess
import sys
import sysconfig
from pathlib import Path
from typing import Any

import pytest
from support import inventory_of

import paramrules

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
    ("lock", "a.rules", "--model", "a.json", "-o", "new.lock"),
    ("lock", "a.rules", "--model", "a.json", "--check"),
    ("diff", "a.rules.lock", "b.lock"),
    ("diff", "a.rules", "b.rules", "--model", "a.json"),
    ("prove", "a.rules", "b.rules"),
    ("fmt", "a.rules"),
    ("report", "a.rules", "--model", "a.json", "-o", "a.html"),
    ("inventory", "a.json", "-o", "b.json"),
    ("new", "--model", "a.json"),
    ("infer", "--model", "a.json", "--groups", "groups.json"),
    ("show", "<nanogpt@1>", "--model", "a.json", "--vocabulary", "a.toml"),
    ("ci",),
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
    Path("b.rules").write_text(RULES.replace("0.5", "0.25"))
    Path("a.map").write_text("w = w\n")
    Path("a.toml").write_text('[families]\nLayerNorm = ["conftest.Trap"]\n')
    Path("groups.json").write_text('{"w": {"weight_decay": 0.1}, "b": {"weight_decay": 0.0}}')
    Path("paramrules.toml").write_text('[[targets]]\nrules = "a.rules"\nmodels = ["a.json"]\n')
    entry_points = "[paramrules.backends]\ntrap = setup\n[paramrules.vocabulary]\ntrap = setup\n"
    Path("trap-1.dist-info").mkdir()
    Path("trap-1.dist-info/entry_points.txt").write_text(entry_points)
    Path("trap-1.dist-info/METADATA").write_text("Name: trap\nVersion: 1\n")
    weight = {"name": "w", "shape": [2, 2], "owner": "torch.Trap", "variable": "numpy.Trap"}
    rows = [weight | {"around": ["setup.Net"]}, {"name": "b", "shape": [2], "owner": "conftest.Trap"}]
    table = json.loads(inventory_of(rows).to_json())
    table["vocabulary"] = [{"source": "a.toml", "tables": {"families": {"LayerNorm": ["conftest.Trap"]}}}]
    Path("a.json").write_text(json.dumps(table))
    for file in ("a", "b"):
        rules = paramrules.load(f"{file}.rules")
        lock = paramrules.lock({"a.json": paramrules.assign(rules, paramrules.Inventory.load("a.json"))})
        lock.save(f"{file}.rules.lock")
    Path("b.rules.lock").rename("b.lock")
    return tmp_path


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


AUDIT = """\
import os, runpy, sys

HERE, OURS = os.getcwd(), {ours!r}
SEEN = {{"os.system", "os.exec", "os.fork", "os.posix_spawn", "subprocess.Popen", "pickle.find_class"}}
SEEN |= {{"socket.connect", "socket.bind"}}
found = set()

def hook(event, arguments):
    if event in SEEN:
        found.add(event)
    elif event == "exec":
        file = arguments[0].co_filename
        if not file.startswith("<") and os.path.realpath(file).startswith(HERE):
            found.add(f"runs {{file}}")
    elif event == "import" and arguments[0].partition(".")[0] in OURS:
        found.add(f"imports {{arguments[0]}}")

sys.path.insert(0, HERE)
sys.addaudithook(hook)
try:
    runpy.run_module("paramrules", run_name="__main__", alter_sys=True)
finally:
    print(*sorted(found), "audited", file=sys.stderr)
"""
FOREIGN = (
    *("torch", "jax", "mlx", "numpy", "optax", "setup", "conftest"),
    *("sitecustomize", "usercustomize"),
)


def audited(*words: str, **options: Any) -> "subprocess.CompletedProcess[str]":
    """Run a command as `python -m paramrules` does; the last line of standard error is what Python saw."""
    script = AUDIT.format(ours=FOREIGN)
    command = [sys.executable, "-P", "-c", script, *words]
    return subprocess.run(command, capture_output=True, text=True, check=False, **options)


@pytest.mark.parametrize("words", COMMANDS, ids=lambda words: "-".join(words[:3]))
def test_nothing_in_the_folder_runs(folder: Path, words: tuple[str, ...]) -> None:
    """No module of the folder is imported; no process, no socket, no pickle, no text that is executed."""
    ran = audited(*words)
    assert ran.returncode in (0, 1), ran.stderr
    assert "Traceback" not in ran.stderr
    assert not (folder / "SPRUNG").exists(), (folder / "SPRUNG").read_text()
    assert ran.stderr.splitlines()[-1] == "audited"


def test_the_audit_sees_what_runs(folder: Path) -> None:
    Path("net.py").write_text("import os, setup\nos.system('true')\n")
    ran = audited("show", "a.rules", "--model", "net.py:net")
    place = folder.resolve()
    last = ran.stderr.splitlines()[-1]
    assert last == f"imports setup os.system runs {place}/net.py runs {place}/setup.py audited"


def test_nor_does_the_language_server_run_what_it_finds(folder: Path) -> None:
    uri = (folder / "a.rules").as_uri()
    document = {"uri": uri, "languageId": "paramrules", "version": 1, "text": RULES}
    at = {"textDocument": {"uri": uri}, "position": {"line": 2, "character": 12}}
    asked = [
        ("initialize", {"processId": None, "rootUri": folder.as_uri(), "capabilities": {}}),
        ("initialized", {}),
        ("textDocument/didOpen", {"textDocument": document}),
        ("textDocument/hover", at),
        ("textDocument/completion", at),
        ("textDocument/definition", at),
        ("textDocument/documentSymbol", {"textDocument": {"uri": uri}}),
        ("shutdown", None),
    ]
    messages = ""
    for number, (method, params) in enumerate(asked):
        call = {"jsonrpc": "2.0", "method": method, "params": params}
        is_request = method not in ("initialized", "textDocument/didOpen")
        body = json.dumps(call | {"id": number} if is_request else call)
        messages += f"Content-Length: {len(body)}\r\n\r\n{body}"
    ran = audited("lsp", input=messages)
    assert "LayerNorm" in ran.stdout
    assert not (folder / "SPRUNG").exists()
    assert ran.stderr.splitlines()[-1] == "audited"
