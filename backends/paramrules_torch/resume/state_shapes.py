"""Check the shapes of saved state, and shard its tensors as the parameter is sharded."""

from collections.abc import Mapping
from typing import Any

from torch import Tensor
from torch.distributed.tensor import DTensor, distribute_tensor

from paramrules.backends import Diagnostic, misfit

_WHOLE = "save with `get_optimizer_state_dict` and `StateDictOptions(full_state_dict=True)`"


def placed(
    name: str, tensor: Tensor, state: Mapping[Any, Any], expected: Mapping[Any, Any], *, fresh: bool
) -> dict[Any, Any] | list[Diagnostic]:
    """Return the state as `load_state_dict` takes it for this parameter, or a list of the misfits in it.

    Whole tensors for a sharded parameter are sharded like it, which is a collective call.

    Args:
        name: the parameter's name.
        tensor: the parameter.
        state: its saved state.
        expected: what the optimizer keeps for it.
        fresh: whether a parameter of another shape starts without state: it is an empty dict then.
    """
    other = [key for key in state if _other_shape(state[key], expected.get(key))]
    if other and fresh:
        return {}
    wrong = [
        misfit(str(key), name, tuple(state[key].shape), tuple(expected[key].shape))
        if key in other
        else _misplaced(f"`{key}` of `{name}`", tensor, state[key])
        for key in state
    ]
    found = [finding for finding in wrong if finding]
    return found or {key: _cut(tensor, _shaped(value, expected.get(key))) for key, value in state.items()}


def _other_shape(value: object, expected: object) -> bool:
    return (
        isinstance(value, Tensor)
        and isinstance(expected, Tensor)
        and value.shape != expected.shape
        and not (_number(value) and _number(expected))
    )


def _shaped(value: Any, expected: object) -> Any:
    """Return a tensor of one element in the shape that the optimizer expects."""
    if isinstance(value, Tensor) and isinstance(expected, Tensor) and value.shape != expected.shape:
        return value.reshape(expected.shape)
    return value


def _misplaced(what: str, tensor: Tensor, value: object) -> Diagnostic | None:
    """Return the finding about a tensor that is sharded unlike its parameter."""
    if not isinstance(value, Tensor) or _number(value):
        return None
    if isinstance(value, DTensor) and not isinstance(tensor, DTensor):
        return Diagnostic("E625", f"{what} is a shard and the parameter is whole", help=_WHOLE)
    if isinstance(tensor, DTensor):
        if isinstance(value, DTensor):
            if (value.device_mesh, value.placements) != (tensor.device_mesh, tensor.placements):
                return Diagnostic("E625", f"{what} is sharded differently from the parameter", help=_WHOLE)
        elif value.shape != tensor.shape:
            message = f"{what} is whole and not of the parameter's shape, so it cannot be sharded like it"
            return Diagnostic("E625", message, help=_SHARDED)
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
