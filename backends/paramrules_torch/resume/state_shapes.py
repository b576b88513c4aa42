"""Check the shapes of saved state, and shard its tensors as the parameter is sharded."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from torch import Tensor
from torch.distributed.tensor import DTensor, distribute_tensor

_WHOLE = "save with `get_optimizer_state_dict` and `StateDictOptions(full_state_dict=True)`"


class Misfit(NamedTuple):
    """A tensor of the wrong shape: the message, and the help."""

    what: str
    help: str


def placed(name: str, tensor: Tensor, state: Mapping[Any, Any], expected: Mapping[Any, Any]) -> Any:
    """Return the state as `load_state_dict` takes it for this parameter, or a list of the misfits in it.

    Whole tensors for a sharded parameter are sharded like it, which is a collective call.

    Args:
        name: the parameter's name.
        tensor: the parameter.
        state: its saved state.
        expected: what the optimizer keeps for it.
    """
    wrong = [misfit for key in state if (misfit := _misfit(name, key, tensor, state[key], expected.get(key)))]
    if wrong:
        return wrong
    return {key: _cut(tensor, value) for key, value in state.items()}


def _misfit(name: str, key: object, tensor: Tensor, value: object, expected: object) -> Misfit | None:
    if not isinstance(value, Tensor) or (_number(value) and _number(expected)):
        return None
    what = f"`{key}` of `{name}`"
    if isinstance(expected, Tensor) and value.shape != expected.shape:
        help = "remove its state from the saved one, and it starts without"
        return Misfit(
            f"{what} has the shape {tuple(value.shape)} and should have {tuple(expected.shape)}", help
        )
    if isinstance(value, DTensor) and not isinstance(tensor, DTensor):
        return Misfit(f"{what} is a shard and the parameter is whole", _WHOLE)
    if isinstance(tensor, DTensor):
        if isinstance(value, DTensor):
            if (value.device_mesh, value.placements) != (tensor.device_mesh, tensor.placements):
                return Misfit(f"{what} is sharded differently from the parameter", _WHOLE)
        elif value.shape != tensor.shape:
            return Misfit(
                f"{what} is whole and not of the parameter's shape, so it cannot be sharded like it", _SHARDED
            )
    return None


_SHARDED = "load it with torch.distributed.checkpoint, which knows how it was sharded"


def _cut(tensor: Tensor, value: Any) -> Any:
    if not isinstance(tensor, DTensor) or not isinstance(value, Tensor):
        return value
    if isinstance(value, DTensor) or value.shape != tensor.shape or _number(value):
        return value
    whole = value.to(tensor.device)
    return distribute_tensor(whole, tensor.device_mesh, tensor.placements)


def _number(value: object) -> bool:
    """Return whether a value is a number, or a tensor that holds one."""
    return isinstance(value, int | float) or (isinstance(value, Tensor) and value.numel() == 1)
