"""How long a large saved inventory takes, and how much memory: `python benchmarks/bench_saved.py [TENSORS]`.

The file is laid out as `Inventory.save` writes it. CPU times, each beside that of `json.loads` for the same
text, which checks nothing. Memory is the peak of a process of its own that loads and assigns, and of one that
only calls `json.loads`.
"""

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from measuring import Row, milliseconds, needed, show

with needed():
    import paramrules

TWO_GROUPS = "no_decay: ndim <= 1 or type(LayerNorm) -> weight_decay = 0\ndecay: else\n"
BY_BLOCK = "block_{2 * i // 5}: name ~ ^blocks\\.(?<i>\\d+)\\. -> lr_scale = 0.5\nrest: else\n"
LEAVES: tuple[tuple[str, int, str, dict[str, object]], ...] = (
    ("norm.weight", 1, "scale", {"shape": [64]}),
    ("norm.bias", 1, "bias", {"shape": [64]}),
    ("fc.weight", 0, "weight", {"shape": [64, 64], "fan_in": 64, "fan_out": 64}),
    ("fc.bias", 0, "bias", {"shape": [64]}),
)
ALONE = {
    "`json.loads`": ("json.loads(open(sys.argv[1]).read())", None),
    "reading it and `assign`, 2 groups": (
        "paramrules.assign(paramrules.parse(sys.argv[2]), paramrules.Inventory.load(sys.argv[1]))",
        0.6,
    ),
}


def text_of(count: int) -> str:
    """A saved inventory of `count` tensors in blocks of four."""
    parameters = []
    for number in range(count):
        block, place = divmod(number, len(LEAVES))
        leaf, owner, role, facts = LEAVES[place]
        name = f"blocks.{block}.{leaf}"
        own = {"dtype": "float32", "trainable": True, "variable": 2, "role": role}
        parameters.append(json.dumps({"name": name, "owner": owner, **own, **facts}))
    classes = ("torch.nn.modules.linear.Linear", "torch.nn.modules.normalization.LayerNorm", "torch.Tensor")
    head = {
        "paramrules_inventory": 2,
        "framework": "torch",
        "unknown": {},
        "classes": [[name, []] for name in classes],
        "owners": [[0], [1]],
        "parameters": [],
    }
    return json.dumps(head).removesuffix("]}") + "\n" + ",\n".join(parameters) + "\n]\n}\n"


def peak(code: str, *arguments: str) -> float:
    """Return the gigabytes of memory that a process takes at most."""
    # `ru_maxrss` counts the parent's memory at the fork, too
    program = f"import json, re, sys, paramrules\n{code}\n"
    program += "print(re.search(r'VmHWM:\\s*(\\d+)', open('/proc/self/status').read())[1])"
    run = subprocess.run(
        [sys.executable, "-c", program, *arguments], capture_output=True, text=True, check=True
    )
    return int(run.stdout) / (1 << 20)


def rows(count: int = 1_000_000) -> Iterator[Row]:
    """Measure reading, assigning and explaining, then the memory of the first two."""
    text, size = text_of(count), f"{count:,} tensors"

    def measured(what: str, work: Callable[[], Any], target: float | None = None) -> tuple[Row, Any]:
        made: list[Any] = []
        (taken,) = milliseconds({"": lambda: made.append(work())}, 1, time.process_time)[""]
        return Row(f"{size}: {what}", taken, target=target), made[0]

    yield measured("`json.loads`", lambda: json.loads(text))[0]
    row, inventory = measured("`Inventory.from_json`", lambda: paramrules.Inventory.from_json(text), 4_000)
    yield row
    two = paramrules.parse(TWO_GROUPS)
    row, assignment = measured("`assign`, 2 groups", lambda: paramrules.assign(two, inventory), 800)
    yield row
    name = f"blocks.{count // 8}.fc.bias"
    yield measured("`explain` of one name", lambda: assignment.explain(name), 200)[0]
    many = paramrules.parse(BY_BLOCK)
    row, _ = measured(f"`assign`, {count // 10:,} groups", lambda: paramrules.assign(many, inventory), 3_000)
    yield row
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "inventory.json"
        file.write_text(text, "utf-8")
        for what, (code, target) in ALONE.items():
            yield Row(
                f"{size}: memory of {what}", peak(code, str(file), TWO_GROUPS), target=target, unit="GB"
            )


if __name__ == "__main__":
    show(rows(*map(int, sys.argv[1:])))
