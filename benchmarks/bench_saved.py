"""How long a large saved inventory takes to read and assign: `python benchmarks/bench_saved.py [TENSORS]`.

Each time stands beside that of `json.loads` for the same text, which reads it and checks nothing.
"""

import json
import sys
import time
from collections.abc import Callable
from typing import Any

import paramrules

RULES = "no_decay: ndim <= 1 or type(LayerNorm) -> weight_decay = 0\ndecay: else\n"
LEAVES: tuple[tuple[str, int, str, dict[str, object]], ...] = (
    ("norm.weight", 1, "scale", {"shape": [64]}),
    ("norm.bias", 1, "bias", {"shape": [64]}),
    ("fc.weight", 0, "weight", {"shape": [64, 64], "fan_in": 64, "fan_out": 64}),
    ("fc.bias", 0, "bias", {"shape": [64]}),
)


def text_of(count: int) -> str:
    """A saved inventory of `count` tensors in blocks of four."""
    parameters = []
    for number in range(count):
        block, place = divmod(number, len(LEAVES))
        leaf, owner, role, facts = LEAVES[place]
        name = f"blocks.{block}.{leaf}"
        own = {"dtype": "float32", "trainable": True, "variable": 2, "role": role}
        parameters.append({"name": name, "owner": owner, **own, **facts})
    classes = ("torch.nn.modules.linear.Linear", "torch.nn.modules.normalization.LayerNorm", "torch.Tensor")
    return json.dumps(
        {
            "paramrules_inventory": 2,
            "framework": "torch",
            "unknown": {},
            "classes": [[name, []] for name in classes],
            "owners": [[0], [1]],
            "parameters": parameters,
        }
    )


def main() -> None:
    """Prints the times, for as many tensors as the command line says."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    text, rules, unit = text_of(count), paramrules.parse(RULES), 0.0

    def timed(what: str, work: Callable[[], Any]) -> Any:
        start = time.process_time()
        result = work()
        taken = time.process_time() - start
        ratio = taken / (unit or taken)
        print(f"{what:20} {taken * 1e6 / count:6.2f} us a tensor = {ratio:5.2f} x `json.loads`")
        return result, taken

    _, unit = timed("json.loads", lambda: json.loads(text))
    inventory, _ = timed("read", lambda: paramrules.Inventory.from_json(text))
    assignment, _ = timed("assign", lambda: paramrules.assign(rules, inventory))
    name = f"blocks.{count // 8}.fc.bias"
    timed("explain the first name", lambda: assignment.explain(name))
    timed("explain it again", lambda: assignment.explain(name))


if __name__ == "__main__":
    main()
