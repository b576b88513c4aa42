"""The keys that a group of `build` has beside its settings, and which schedule it follows."""

from collections.abc import Mapping
from typing import Any

from paramrules.backends import DEFAULT, SCHEDULES, schedule_of

RATIO = "lr_ratio"
"""The ratio of a group's learning rate to the base rate."""

DECAY_RATIO = "weight_decay_ratio"
"""The ratio of its weight decay to the base decay."""

FIRST_DECAY = "initial_weight_decay"
"""Its weight decay before any schedule, as torch's schedulers keep `initial_lr`."""


def followed(group: Mapping[str, Any], rate: str = "lr") -> str:
    """Return the key of the schedule that a group follows.

    It is `default`, or a schedule's name. A named schedule replaces the base of the optimizer that takes the
    group, so among several optimizers each has its own: `late/muon`.
    """
    name = schedule_of(group, rate)
    return name if name == DEFAULT or "optimizer" not in group else f"{name}/{group['optimizer']}"


def own_base(optimizer: Any, group: Mapping[str, Any], rate: str) -> Any:
    """Return the base rate that a group's schedule replaces, or None.

    A group that names a schedule has the base rate of its own optimizer, any other that of the whole.
    """
    inside = getattr(optimizer, "optimizers", {})
    if SCHEDULES[rate] in group and group.get("optimizer") in inside:
        optimizer = inside[group["optimizer"]]
    return optimizer.defaults.get(rate)
