"""The torch backend. Nothing here imports torch before there is a model."""

import sys
from collections.abc import Callable, Collection, Mapping
from typing import TYPE_CHECKING, Any

from paramrules.backends import Backend, Inventory
from paramrules_torch.wrappers import WRAPPERS

if TYPE_CHECKING:
    from paramrules_torch.named_tensors import Parameters


class TorchBackend(Backend):
    """`torch.nn.Module`s and mappings of tensors, found through the entry point `paramrules.backends`."""

    name = "torch"
    frameworks = ("torch",)
    wrappers = WRAPPERS

    def recognises(self, model: object) -> bool:
        """Return whether it is a `torch.nn.Module`, or a mapping with a tensor in it."""
        torch = sys.modules.get("torch")
        return torch is not None and (
            isinstance(model, torch.nn.Module)
            or (isinstance(model, Mapping) and _any_tensor(model, torch.Tensor))
        )

    def inventory(self, model: "Parameters", **how: Any) -> Inventory:
        """Return the parameters of a module or mapping; see `paramrules_torch.inventory.inventory`."""
        from paramrules_torch.inventory import inventory

        return inventory(model, **how)

    def build_abstract(self, make: Callable[[], object]) -> object:
        """Return what `make()` returns, on the meta device; see `paramrules_torch.abstract`."""
        from paramrules_torch.abstract import build_abstract

        return build_abstract(make)

    def needs_values(self, error: Exception) -> bool:
        """Return whether code asked a tensor on the meta device for its values."""
        return isinstance(error, RuntimeError | TypeError) and "meta" in str(error)

    def parameter_names(self, model: Any) -> Callable[[object], str | None]:
        """Return a function from a tensor of the model to its canonical name."""
        if isinstance(model, Inventory):
            return super().parameter_names(model)
        from paramrules_torch.inventory import inventory_and_tensors

        inventory, tensors, _ = inventory_and_tensors(model)
        names = {id(tensor): name for tensor, name in zip(tensors, inventory.names, strict=False)}
        return lambda tensor: names.get(id(tensor))

    def optimizers(self) -> Collection[str]:
        """Return the names of the optimizers whose state is known; see `paramrules_torch.state_bytes`."""
        from paramrules_torch.state_bytes import optimizers

        return optimizers()

    def state_bytes(
        self, optimizer: str, shape: tuple[int, ...], dtype: str, settings: Mapping[str, Any]
    ) -> int:
        """Return the bytes of an optimizer's state of one array; see `paramrules_torch.state_bytes`."""
        from paramrules_torch.state_bytes import state_bytes

        return state_bytes(optimizer, shape, dtype, settings)


def _any_tensor(parameters: Mapping[Any, Any], tensor: type) -> bool:
    """Return whether there is a tensor in a mapping or in mappings inside it."""
    todo, seen = [parameters], {id(parameters)}
    while todo:
        for value in todo.pop().values():
            if isinstance(value, tensor):
                return True
            if isinstance(value, Mapping) and id(value) not in seen:
                seen.add(id(value))
                todo.append(value)
    return False


backend = TorchBackend()
