"""MLX: inventories of `mlx.nn.Module`s, and one optimizer for the groups of a rule file.

>>> import paramrules_mlx
>>> optimizer = paramrules_mlx.build(model, "vit.rules", mlx.optimizers.AdamW, learning_rate=1e-3)

Importing this package does not import MLX.
"""

from typing import TYPE_CHECKING

from paramrules.backends import importer
from paramrules_mlx.backend import backend

if TYPE_CHECKING:
    from paramrules_mlx.build_optimizer import build
    from paramrules_mlx.grouped import GroupedOptimizer

__all__ = ["GroupedOptimizer", "backend", "build"]


def __dir__() -> list[str]:
    return __all__


if not TYPE_CHECKING:  # for type checkers a misspelt name is an error
    __getattr__ = importer(
        __name__,
        {"GroupedOptimizer": "paramrules_mlx.grouped", "build": "paramrules_mlx.build_optimizer"},
    )
