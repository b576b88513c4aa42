"""The ratio of a group's learning rate to the base rate: what it should be, and a look at whether it is."""

import warnings
from typing import Any

from torch import Tensor
from torch.optim import Optimizer

from paramrules.assignment import Group
from paramrules.diagnostics import Diagnostic, RulesWarning, render

RATIO = "lr_ratio"
"""The key of a group that holds it."""


def ratio_of(group: Group, own_base: float | None, base: float | None) -> float | None:
    """A group's learning rate over the base one: `lr_scale`, times its own rate over the base if it has one.

    None where there is no base rate that it could be compared with.
    """
    scale = float(group.settings.get("lr_scale", 1.0))
    own = group.settings.get("lr", own_base)
    if own is None or base is None:
        return None
    if own is base:
        return scale
    return scale * float(own) / float(base) if float(base) else None


def watch(optimizer: Optimizer) -> None:
    """Lets an optimizer warn once where a scheduler has changed its groups' ratios: W616.

    A rate that is set by hand is the user's, and one that is a tensor may be on a device: neither is looked
    at. With 28 groups a look takes some microseconds.
    """
    if len({group.get(RATIO) for group in optimizer.param_groups}) > 1:
        optimizer.register_step_pre_hook(_Look())


class _Look:
    """The hook. It holds no optimizer, and is gone from copies as all hooks are."""

    def __init__(self) -> None:
        self.told = False

    def __call__(self, optimizer: Optimizer, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        if self.told or "initial_lr" not in optimizer.param_groups[0]:
            return  # nothing that schedulers leave in groups
        first: dict[str, Any] | None = None
        base = 0.0
        for group in optimizer.param_groups:
            ratio, rate = group.get(RATIO), group["lr"]
            if not ratio or isinstance(rate, Tensor):
                continue
            if first is None:
                first, base = group, rate / ratio
            elif abs(rate / ratio - base) > 1e-6 * abs(base):
                self.told = True
                warnings.warn("\n" + render(_apart(first, group)), RulesWarning, stacklevel=4)
                return


def _apart(first: dict[str, Any], other: dict[str, Any]) -> Diagnostic:
    should = other[RATIO] / first[RATIO]
    has = other["lr"] / first["lr"] if first["lr"] else float("inf")
    return Diagnostic(
        "W616",
        "a scheduler has changed the ratios of learning rates: "
        f"that of the group `{other['label']}` should be {should:.6g} times that of `{first['label']}`, "
        f"and is {has:.6g} times that",
        help="let it schedule the base rate: `paramrules_torch.scheduled(optimizer, lambda base: ...)`",
    )
