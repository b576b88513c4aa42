"""A hook that warns once if a scheduler changes the ratios of the groups' learning rates."""

from typing import Any

from torch import Tensor
from torch.optim import Optimizer

from paramrules.backends import Diagnostic, warn
from paramrules_torch.optimizers.group_keys import RATIO, followed


def watch(optimizer: Optimizer) -> None:
    """Make an optimizer warn (W616) at the first step at which a scheduler has changed its groups' ratios.

    Rates set by hand are the user's, and reading a tensor may wait for a device: both are left alone. A check
    of 28 groups takes a few microseconds.
    """
    if len({group.get(RATIO) for group in optimizer.param_groups}) > 1:
        optimizer.register_step_pre_hook(_Watch())


class _Watch:
    """The hook. It holds no optimizer; like all hooks, it is not copied with one."""

    def __init__(self) -> None:
        self.warned = False

    def __call__(self, optimizer: Optimizer, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        if self.warned or "initial_lr" not in optimizer.param_groups[0]:
            return  # no scheduler has been here
        firsts: dict[str, tuple[dict[str, Any], float]] = {}
        for group in optimizer.param_groups:
            ratio, rate = group.get(RATIO), group["lr"]
            if not ratio or isinstance(rate, Tensor):
                continue
            first, base = firsts.setdefault(followed(group), (group, rate / ratio))
            if abs(rate / ratio - base) > 1e-6 * abs(base):
                self.warned = True
                warn([_apart(first, group)], stacklevel=4)
                return


def _apart(first: dict[str, Any], other: dict[str, Any]) -> Diagnostic:
    should = other[RATIO] / first[RATIO]
    has = other["lr"] / first["lr"] if first["lr"] else float("inf")
    return Diagnostic(
        "W616",
        "a scheduler has changed the ratios of learning rates: "
        f"the rate of `{other['label']}` should be {should:.6g} times the rate of `{first['label']}`, "
        f"and is {has:.6g} times as large",
        help="let it schedule the base rate: `paramrules_torch.scheduled(optimizer, lambda base: ...)`",
    )
