"""What the core asks of a backend, for torch. Nothing here imports torch before there is a model."""

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from paramrules.inventories import Inventory

if TYPE_CHECKING:
    from torch import nn


class TorchBackend:
    """The torch backend, found through the entry point `paramrules.backends`."""

    name = "torch"
    frameworks = ("torch",)
    keywords: frozenset[str] = frozenset()

    def recognises(self, model: object) -> bool:
        """Whether it is a `torch.nn.Module`."""
        torch = sys.modules.get("torch")
        return torch is not None and isinstance(model, torch.nn.Module)

    def inventory(self, model: "nn.Module", **how: Any) -> Inventory:
        """The parameters of a module; see `paramrules_torch.inventory.inventory`, which takes no options."""
        from paramrules_torch.inventory import inventory

        return inventory(model, **how)

    def abstractly(self, make: Callable[[], object]) -> object:
        """What `make()` gives, without memory for its parameters; see `paramrules_torch.abstract`."""
        from paramrules_torch.abstract import abstractly

        return abstractly(make)


backend = TorchBackend()
