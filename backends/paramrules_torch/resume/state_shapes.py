"""Check the shapes and kinds of saved state, and shard its tensors as the parameter is sharded."""

from collections.abc import Mapping
from typing import Any, Final, TypeGuard

import torch
from torch import Tensor
from torch.distributed.tensor import DTensor, distribute_tensor

from paramrules.backends import Diagnostic, a, misfit, other_kind
from paramrules_torch.resume.trial_step import plain

_LARGEST: Final = torch.finfo(torch.float64).max
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
        fresh: whether a parameter starts without state if that is of another shape or kind: it is an empty
            dict then.
    """
    unlike = {key: _unlike(key, name, tensor, value, expected.get(key)) for key, value in state.items()}
    if fresh and any(unlike.values()):
        return {}
    wrong = [unlike[key] or _misplaced(f"`{key}` of `{name}`", tensor, state[key]) for key in state]
    found = [finding for finding in wrong if finding]
    return found or {key: _cut(tensor, _shaped(value, expected.get(key))) for key, value in state.items()}


def _unlike(key: object, name: str, tensor: Tensor, value: object, expected: object) -> Diagnostic | None:
    """Return the finding about a saved value that is not one of those that the optimizer keeps."""
    what = f"`{key}` of `{name}`"
    if isinstance(expected, Mapping) and isinstance(value, Mapping):
        inner = (_unlike(f"{key}.{k}", name, tensor, v, expected.get(k)) for k, v in value.items())
        return next(filter(None, inner), None)
    if is_number(expected) or (isinstance(expected, Tensor) and _counts(key, tensor, expected)):
        if not is_real(value):
            return other_kind(what, called(value), "a finite number")
        count = plain(value) if key == "step" and _has_value(value) else 0
        return other_kind(what, f"`{count}`", "at least 0") if is_number(count) and count < 0 else None
    if not isinstance(expected, Tensor):
        return None
    if not isinstance(value, Tensor) or _layout(value) != _layout(expected):
        return other_kind(what, called(value), f"a tensor of the shape {tuple(expected.shape)}")
    if value.shape != expected.shape:
        return misfit(str(key), name, tuple(value.shape), tuple(expected.shape))
    kinds = _kind(value), _kind(expected)
    return other_kind(what, *(f"a tensor of {kind}" for kind in kinds)) if kinds[0] != kinds[1] else None


def _counts(key: object, tensor: Tensor, expected: Tensor) -> bool:
    """Return whether a tensor is a counter, which torch has kept as a number, and with the shape (1,)."""
    return expected.numel() == 1 and (key == "step" or expected.ndim < min(tensor.ndim, 1))


def is_number(value: object) -> TypeGuard[int | float]:
    """Return whether a value is a number of Python's."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def is_real(value: object) -> bool:
    """Return whether a value is a finite number, or a tensor that holds one."""
    if isinstance(value, Tensor):
        is_one = not _layout(value) and value.numel() == 1
        if not is_one or _kind(value) not in ("integers", "floating-point numbers"):
            return False
        return not _has_value(value) or abs(value.item()) <= _LARGEST
    return is_number(value) and abs(value) <= _LARGEST  # which NaN is not


def _has_value(value: object) -> bool:
    """Return whether a number can be read without asking other devices for it."""
    return not isinstance(value, Tensor) or not (value.is_meta or isinstance(value, DTensor))


def _layout(tensor: Tensor) -> str:
    """Return how a tensor keeps its elements; "" for one that keeps all of them in one array."""
    if tensor.is_nested:
        return "nested"
    return "" if tensor.layout == torch.strided else "sparse"


def _kind(tensor: Tensor) -> str:
    if tensor.is_complex():
        return "complex numbers"
    if tensor.is_floating_point():
        return "floating-point numbers"
    return "booleans" if tensor.dtype == torch.bool else "integers"


def called(value: object) -> str:
    """Return a value for a message: a tensor by its shape, a number as it is, anything else by its type."""
    if isinstance(value, Tensor):
        return (
            f"a {layout} tensor"
            if (layout := _layout(value))
            else f"a tensor of the shape {tuple(value.shape)}"
        )
    return f"`{value}`" if value is None or isinstance(value, float | bool) else a(type(value).__name__)


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
