"""The weight beside a bias: for each parameter, the weight of the layer that it belongs to."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from functools import cache
from itertools import compress, count, repeat
from typing import Final

from paramrules.inventories.roles import unparametrized

_ALIKE: Final = (("bias", "weight"), ("bias", "kernel"), ("b", "w"))


def layer_weights(names: Sequence[str], fans: Sequence[int | None]) -> list[int | None]:
    """Return for each entry that of its layer's weight, which may be itself; None if that is not certain.

    A weight is what has fans. A bias has the weight in its module that is named alike (`in_proj_bias`,
    `in_proj_weight`), else the only one there. The gain of a weight norm has the weight that it is part of.

    Args:
        names: the names of all entries.
        fans: the `fan_in` of each.
    """
    alike = cache(_alike)
    weights: dict[str, dict[str, int]] = defaultdict(dict)
    without: list[tuple[int, str, str]] = []
    for entry, (name, fan) in enumerate(zip(names, fans, strict=True)):
        module, _, leaf = name.rpartition(".")
        if leaf.startswith("original"):
            module, _, leaf = unparametrized(name)[0].rpartition(".")
        if fan is None:
            without.append((entry, module, leaf))
        else:
            weights[module][leaf] = entry
    found: list[int | None] = list(range(len(names)))
    for entry, module, leaf in without:
        beside = weights.get(module, {})
        named = next(filter(beside.__contains__, alike(leaf)), None)
        only = next(iter(beside.values())) if len(beside) == 1 else None
        found[entry] = only if named is None else beside[named]
    return found


def layer_of(name: str) -> str:
    """Return the module in which `layer_weights` looks for the weight beside a name."""
    return unparametrized(name)[0].rpartition(".")[0]


def in_layers(names: Sequence[str], layers: Collection[str]) -> list[int]:
    """Return the entries of all names whose `layer_of` is one of these.

    The first two steps leave few of a million names for the last one.
    """
    starts = tuple(f"{layer}." if layer else "" for layer in layers)
    below = compress(count(), map(str.startswith, names, repeat(starts)))
    deepest = max(layer.count(".") for layer in layers) + 2
    return [e for e in below if names[e].count(".") <= deepest and layer_of(names[e]) in layers]


def _alike(leaf: str) -> tuple[str, ...]:
    """Return the names that the weight beside a leaf may have, the likeliest first."""
    return (leaf, *(leaf.replace(bias, weight) for bias, weight in _ALIKE if bias in leaf))
