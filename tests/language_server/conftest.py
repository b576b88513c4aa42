"""An editor and a project for it."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from lsp_editor import Editor, connect

from paramrules.language_server import publishing
from paramrules.language_server.server import make_server

NET = """\
from support import inventory_of

LINEAR = "torch.nn.modules.linear.Linear"
AROUND = ["nets.Net", "nets.Block"]


def linear(name, rows, columns, **more):
    weight = {"name": f"{name}.weight", "owner": LINEAR, "around": AROUND, "shape": [rows, columns]}
    bias = {"name": f"{name}.bias", "owner": LINEAR, "around": AROUND, "shape": [rows], "role": "bias"}
    return [weight | more, bias]


def make():
    return inventory_of([
        {"name": "wte.weight", "owner": "torch.nn.modules.sparse.Embedding", "around": AROUND[:1],
         "shape": [1000, 64], "role": "embedding"},
        *linear("h.0.fc", 256, 64),
        *linear("h.1.fc", 256, 64, attributes={"lr_mult": 2.0}),
        {"name": "norm.weight", "owner": "nets.MyLayerNorm", "around": AROUND[:1], "shape": [64],
         "role": "scale"},
    ])
"""


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make the server wait for what models show, however slow the machine is."""
    monkeypatch.setattr(publishing, "_PATIENCE", 60)


@pytest.fixture
def bare_editor() -> Iterator[Editor]:
    """An editor with a server of its own, to be initialized."""
    loop = asyncio.new_event_loop()
    made, tasks = connect(loop, make_server())
    yield made
    made.wait(made.client.shutdown_async(None))
    for task in tasks:
        task.cancel()
    loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
    loop.run_until_complete(loop.shutdown_default_executor())
    loop.close()


@pytest.fixture
def editor(bare_editor: Editor) -> Editor:
    """An editor with a server of its own, both ready."""
    bare_editor.initialize()
    return bare_editor


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with the rules of a model that has been saved."""
    (tmp_path / ".git").mkdir()
    (tmp_path / "net.py").write_text(NET)
    (tmp_path / "paramrules.toml").write_text('[[targets]]\nrules = "net.rules"\nmodels = ["net.json"]\n')
    scope: dict[str, Any] = {}
    exec(NET, scope)
    scope["make"]().save(tmp_path / "net.json")
    monkeypatch.chdir(tmp_path)
    return tmp_path
