"""Steps of an optimizer with 27 groups against one without: `python benchmarks/bench_optax_step.py`.

A ViT of 12 layers as a tree of 150 arrays, under layer-wise learning rates and a decay mask, with a schedule.
The yardstick is one `optax.adamw` with a decay mask, which has one rate for all; beside it stands
`optax.multi_transform` with one `adamw` a group. Tracing, compiling and stepping are timed in turn, and the
median is taken of the ratios of each turn, so that a busy machine slows all down alike.

Needs the package installed (`pip install -e ".[optax]"`), not only on the path: its backends are found
by their entry points.
"""

import gc
import time
from collections.abc import Callable
from functools import partial
from statistics import median
from typing import Any

import jax
import optax
import paramrules_optax as pro

from paramrules import assign
from paramrules.rules import parse

LAYERS, WIDTH = 12, 64
BUILDS, ROUNDS, STEPS = 5, 15, 20
TARGETS = {"trace": 1.15, "compile": 2.0, "step": 1.1}

RULES = parse(
    """
let block = name ~ ^blocks_(?<i>\\d+)\\.

[decay]
no_decay: ndim <= 1 or leaf in ("cls_token", "pos_embed") -> weight_decay = 0
decay:    else

[lr]
block_{i + 1}: block -> lr_scale = 0.75 ** (count(block) - i)
block_{count(block)}: name ~ ^norm\\.
stem: name ~ ^(cls_token|pos_embed|patch_embed\\.) -> lr_scale = 0.75 ** (count(block) + 1)
head: else
""",
    "vit.rules",
)


def vit() -> dict[str, Any]:
    """The parameters of a ViT."""
    keys = iter(jax.random.split(jax.random.key(0), 200))

    def normal(*shape: int) -> jax.Array:
        return jax.random.normal(next(keys), shape)

    def dense(rows: int, columns: int) -> dict[str, jax.Array]:
        return {"kernel": normal(rows, columns), "bias": normal(columns)}

    def norm() -> dict[str, jax.Array]:
        return {"scale": normal(WIDTH), "bias": normal(WIDTH)}

    blocks = {
        f"blocks_{number}": {
            "norm1": norm(),
            "qkv": dense(WIDTH, 3 * WIDTH),
            "proj": dense(WIDTH, WIDTH),
            "norm2": norm(),
            "fc1": dense(WIDTH, 4 * WIDTH),
            "fc2": dense(4 * WIDTH, WIDTH),
        }
        for number in range(LAYERS)
    }
    return blocks | {
        "cls_token": normal(1, 1, WIDTH),
        "pos_embed": normal(1, 65, WIDTH),
        "patch_embed": {"kernel": normal(48, WIDTH)},
        "norm": norm(),
        "head": {"kernel": normal(WIDTH, 10)},
    }


def stepper(tx: optax.GradientTransformation) -> Any:
    """A training step, compiled when it is first called."""

    def step(params: Any, state: Any, grads: Any) -> Any:
        updates, state = tx.update(grads, state, params)
        return optax.apply_updates(params, updates), state

    return jax.jit(step)


def timed(way: Callable[[], Any]) -> tuple[float, Any]:
    """Seconds, without the rubbish of what ran before, and what came of it."""
    gc.collect()
    gc.disable()
    start = time.perf_counter()
    result = way()
    seconds = time.perf_counter() - start
    gc.enable()
    return seconds, result


def main() -> None:
    """Prints a table, one row a way to the same optimizer."""
    params = vit()
    grads = jax.tree.map(lambda p: 0.01 * p, params)
    schedule = optax.warmup_cosine_decay_schedule(0.0, 1e-3, 10, 1000)
    assignment = assign(RULES, params)
    rates = {
        group.label: (
            partial(lambda scale, count: scale * schedule(count), group.settings.get("lr_scale", 1)),
            group.settings.get("weight_decay", 0.05),
        )
        for group in assignment.groups
    }
    ways: dict[str, Callable[[], optax.GradientTransformation]] = {
        "one adamw with a decay mask": lambda: optax.adamw(
            schedule, weight_decay=0.05, mask=pro.mask(params, assignment, "decay", axis="decay")
        ),
        "paramrules_optax.build": lambda: pro.build(
            params, assignment, optax.adamw, learning_rate=schedule, weight_decay=0.05
        ),
        "multi_transform, one adamw a group": lambda: optax.multi_transform(
            {label: optax.adamw(rate, weight_decay=decay) for label, (rate, decay) in rates.items()},
            pro.labels(params, assignment),
        ),
    }
    taken: dict[str, dict[str, list[float]]] = {name: {t: [] for t in TARGETS} for name in ways}
    compiled: dict[str, Any] = {}
    for _ in range(BUILDS):
        for name, way in ways.items():
            jax.clear_caches()
            tx = way()
            state = tx.init(params)
            seconds, traced = timed(lambda tx=tx, state=state: stepper(tx).trace(params, state, grads))
            taken[name]["trace"].append(seconds)
            seconds, compiled[name] = timed(lambda traced=traced: traced.lower().compile())
            taken[name]["compile"].append(seconds)
    states = {name: way().init(params) for name, way in ways.items()}
    steps = {name: stepper(way()) for name, way in ways.items()}
    held = {name: steps[name](params, states[name], grads) for name in ways}
    for _ in range(ROUNDS):
        for name, step in steps.items():

            def several(name: str = name, step: Any = step) -> None:
                for _ in range(STEPS):
                    held[name] = step(*held[name], grads)
                jax.block_until_ready(held[name])

            taken[name]["step"].append(timed(several)[0] / STEPS)
    leaves, groups = len(jax.tree.leaves(params)), len(assignment.groups)
    print(f"{leaves} arrays in {groups} groups, {ROUNDS} rounds of {STEPS} steps; targets: {TARGETS}")
    print(f"{'':36}" + "".join(f"{f'{what} ms':>12}{'ratio':>8}" for what in TARGETS) + f"{'state':>8}")
    yardstick, *_ = taken.values()
    for name, own in taken.items():
        row = f"{name:36}"
        for what in TARGETS:
            ratios = [ours / theirs for ours, theirs in zip(own[what], yardstick[what], strict=True)]
            row += f"{1000 * median(own[what]):12.2f}{median(ratios):8.2f}"
        print(row + f"{len(jax.tree.leaves(states[name])):8}")


if __name__ == "__main__":
    main()
