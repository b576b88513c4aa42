"""Labels and masks of a large tree, against naming its leaves with jax: `python benchmarks/bench_optax.py`.

The tree is a mixture of experts as linen keeps it: dicts of dicts, 45,000 abstract arrays. The yardstick is
`jax.tree_util.tree_map_with_path(lambda path, leaf: keystr(path), tree)`, with which masks are made by hand.
All are timed in turn, and the median is taken of the ratios of each turn, so that a busy machine slows
all down alike.
"""

import time
from collections.abc import Callable
from statistics import median
from typing import Any

import jax
import jax.numpy as jnp
from paramrules_optax import label_fn, labels, mask

from paramrules import assign
from paramrules.rules import parse

ROUNDS = 21
TARGET = 0.5

RULES = parse("no_decay: name ~ bias|mem_k|mem_v or ndim <= 1\ndecay: else\n", "decay.rules")


def mixture(layers: int = 60, experts: int = 124) -> dict[str, Any]:
    """A tree of 45,241 leaves, nearly all of them an expert's."""
    matrix, vector = jax.ShapeDtypeStruct((64, 64), jnp.float32), jax.ShapeDtypeStruct((64,), jnp.float32)
    dense = {"kernel": matrix, "bias": vector}
    expert = {"up": dense, "gate": dense, "down": dense}
    layer = {
        "attention": dict.fromkeys(("query", "key", "value", "out"), dense),
        "norm": {"scale": vector},
        "moe": {"router": {"kernel": matrix}} | {f"expert_{number}": expert for number in range(experts)},
    }
    return {f"layer_{number}": jax.tree.map(lambda leaf: leaf, layer) for number in range(layers)} | {
        "embed": {"embedding": matrix}
    }


def main() -> None:
    """Prints a table, one row a way to the same trees."""
    tree = mixture()
    assignment = assign(RULES, tree)
    answer = label_fn(tree, RULES)

    def once() -> None:
        found = assign(RULES, tree)
        labels(tree, found), mask(tree, found, "no_decay")

    ways: dict[str, Callable[[], object]] = {
        "tree_map_with_path with keystr": lambda: jax.tree_util.tree_map_with_path(
            lambda path, leaf: jax.tree_util.keystr(path), tree
        ),
        "assign once, labels and one mask": once,
        "labels and one mask, each with its own assign": lambda: (
            labels(tree, RULES),
            mask(tree, RULES, "no_decay"),
        ),
        "labels": lambda: labels(tree, RULES),
        "a mask of an assignment": lambda: mask(tree, assignment, "no_decay"),
        "a call of what label_fn gave": lambda: answer(tree),
    }
    times: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(ROUNDS):
        for name, way in ways.items():
            start = time.perf_counter()
            way()
            times[name].append(time.perf_counter() - start)
    yardstick, *_ = times.values()
    print(f"{len(jax.tree.leaves(tree)):,} leaves, {ROUNDS} rounds; target for labels and one mask: {TARGET}")
    for name, taken in times.items():
        ratio = median(ours / theirs for ours, theirs in zip(taken, yardstick, strict=True))
        print(f"{name:48} {1000 * median(taken):7.1f} ms {ratio:6.2f}")


if __name__ == "__main__":
    main()
