"""A folder with rule files and a small model, and the command line run inside the process."""

import json
from collections.abc import Callable
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from click.testing import CliRunner
from support import Ran

from paramrules.cli import main

ANSWERS: dict[str, Any] = json.loads(
    files("paramrules.cli").joinpath("answers.schema.json").read_text("utf-8")
)
"""The JSON schema of the answers of all commands."""

MODEL = """\
from support import inventory_of

LINEAR = "torch.nn.modules.linear.Linear"
AROUND = ["nets.Net", "nets.Block"]


def linear(name, rows, columns, **more):
    weight = {"name": f"{name}.weight", "owner": LINEAR, "around": AROUND, "shape": [rows, columns],
              "fan_in": columns, "fan_out": rows}
    bias = {"name": f"{name}.bias", "owner": LINEAR, "around": AROUND, "shape": [rows], "role": "bias"}
    return [weight | more, bias]


def make(frozen=False):
    return inventory_of([
        {"name": "wte.weight", "owner": "torch.nn.modules.sparse.Embedding", "around": AROUND[:1],
         "shape": [1000, 64], "role": "embedding", "also": [{"name": "head.weight", "owner": LINEAR}]},
        *linear("h.0.fc", 256, 64, attributes={"lr_mult": 2.0}),
        *linear("h.1.fc", 256, 64, trainable=not frozen),
        {"name": "norm.weight", "owner": "nets.Norm", "around": AROUND[:1], "shape": [64], "role": "scale"},
        {"name": "norm.g", "owner": "nets.Norm", "around": AROUND[:1], "shape": [64, 1], "role": "scale"},
    ])


model = make()
"""

RULES = """\
option rate = 0.5

[decay]
no_decay: ndim <= 1 or type(Embedding) -> weight_decay = 0
decay: type(Linear)
expect no_decay: role == bias
expect decay: leaf == "weight" and type(Linear)

[lr]
block_{i}: name ~ ^h\\.(?<i>\\d+)\\. -> lr_scale = rate ** (2 - i)
rest: else
"""


def closed(schema: Any) -> Any:
    """The same schema that refuses keys which it does not list."""
    if isinstance(schema, list):
        return list(map(closed, schema))
    if not isinstance(schema, dict):
        return schema
    below = {key: closed(value) for key, value in schema.items()}
    return below | {"additionalProperties": False} if "required" in schema else below


CLOSED = closed(ANSWERS)


@cache
def answers_like(definition: str) -> jsonschema.Draft202012Validator:
    """Return the validator of one definition of the schema, which `test_formats.py` checks itself."""
    return jsonschema.Draft202012Validator({"$ref": f"#/$defs/{definition}", "$defs": CLOSED["$defs"]})


def check_answer(command: str, answer: Any) -> None:
    """Fail if an answer is not as the shipped schema says."""
    answers_like("refused" if set(answer) == {"version", "findings"} else command).validate(answer)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, with `net.py` and `net.rules`."""
    (tmp_path / "net.py").write_text(MODEL)
    (tmp_path / "net.rules").write_text(RULES)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def run(folder: Path) -> Callable[..., Ran]:
    """Runs `paramrules` with these arguments in that folder."""

    def ran(*arguments: str) -> Ran:
        result = CliRunner().invoke(main, arguments, prog_name="paramrules")
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        if "--json" in arguments and result.exit_code < 3 and result.stdout.startswith("{"):
            check_answer(arguments[0], json.loads(result.stdout))
        errors = result.stderr.replace(" -h' for help", " --help' for help")  # as click 8.2 has it
        return Ran(result.exit_code, result.stdout, errors)

    return ran
