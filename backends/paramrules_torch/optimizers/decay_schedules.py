"""Weight decay by the step: every group keeps its ratio to the decay that its schedule gives."""

from collections.abc import Callable, Mapping
from typing import Any

from torch.optim import Optimizer

from paramrules.backends import schedule_of
from paramrules_torch.optimizers.base_rate import set_rate
from paramrules_torch.optimizers.group_keys import DECAY_RATIO, own_base
from paramrules_torch.optimizers.group_ratios import GroupRatios

DecaySchedule = Callable[[int], float] | float
"""The base decay at a step, counted from 0; or one for all steps."""


class DecaySchedules:
    """The schedules of an optimizer's weight decay, by name.

    Attributes:
        step: the steps that have been taken.
    """

    def __init__(self, optimizer: Optimizer, schedules: Mapping[str, DecaySchedule]) -> None:
        self.optimizer = optimizer
        self.schedules = dict(schedules)
        self._ratios = GroupRatios()
        self.step = 0
        self.apply()

    def advance(self) -> None:
        """Set the decay of the next step."""
        self.step += 1
        self.apply()

    def apply(self) -> None:
        """Set the decay of this step."""
        groups = self.optimizer.param_groups
        ratios = self._ratios.of(
            groups, lambda group: _ratio(self.optimizer, group) if "weight_decay" in group else None
        )
        values: dict[str, float] = {}
        for group, ratio in zip(groups, ratios, strict=True):
            if not ratio:
                continue  # no decay under any schedule
            name = schedule_of(group, "weight_decay")
            if name not in values:
                schedule = self.schedules[name]
                values[name] = float(schedule(self.step) if callable(schedule) else schedule)
            set_rate(group, "weight_decay", values[name] * ratio)
            if DECAY_RATIO in group:
                group[DECAY_RATIO] = ratio  # as for learning rates, whatever has been loaded


def _ratio(optimizer: Optimizer, group: Mapping[str, Any]) -> float:
    """Return the ratio of a group's decay to the base; of one that `build` did not make, as it is now."""
    if DECAY_RATIO in group:
        return float(group[DECAY_RATIO])
    decay = float(group["weight_decay"])
    base = own_base(optimizer, group, "weight_decay")
    if not decay:
        return 0.0
    if not base:
        raise ValueError(
            f"the base decay is {base!r}, and a group decays by {decay!r}: a ratio needs a base above zero, "
            "as in `build(..., weight_decay=0.05)`"
        )
    return decay / float(base)
