"""The state of MLX's optimizers. MLX computes an array when it is first read, so making one costs nothing."""

from collections.abc import Mapping
from functools import cache
from inspect import signature
from typing import Any

import mlx.core as mx
from mlx import optimizers as mlx_optimizers
from mlx.utils import tree_flatten


@cache
def optimizers() -> dict[str, type[Any]]:
    """Return the optimizers of `mlx.optimizers` by their names in lower case."""
    base = mlx_optimizers.Optimizer
    classes = (cls for cls in vars(mlx_optimizers).values() if isinstance(cls, type))
    return {
        cls.__name__.lower(): cls
        for cls in classes
        if issubclass(cls, base) and cls is not base and "learning_rate" in signature(cls).parameters
    }


def state_bytes(optimizer: str, shape: tuple[int, ...], dtype: str, settings: Mapping[str, Any]) -> int:
    """Return the bytes of an optimizer's state of one array."""
    cls = optimizers()[optimizer]
    own = {key: value for key, value in settings.items() if key in signature(cls).parameters}
    made = cls(learning_rate=1e-3, **own)
    made.init({"array": mx.zeros(shape, getattr(mx, dtype))})
    return sum(value.nbytes for _, value in tree_flatten(made.state["array"]))
