"""The optimizers that `build` has made and that still exist."""

import gc
from collections.abc import Collection, Mapping
from weakref import WeakKeyDictionary

from torch.optim import Optimizer

_BUILT: WeakKeyDictionary[Optimizer, Mapping[str, frozenset[str]]] = WeakKeyDictionary()


def remember(optimizer: Optimizer, schedules: Mapping[str, frozenset[str]]) -> None:
    """Count an optimizer among the living until it is collected.

    Args:
        optimizer: the optimizer.
        schedules: the names that its rules use under `schedule` and `weight_decay_schedule`, even for
            parameters of which it has none.
    """
    _BUILT[optimizer] = schedules


def schedules_in_rules(optimizer: Optimizer, key: str) -> frozenset[str]:
    """Return the names of schedules in the rules of an optimizer, or in its groups if `build` did not make
    it."""
    built = _BUILT.get(optimizer)
    if built is not None:
        return built[key]
    return frozenset(group[key] for group in optimizer.param_groups if key in group)


def training(tensors: Collection[int]) -> dict[int, Optimizer]:
    """Return the optimizer of each tensor that a living one trains.

    Args:
        tensors: the `id`s of the tensors to look for.

    A scheduler refers to its optimizer and back, so an optimizer without any other user may wait for the
    collector. It is called only if something has been found.
    """
    found = _training(tensors)
    if found:
        found.clear()
        gc.collect()
        found = _training(tensors)
    return found


def _training(tensors: Collection[int]) -> dict[int, Optimizer]:
    return {
        id(tensor): optimizer
        for optimizer in list(_BUILT)
        for group in optimizer.param_groups
        for tensor in group["params"]
        if id(tensor) in tensors
    }
