"""Labels and masks of a large tree, and inventories of linen modules: `python benchmarks/bench_optax.py`.

The tree is a mixture of experts as linen keeps it: dicts of dicts, 45,000 abstract arrays. The yardstick is
`jax.tree_util.tree_map_with_path(lambda path, leaf: keystr(path), tree)`, with which masks are made by hand.
An inventory of a linen model, a transformer or one of `public_models.py`, is held against the bare
`jax.eval_shape` of its `init`. Both run at the same depths of the stack, another one each round: Python keeps
frames in chunks, and where calls go back and forth across the end of one, tracing takes up to twice as long.

Needs the package installed (`pip install -e ".[demo]"`), not only on the path: its backends are found
by their entry points.
"""

from collections.abc import Callable, Iterator
from functools import partial
from itertools import count
from typing import Any

from measuring import Row, compared, needed, show

with needed():
    import jax
    import jax.numpy as jnp
    from flax import linen as nn
    from paramrules_optax import label_fn, labels, mask
    from public_models import RESNET_50, Bert, BiT

    from paramrules import assign, inventory
    from paramrules.rules import parse

ROUNDS = 21
NAMED = "`tree_map_with_path` with `keystr`"
"""The name of the yardstick."""

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


class Block(nn.Module):
    """A layer of a transformer, with a carry and an output as a scan wants them."""

    @nn.compact
    def __call__(self, x: jax.Array, _: None = None) -> tuple[jax.Array, None]:
        h = nn.LayerNorm()(x)
        x = x + nn.MultiHeadDotProductAttention(8)(h)
        h = nn.gelu(nn.Dense(2048)(nn.LayerNorm()(x)))
        return x + nn.Dense(512)(h), None


class Transformer(nn.Module):
    """Layers one by one, or as one that is scanned."""

    layers: int
    scanned: bool

    @nn.compact
    def __call__(self, ids: jax.Array) -> jax.Array:
        table = nn.Embed(32_000, 512)
        x = table(ids)
        if self.scanned:
            both = {"variable_axes": {"params": 0}, "split_rngs": {"params": True}}
            x, _ = nn.scan(Block, length=self.layers, **both)()(x, None)
        else:
            for _ in range(self.layers):
                x, _ = Block()(x)
        return table.attend(nn.LayerNorm()(x))


def at_depths(way: Callable[[], object]) -> Callable[[], object]:
    """Return a function that calls another one, each time from deeper inside of Python's stack."""
    depths = count(0, 5)

    def called(depth: int) -> object:
        return called(depth - 1) if depth else way()

    return lambda: called(next(depths))


def of_linen_modules() -> Iterator[Row]:
    """Measure inventories of linen modules, against `init` alone."""
    ids = jax.ShapeDtypeStruct((1, 128), jnp.int32)
    image = jax.ShapeDtypeStruct((1, 224, 224, 3), jnp.float32)
    models: tuple[tuple[str, nn.Module, jax.ShapeDtypeStruct, float], ...] = (
        ("a transformer, 24 scanned layers", Transformer(24, True), ids, 1.15),
        ("a transformer, 60 unrolled layers", Transformer(60, False), ids, 1.15),
        ("BERT, 199 arrays", Bert(), ids, 1.2),
        ("BiT ResNet-50, 161 arrays", BiT(RESNET_50), image, 1.2),
    )
    for what, module, inputs, target in models:

        def bare(module: nn.Module = module, inputs: jax.ShapeDtypeStruct = inputs) -> object:
            return jax.eval_shape(lambda key, x: module.init(key, x), jax.random.key(0), inputs)

        ours = f"{what}: `inventory`"
        ways = {
            f"{what}: `eval_shape` of `init`": at_depths(bare),
            ours: at_depths(partial(inventory, module, inputs=inputs)),
        }
        yield from compared(ways, {ours: target}, ROUNDS)


def rows() -> Iterator[Row]:
    """Measure inventories of modules, and labels and masks of a tree."""
    yield from of_linen_modules()
    tree = mixture()
    assignment = assign(RULES, tree)
    answer = label_fn(tree, RULES)
    size = f"{len(jax.tree.leaves(tree)):,} arrays"
    both = f"{size}: `assign`, then `labels` and a `mask` of it"

    def once() -> None:
        found = assign(RULES, tree)
        labels(tree, found), mask(tree, found, "no_decay")

    ways: dict[str, Callable[[], object]] = {
        f"{size}: {NAMED}": lambda: jax.tree_util.tree_map_with_path(
            lambda path, leaf: jax.tree_util.keystr(path), tree
        ),
        both: once,
        f"{size}: `labels` and a `mask`, each from the rules": lambda: (
            labels(tree, RULES),
            mask(tree, RULES, "no_decay"),
        ),
        f"{size}: `labels` from the rules": lambda: labels(tree, RULES),
        f"{size}: a `mask` of what `assign` returned": lambda: mask(tree, assignment, "no_decay"),
        f"{size}: a call of what `label_fn` returns": lambda: answer(tree),
    }
    yield from compared(ways, {both: 0.25}, ROUNDS)


if __name__ == "__main__":
    show(rows())
