"""Tell whether a saved state is another optimizer's."""

from collections.abc import Mapping
from functools import cache
from typing import Any

import torch
from torch.optim import Optimizer

from paramrules.backends import Changed
from paramrules_torch.constructor_arguments import SWITCHES, constructor_arguments
from paramrules_torch.resume.trial_step import Kept


def changed_optimizer(state: Mapping[Any, Any], group: Mapping[str, Any], now: Kept) -> Changed | None:
    """Return what the old and the new optimizer keep for a parameter; None if they are the same.

    A state does not name its optimizer. Two differ if they keep something else, or if they keep the same and
    each takes settings that the other does not: SGD sums gradients in `momentum_buffer`, and Muon averages.

    Args:
        state: the parameter's saved state.
        group: its saved group.
        now: what the present optimizer keeps.
    """
    before, after = (tuple(sorted(map(str, keys))) for keys in (state, now.state))
    if before != after:
        return Changed(before, after)
    own = now.optimizer.defaults.keys() - set(SWITCHES)
    foreign = group.keys() - own
    others = {name: takes for name, takes in _known().items() if takes & foreign}
    if not others or own <= group.keys():
        return None
    theirs = min(others, key=lambda name: len(others[name] ^ group.keys()))
    ours = type(now.optimizer).__name__
    return Changed(tuple(f"{theirs}.{key}" for key in before), tuple(f"{ours}.{key}" for key in after))


@cache
def _known() -> Mapping[str, set[str]]:
    """Return the settings of torch's optimizers, by the names of their classes."""
    return {
        name: constructor_arguments(cls) - {"self", "params", "defaults", *SWITCHES}
        for name, cls in vars(torch.optim).items()
        if isinstance(cls, type) and issubclass(cls, Optimizer)
    }
