"""Locks and diffs of a large model, against showing its groups: `python benchmarks/bench_lock.py`.

The model is that of bench_torch.py: 45,244 tensors on the meta device. `show` describes it, assigns the rules
and lays out the table; `lock` does the first two and writes the text. Both commands build the
model before, which takes many times as long. CPU time is compared.
"""

import time
from collections.abc import Iterator

from bench_torch import CARD, LAYERS, THREE_AXES, Model
from measuring import Row, compared, needed, show

with needed():
    import torch

    import paramrules
    from paramrules.assignment.sections import sections, table
    from paramrules.display import text_of
    from paramrules.locks import parse_lock

ROUNDS = 5
LAYERED = paramrules.parse(
    "option rate = 0.9\n"
    "let block = name ~ ^blocks\\.(?<i>\\d+)\\.\n"
    "[decay]\nno_decay: ndim <= 1 or type(Embedding)\ndecay: else\n"
    "[lr]\nblock_{i+1}: block -> lr_scale = rate ** (count(block) - i)\nrest: else\n"
)


def of_a_file(rules: paramrules.Rules, model: torch.nn.Module) -> Iterator[Row]:
    """Measure the lock of one rule file, and a diff with a lock of other settings."""

    def shown() -> str:
        assignment = paramrules.examine(rules, model)
        return text_of([table(sections(assignment)), *assignment.report()[1:]])

    def locked() -> str:
        return paramrules.lock(paramrules.examine(rules, model)).text

    text = locked()
    lock, other = parse_lock(text), parse_lock(text.replace("weight_decay = 0\n", "weight_decay = 0.1\n"))
    assert lock.text == text
    size = f"{len(paramrules.assign(rules, model).groups)} groups"
    ways = {
        f"{size}: `show`": shown,
        f"{size}: `lock`": locked,
        f"{size}: reading the lock": lambda: parse_lock(text),
        f"{size}: `diff` of two locks": lambda: str(paramrules.diff(lock, other)),
    }
    yield from compared(ways, rounds=ROUNDS, clock=time.process_time)
    yield Row(f"{size}: size of the lock", len(text) / 1000, unit="kB")


def rows() -> Iterator[Row]:
    """Measure two rule files of bench_torch.py, and one with two groups for each layer."""
    with torch.device("meta"):
        model = Model(LAYERS)
    for rules in (CARD, LAYERED, paramrules.parse(THREE_AXES)):
        yield from of_a_file(rules, model)


if __name__ == "__main__":
    show(rows())
