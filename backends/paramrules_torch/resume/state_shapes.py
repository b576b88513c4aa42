"""Whether saved state is what an optimizer keeps for a parameter, and its tensors where the parameter is."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from torch import Tensor
from torch.distributed.tensor import DTensor, distribute_tensor

_WHOLE = "save with `get_optimizer_state_dict` and `StateDictOptions(full_state_dict=True)`"


class Misfit(NamedTuple):
    """Something of another shape: what it is, and what is to be done."""

    what: str
    help: str


def placed(name: str, tensor: Tensor, state: Mapping[Any, Any], expected: Mapping[Any, Any]) -> Any:
    """The state as `load_state_dict` takes it for this parameter, or the Misfits in it.

    Whole tensors for a sharded parameter are cut as it is, which is a collective call.
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
        help = "leave its state out of the saved one, and it starts without"
        return Misfit(
            f"{what} is of shape {tuple(value.shape)}, and should be of {tuple(expected.shape)}", help
        )
    if isinstance(value, DTensor) and not isinstance(tensor, DTensor):
        return Misfit(f"{what} is a shard, and the parameter is whole", _WHOLE)
    if isinstance(tensor, DTensor):
        if isinstance(value, DTensor):
            if (value.device_mesh, value.placements) != (tensor.device_mesh, tensor.placements):
                return Misfit(f"{what} is sharded in another way than the parameter", _WHOLE)
        elif value.shape != tensor.shape:
            return Misfit(
                f"{what} is whole, and not of the parameter's shape, by which it could be cut", _SHARDED
            )
    return None


_SHARDED = "load it with torch.distributed.checkpoint, which knows how it was cut"


def _cut(tensor: Tensor, value: Any) -> Any:
    if not isinstance(tensor, DTensor) or not isinstance(value, Tensor):
        return value
    if isinstance(value, DTensor) or value.shape != tensor.shape or _number(value):
        return value
    whole = value.to(tensor.device)
    return distribute_tensor(whole, tensor.device_mesh, tensor.placements)


def _number(value: object) -> bool:
    """Whether it is a number, or a tensor that holds one."""
    return isinstance(value, int | float) or (isinstance(value, Tensor) and value.numel() == 1)
