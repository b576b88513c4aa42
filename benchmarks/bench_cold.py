"""How long the command line takes to start, cold: `python benchmarks/bench_cold.py`.

Each process is timed from outside. Lark compares all terminals of every grammar where
`interegular` is installed, as it is for the tests; it is hidden here, since users do not have it.
"""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from statistics import median

from measuring import Row, milliseconds, require, rows_of, show

ROUNDS = 25

RULES = """\
edition 1

option rate = 0.75                                  # the caller may override it
let block = name ~ ^blocks\\.(?<i>\\d+)\\.
let depth = count(block)
let norm = type(LayerNorm|RMSNorm|GroupNorm)
let token = name in ("cls_token", "pos_embed", "dist_token")
let gain = role == scale or leaf == "gamma"

# Decay: matrices only
[decay]
no_decay: norm or gain or token or type(Embedding)
    or name ~ bias|relative_position|logit_scale
    or ndim <= 1
    -> weight_decay = 0
decay: else
expect no_decay: type(LayerNorm)
expect no_decay: role == bias
expect decay: type(Linear) and role == weight

# Learning rates fall from the head to the stem
[lr]
stem: token or name ~ ^patch_embed\\. -> lr_scale = rate ** (depth + 1)
block_{i+1}: block -> lr_scale = rate ** (depth - i)
head: else
expect head: name ~ ^head\\.

[kind]
hidden: type(Linear) and role == weight and within(Attention|Mlp)
    -> betas = (0.9, 0.95), eps = 1e-8
rest: else
"""


FIRST = """\
import gc, time, torch
model = torch.nn.Sequential(torch.nn.Linear(4, 4), torch.nn.LayerNorm(4))
gc.collect()  # or a collection of all that torch holds may fall into the time
start = time.process_time()
import paramrules, paramrules_torch
rules = paramrules.parse("no_decay: ndim <= 1 -> weight_decay = 0\\ndecay: else")
paramrules_torch.param_groups(model, rules, lr=1e-3, weight_decay=0.1)
print(1000 * (time.process_time() - start))
"""

HIDE = "import sys; sys.modules['interegular'] = None; "

CACHED = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
"""An environment in which byte code is cached, as it is for users."""


SETTINGS = """\
[project]
name = "vit"

[[tool.paramrules.targets]]
rules = "vit.rules"
models = ["vit.json"]

[tool.paramrules.severity]
W203 = "error"
"""


def in_turn(folder: str, *commands: list[str], rounds: int = ROUNDS) -> list[list[float]]:
    """Return the times of commands in milliseconds, the first round left out: it writes the byte code.

    They run in a folder, which says whether there are settings to read.
    """
    with tempfile.TemporaryDirectory() as cache:
        run = partial(
            subprocess.run,
            check=True,
            cwd=folder,
            stdout=subprocess.DEVNULL,
            env={**CACHED, "PYTHONPYCACHEPREFIX": cache},
        )
        ways = {str(number): partial(run, command) for number, command in enumerate(commands)}
        return [taken[1:] for taken in milliseconds(ways, rounds + 1).values()]


def rows() -> Iterator[Row]:
    """Measure `check`, the import, and the first param groups of a process that has torch."""
    require("paramrules", "lark", "torch")
    python = sys.executable
    lines = len(RULES.splitlines())
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "vit.rules").write_text(RULES)
        check = [python, "-c", HIDE + "from paramrules.starting import run; run()", "check", "vit.rules"]
        lark, ours = in_turn(folder, [python, "-c", HIDE + "import lark"], check)
        name = f"`paramrules check` of {lines} lines"
        yield from rows_of({"`import lark`": lark, name: ours}, {name: 1.5})
        Path(folder, "pyproject.toml").write_text(SETTINGS)
        lark, ours = in_turn(folder, [python, "-c", HIDE + "import lark"], check)
        name += ", with settings"
        yield from [*rows_of({"`import lark`": lark, name: ours}, {name: 1.5})][1:]
        bare, ours = in_turn(folder, [python, "-c", "pass"], [python, "-c", "import paramrules"])
    added = [one - other for one, other in zip(ours, bare, strict=True)]
    yield Row("`import paramrules`, without what Python alone takes", median(added), target=40)
    first = median(
        float(subprocess.run([python, "-c", FIRST], check=True, capture_output=True, env=CACHED).stdout)
        for _ in range(ROUNDS)
    )
    name = "`import paramrules`, the first `parse` and `param_groups`, torch imported before"
    yield Row(name, first, target=80)


if __name__ == "__main__":
    show(rows())
