"""The models of the compliance cases as modules of MLX."""

from functools import cache
from typing import Any

import mlx.core as mx
import mlx.nn as nn

from paramrules.testing import Array, Module


def build(module: Module) -> nn.Module:
    """The module, its class called as the description calls it. MLX ties modules and never arrays."""
    built = _class(module.lineage, frozenset(module.no_decay))()
    for name, value in module.attributes.items():
        setattr(built, name, value)
    for name, child in module.children.items():
        if isinstance(child, Array):
            built[name] = mx.zeros(child.stored, getattr(mx, child.dtype))
            if not child.trainable:
                built.freeze(recurse=False, keys=name)
        else:
            built[name] = build(child)
    return built


@cache
def _class(lineage: tuple[str, ...], no_decay: frozenset[str] = frozenset()) -> Any:
    base = _class(lineage[1:]) if lineage else nn.Module
    module, _, short = (lineage[0] if lineage else "app.Net").rpartition(".")
    decides = {"no_weight_decay": lambda self: no_decay} if no_decay else {}
    return type(short, (base,), {"__module__": module, **decides})
