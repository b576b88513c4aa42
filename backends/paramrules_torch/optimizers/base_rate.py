"""The base rate as a scheduler sees it: an optimizer with one group, whose rate the real groups follow."""

from typing import Any

import torch
from torch import Tensor
from torch.optim import Optimizer

from paramrules_torch.optimizers.group_keys import RATIO, followed
from paramrules_torch.optimizers.group_ratios import GroupRatios

_BOUNDS = ("base_momentum", "max_momentum")
"""Keys by which torch's schedulers show that they cycle momentum. They are copied into the real groups."""


class BaseGroup(dict[str, Any]):
    """The one group that a scheduler sees. A rate set here is set in the groups that follow the schedule."""

    def __init__(self, optimizer: Optimizer, base: float, schedule: str) -> None:
        super().__init__(params=[torch.zeros(1)], lr=base)
        self.optimizer = optimizer
        self.base = base
        self.schedule = schedule
        self._ratios = GroupRatios()
        self._seen()
        for key in ("momentum", "betas"):
            if key in optimizer.defaults:
                super().__setitem__(key, optimizer.defaults[key])

    def __reduce__(self) -> Any:
        # pickle would set the items of a dict before its attributes, which `__setitem__` needs
        return BaseGroup.__new__, (BaseGroup,), (dict(self), vars(self))

    def __setstate__(self, state: tuple[dict[str, Any], dict[str, Any]]) -> None:
        items, attributes = state
        self.update(items)  # not for the real groups
        vars(self).update(attributes)

    def _seen(self) -> list[float | None]:
        """Return the ratio of each group, None for one that follows another schedule."""
        rate = self["lr"] or self.base
        return self._ratios.of(
            self.optimizer.param_groups,
            lambda group: (
                group.get(RATIO, float(group["lr"]) / rate) if followed(group) == self.schedule else None
            ),
        )

    def __setitem__(self, key: str, value: Any) -> None:
        ratios = self._seen()
        super().__setitem__(key, value)
        for group, ratio in zip(self.optimizer.param_groups, ratios, strict=True):
            if ratio is not None:
                _set(group, key, value, ratio)


def _set(group: dict[str, Any], key: str, value: Any, ratio: float) -> None:
    """Copy to a real group a value that a scheduler sets in the base group."""
    if key == "lr":
        set_rate(group, "lr", float(value) * ratio)
        if RATIO in group:
            group[RATIO] = ratio  # loading a state saved under other rules may have changed it
    elif key in ("momentum", "betas"):
        momentum = value[0] if key == "betas" else value
        if "betas" in group:
            group["betas"] = (momentum, *group["betas"][1:])
        elif "momentum" in group:
            group["momentum"] = momentum
    elif key in _BOUNDS:
        group[key] = value


def set_rate(group: dict[str, Any], key: str, rate: float) -> None:
    """Set a rate of a group, in its tensor if it is one."""
    if isinstance(group[key], Tensor):
        group[key].fill_(rate)
    else:
        group[key] = rate


class BaseRate(Optimizer):
    """An optimizer with one group that updates nothing."""

    def __init__(self, group: BaseGroup, defaults: dict[str, Any]) -> None:
        super().__init__([group], {key: defaults[key] for key in group.keys() & defaults.keys()})

    def step(self, closure: Any = None) -> None:  # type: ignore[override]  # there is no loss
        """Do nothing; schedulers check that this was called."""
