"""Tell whether a saved state is another optimizer's."""

from collections.abc import Mapping
from functools import cache
from typing import Any

import torch
from torch.optim import Optimizer

from paramrules.backends import Changed
from paramrules_torch.constructor_arguments import SWITCHES, constructor_arguments
from paramrules_torch.resume.trial_step import Kept


def changed_optimizer(
    state: Mapping[Any, Any], group: Mapping[str, Any], now: Kept, several: Mapping[str, Optimizer]
) -> Changed | None:
    """Return what the old and the new optimizer keep for a parameter; None if they are the same.

    A state does not tell the class of its optimizer. Two differ if they keep something else. If they keep
    the same (SGD sums gradients in `momentum_buffer`, and Muon averages them), they differ if the saved group
    names one of several optimizers that is of another class, or if each takes settings that the other does
    not.

    Args:
        state: the parameter's saved state.
        group: its saved group.
        now: what the present optimizer keeps.
        several: the present optimizers by name, if there are several.
    """
    before, after = (tuple(sorted(map(str, keys))) for keys in (state, now.state))
    if before != after:
        return Changed(before, after)
    cls = type(now.optimizer)
    asked = group.get("optimizer")
    named = several.get(asked) if isinstance(asked, str) else None
    if named is not None:
        theirs = (
            "" if isinstance(named, cls) or isinstance(now.optimizer, type(named)) else type(named).__name__
        )
    else:
        theirs = _by_settings(group, now.optimizer)
    if not theirs:
        return None
    return Changed(
        tuple(f"{theirs}.{key}" for key in before), tuple(f"{cls.__name__}.{key}" for key in after)
    )


def _by_settings(group: Mapping[str, Any], optimizer: Optimizer) -> str:
    """Return the class in torch that a saved group's settings fit best; "" if they fit this optimizer's."""
    own = optimizer.defaults.keys() - set(SWITCHES)
    foreign = group.keys() - own
    others = {name: takes for name, takes in _known().items() if takes & foreign}
    if not others or own <= group.keys():
        return ""
    return min(others, key=lambda name: len(others[name] ^ group.keys()))


@cache
def _known() -> Mapping[str, set[str]]:
    """Return the settings of torch's optimizers, by the names of their classes."""
    return {
        name: constructor_arguments(cls) - {"self", "params", "defaults", *SWITCHES}
        for name, cls in vars(torch.optim).items()
        if isinstance(cls, type) and issubclass(cls, Optimizer)
    }
