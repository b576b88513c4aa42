"""Freezing arrays in a model, and letting train again those that earlier rules froze.

A note on each module says which of its keys rules froze, so that what the user froze stays frozen.
"""

from collections.abc import Collection, Iterable

import mlx.nn as nn

_NOTE = "_frozen_by_rules"


def frozen_by_rules(module: nn.Module, key: str) -> bool:
    """Return whether rules froze a module's array, and nobody has unfrozen it since."""
    return key in vars(module).get(_NOTE, ()) and key in module._no_grad


def freeze(
    places: Iterable[tuple[nn.Module, str]],
    wanted: Collection[tuple[int, str]],
    left_alone: Collection[tuple[int, str]],
) -> None:
    """Freeze the wanted arrays, and unfreeze those that earlier rules froze and these do not.

    Args:
        places: the module and the key of every array of the model.
        wanted: those to freeze, as the module's `id` and the key.
        left_alone: those to leave as they are.
    """
    for module, key in places:
        ours = frozen_by_rules(module, key)
        if (id(module), key) in wanted and (ours or key not in module._no_grad):
            module.freeze(recurse=False, keys=key)
            vars(module)[_NOTE] = {*vars(module).get(_NOTE, ()), key}
        elif ours and (id(module), key) not in left_alone:
            module.unfreeze(recurse=False, keys=key)
            vars(module)[_NOTE] = set(vars(module)[_NOTE]) - {key}
