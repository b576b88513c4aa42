"""The weight beside a bias: for each parameter, the weight of the layer that it belongs to."""

from collections import defaultdict
from collections.abc import Sequence

from paramrules.inventories.roles import unparametrized

_ALIKE = (("bias", "weight"), ("bias", "kernel"), ("b", "w"))


def layer_weights(names: Sequence[str], fans: Sequence[int | None]) -> list[int | None]:
    """Return for each entry that of its layer's weight, which may be itself; None if that is not certain.

    A weight is what has fans. A bias has the weight in its module that is named alike (`in_proj_bias`,
    `in_proj_weight`), else the only one there. The gain of a weight norm has the weight that it is part of.

    Args:
        names: the names of all entries.
        fans: the `fan_in` of each.
    """
    places = [unparametrized(name)[0].rpartition(".") for name in names]
    weights: dict[str, dict[str, int]] = defaultdict(dict)
    for entry, ((module, _, leaf), fan) in enumerate(zip(places, fans, strict=True)):
        if fan is not None:
            weights[module][leaf] = entry
    found: list[int | None] = []
    for entry, ((module, _, leaf), fan) in enumerate(zip(places, fans, strict=True)):
        beside = weights.get(module, {})
        alike = (leaf, *(leaf.replace(bias, weight) for bias, weight in _ALIKE if bias in leaf))
        named = next((beside[other] for other in alike if other in beside), None)
        only = next(iter(beside.values())) if len(beside) == 1 else None
        found.append(entry if fan is not None else only if named is None else named)
    return found
