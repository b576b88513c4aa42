"""MLX: inventories of `mlx.nn.Module`s, and one optimizer for the groups of a rule file.

>>> import paramrules_mlx
>>> optimizer = paramrules_mlx.build(model, "vit.rules", mlx.optimizers.AdamW, learning_rate=1e-3)

Importing this package does not import MLX.
"""

import sys
from importlib import import_module
from typing import TYPE_CHECKING, Any

from paramrules_mlx.backend import backend

if TYPE_CHECKING:
    from paramrules_mlx.grouped import GroupedOptimizer, build
else:

    def __getattr__(name: str) -> Any:
        if name in ("GroupedOptimizer", "build"):
            return getattr(import_module("paramrules_mlx.grouped"), name)
        raise AttributeError(
            f"module {__name__!r} has no attribute {name!r}", name=name, obj=sys.modules[__name__]
        )


__all__ = ["GroupedOptimizer", "backend", "build"]


def __dir__() -> list[str]:
    return __all__
