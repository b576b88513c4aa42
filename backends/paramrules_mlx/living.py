"""The optimizers that `build` has made and that still exist."""

import gc
from collections.abc import Collection, Iterable
from weakref import WeakKeyDictionary, ref

import mlx.nn as nn
from mlx.optimizers import Optimizer

_BUILT: WeakKeyDictionary[Optimizer, list[tuple[ref[nn.Module], str]]] = WeakKeyDictionary()


def remember(optimizer: Optimizer, places: Iterable[tuple[nn.Module, str]]) -> None:
    """Count an optimizer among the living until it is collected.

    Args:
        optimizer: the optimizer.
        places: the module and the key of each array that it trains.
    """
    _BUILT[optimizer] = [(ref(module), key) for module, key in places]


def training(places: Collection[tuple[int, str]]) -> dict[tuple[int, str], Optimizer]:
    """Return the optimizer of each array that a living one trains.

    Args:
        places: the arrays to look for, as the module's `id` and the key.

    An optimizer in a reference cycle may wait for the collector, which is called only if something is found.
    """
    found = _training(places)
    if found:
        found.clear()
        gc.collect()
        found = _training(places)
    return found


def _training(places: Collection[tuple[int, str]]) -> dict[tuple[int, str], Optimizer]:
    return {
        (id(module), key): optimizer
        for optimizer, trained in list(_BUILT.items())
        for held, key in trained
        if (module := held()) is not None and (id(module), key) in places
    }
