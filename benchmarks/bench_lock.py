"""Locks and diffs of a large model, against showing its groups: `python benchmarks/bench_lock.py`.

The model is that of bench_torch.py: 45,244 tensors on the meta device. `show` describes it, assigns the rules
and lays out the table; `lock` does the first two and writes the text. Both commands build the
model before, which takes many times as long. All are timed in turn, in CPU time,
and the median is printed.
"""

import time
from collections.abc import Callable
from statistics import median

import torch
from bench_torch import CARD, LAYERS, THREE_AXES, Model

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


def seconds(work: Callable[[], object]) -> float:
    """Return the CPU time that something takes."""
    start = time.process_time()
    work()
    return time.process_time() - start


def main() -> None:
    """Print a row for each rule file."""
    with torch.device("meta"):
        model = Model(LAYERS)

    def show(rules: paramrules.Rules) -> None:
        assignment = paramrules.examine(rules, model)
        text_of([table(sections(assignment)), *assignment.report()[1:]])

    print(f"{'rules':8} {'bytes':>6} {'lines':>6} {'lock/show':>10} {'read s':>7} {'diff s':>7}")
    for name, rules in {"card": CARD, "layers": LAYERED, "axes": paramrules.parse(THREE_AXES)}.items():
        lock = paramrules.lock(paramrules.examine(rules, model))
        text = lock.text
        other = parse_lock(text.replace("weight_decay = 0\n", "weight_decay = 0.1\n"))
        assert parse_lock(text) == lock
        ratios, reads, diffs = [], [], []
        for _ in range(ROUNDS):
            shown = seconds(lambda rules=rules: show(rules))  # type: ignore[misc]
            locked = seconds(lambda rules=rules: paramrules.lock(paramrules.examine(rules, model)).text)  # type: ignore[misc]
            ratios.append(locked / shown)
            reads.append(seconds(lambda text=text: parse_lock(text)))  # type: ignore[misc]
            diffs.append(
                seconds(lambda text=text, other=other: str(paramrules.diff(parse_lock(text), other)))
            )  # type: ignore[misc]
        row = (len(text), text.count("\n"), median(ratios), median(reads), median(diffs))
        print(f"{name:8} {row[0]:6} {row[1]:6} {row[2]:10.2f} {row[3]:7.2f} {row[4]:7.2f}")


if __name__ == "__main__":
    main()
