"""The backend for MLX. Nothing here imports MLX."""

import sys
from collections.abc import Collection, Mapping
from typing import Any

from paramrules.backends import Backend, Inventory


class MLXBackend(Backend):
    """The MLX backend, found through the entry point `paramrules.backends`.

    It builds models as they are: MLX computes an array when it is first read, so they take no memory before.
    """

    name = "mlx"
    frameworks = ("mlx.nn",)

    def recognises(self, model: object) -> bool:
        """Return whether the object is an `mlx.nn.Module`."""
        nn = sys.modules.get("mlx.nn")
        return nn is not None and isinstance(model, nn.Module)

    def inventory(self, model: Any, **how: Any) -> Inventory:
        """Return the parameters of a module; see `paramrules_mlx.inventory`, which takes no keywords."""
        from paramrules_mlx.inventory import inventory

        return inventory(model, **how)

    def optimizers(self) -> Collection[str]:
        """Return the names of the optimizers whose state is known; see `paramrules_mlx.state_bytes`."""
        from paramrules_mlx.state_bytes import optimizers

        return optimizers()

    def state_bytes(
        self, optimizer: str, shape: tuple[int, ...], dtype: str, settings: Mapping[str, Any]
    ) -> int:
        """Return the bytes of an optimizer's state of one array; see `paramrules_mlx.state_bytes`."""
        from paramrules_mlx.state_bytes import state_bytes

        return state_bytes(optimizer, shape, dtype, settings)


backend = MLXBackend()
