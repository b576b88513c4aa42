"""The optimizers that `build` has made and that still exist, for checks that concern all of them."""

import gc
from collections.abc import Collection
from weakref import WeakSet

from torch.optim import Optimizer

_BUILT: WeakSet[Optimizer] = WeakSet()


def remember(optimizer: Optimizer) -> None:
    """Count an optimizer among the living until it is collected."""
    _BUILT.add(optimizer)


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
        for optimizer in _BUILT
        for group in optimizer.param_groups
        for tensor in group["params"]
        if id(tensor) in tensors
    }
