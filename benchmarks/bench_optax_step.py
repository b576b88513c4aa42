"""Steps of an optimizer with 27 groups against one without: `python benchmarks/bench_optax_step.py`.

A ViT of 12 layers as a tree of 150 arrays, under layer-wise learning rates and a decay mask, with a schedule.
The yardstick is one `optax.adamw` with a decay mask, which has one rate for all; beside it stands
`optax.multi_transform` with one `adamw` a group. Tracing, compiling and stepping are
timed.

Needs the package installed (`pip install -e ".[optax]"`), not only on the path: its backends are found
by their entry points.
"""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from measuring import Row, milliseconds, needed, rows_of, show

with needed():
    import jax
    import optax
    import paramrules_optax as pro

    from paramrules import assign
    from paramrules.rules import parse

LAYERS, WIDTH = 12, 64
BUILDS, ROUNDS, STEPS = 5, 15, 20
TRACE, COMPILE, STEP = "tracing a step", "compiling it", "a step"
TARGETS = {TRACE: 0.95, COMPILE: 1.2, STEP: 1.0}

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


def stepped(step: Any, params: Any, state: Any, grads: Any) -> None:
    """Train for a few steps."""
    for _ in range(STEPS):
        params, state = step(params, state, grads)
    jax.block_until_ready((params, state))


def rows() -> Iterator[Row]:
    """Measure tracing, compiling and stepping of each way to the same optimizer."""
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
        "one `adamw` with one rate and a decay mask": lambda: optax.adamw(
            schedule, weight_decay=0.05, mask=pro.mask(params, assignment, "decay", axis="decay")
        ),
        "`paramrules_optax.build`, 27 groups": lambda: pro.build(
            params, assignment, optax.adamw, learning_rate=schedule, weight_decay=0.05
        ),
        "`multi_transform`, one `adamw` for each of 27 groups": lambda: optax.multi_transform(
            {label: optax.adamw(rate, weight_decay=decay) for label, (rate, decay) in rates.items()},
            pro.labels(params, assignment),
        ),
    }
    times: dict[str, dict[str, list[float]]] = {part: {name: [] for name in ways} for part in TARGETS}
    for _ in range(BUILDS):
        for name, way in ways.items():
            jax.clear_caches()
            tx = way()
            trace = partial(stepper(tx).trace, params, tx.init(params), grads)
            times[TRACE][name] += milliseconds({name: trace}, 1)[name]
            lowered = trace().lower
            times[COMPILE][name] += milliseconds({name: lambda lower=lowered: lower().compile()}, 1)[name]
    states = {name: way().init(params) for name, way in ways.items()}
    several = {
        name: partial(stepped, stepper(way()), params, states[name], grads) for name, way in ways.items()
    }
    for way in several.values():
        way()  # compiles
    times[STEP] = {
        name: [taken / STEPS for taken in each] for name, each in milliseconds(several, ROUNDS).items()
    }
    assert len(assignment.groups) == 27
    model = f"ViT, {len(jax.tree.leaves(params))} arrays"
    for part, each in times.items():
        named = {f"{model}, {part}: {name}": taken for name, taken in each.items()}
        yield from rows_of(named, {name: TARGETS[part] for name in named if "build" in name})
    for name, state in states.items():
        yield Row(
            f"{model}, size of the state: {name}",
            len(jax.tree.leaves(state)),
            unit="arrays",
        )


if __name__ == "__main__":
    show(rows())
