"""Schedule the base rate; every group keeps its ratio to it."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler

from paramrules_torch.optimizers.ratio_watch import RATIO


def scheduled(
    optimizer: Optimizer, make_scheduler: Callable[[Optimizer], Any], *, lr: float | None = None
) -> "Scheduled":
    """Return a scheduler that keeps each group's learning rate at exactly its ratio to the base rate.

    Schedulers with a rate of their own (`OneCycleLR`, `CyclicLR`, `SWALR`, anything with `eta_min` or
    `min_lr`) set it in every group, whatever the group's scale, and under those that multiply the last rate
    the groups drift apart by rounding. Here the scheduler sees an optimizer with one group, which has the
    base rate; each rate that it sets there is multiplied by each group's `lr_ratio`. A momentum that it sets
    is the same for all groups: `momentum`, or the first of `betas`.

    Args:
        optimizer: an optimizer, as `build` returns it.
        make_scheduler: takes an optimizer and returns a scheduler of it: torch's, transformers', timm's or
            yours.
        lr: the base rate; needed for an optimizer that `build` did not make.

    Returns:
        A scheduler of `optimizer`, with the methods and attributes of the one that was made.

    Raises:
        ValueError: the base rate is not a number above zero.

    >>> scheduler = paramrules_torch.scheduled(
    ...     optimizer, lambda base: torch.optim.lr_scheduler.OneCycleLR(base, max_lr=1e-3, total_steps=100)
    ... )
    >>> scheduler.step()
    """
    base = optimizer.defaults.get("lr") if lr is None else lr
    if not isinstance(base, Tensor | int | float) or not float(base) > 0:
        raise ValueError(f"the base rate is {base!r} and should be a number above zero: pass it as `lr=...`")
    return Scheduled(optimizer, make_scheduler, float(base))


class Scheduled(LRScheduler):
    """A scheduler of a whole optimizer around a scheduler of the base rate, as `scheduled` returns it.

    Attributes:
        optimizer: the whole optimizer.
        inner: the scheduler of the base rate.
    """

    def __init__(self, optimizer: Optimizer, make_scheduler: Callable[[Optimizer], Any], base: float) -> None:
        # LRScheduler's constructor is not called: it would set rates by a `get_lr` that does not exist.
        self.optimizer = optimizer
        self._group = _BaseGroup(optimizer, base)
        self._proxy = _BaseRate(self._group, optimizer.defaults)
        self.inner = make_scheduler(self._proxy)

    def __getattr__(self, name: str) -> Any:
        if name == "inner":  # not set yet, while a copy is being made
            raise AttributeError(name)
        return getattr(self.inner, name)

    def step(self, *args: Any, **kwargs: Any) -> None:
        """Step the scheduler, with its own arguments."""
        self._proxy.step()  # schedulers warn if their optimizer has not stepped before them
        self.inner.step(*args, **kwargs)

    def get_last_lr(self) -> list[float | Tensor]:
        """Return the learning rate of each group of the whole optimizer."""
        return [group["lr"] for group in self.optimizer.param_groups]

    get_lr = get_last_lr

    def state_dict(self) -> dict[str, Any]:
        """Return the scheduler's state, and the group with the base rate that it works on."""
        base = {key: value for key, value in self._group.items() if key != "params"}
        return {"base": base, "scheduler": self.inner.state_dict()}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Load what `state_dict` returned, and set the rates of the optimizer's groups to match."""
        self.inner.load_state_dict(state_dict["scheduler"])
        self._group.update(state_dict["base"])  # not for the real groups, unlike what a scheduler sets
        self._group["lr"] = state_dict["base"]["lr"]


class _BaseGroup(dict[str, Any]):
    """The one group that a scheduler of the base rate sees. A rate set here is set in the real groups."""

    def __init__(self, optimizer: Optimizer, base: float) -> None:
        super().__init__(params=[torch.zeros(1)], lr=base)
        self.optimizer = optimizer
        self.base = base
        self.ratios: list[float] = []
        self._see_groups()
        for key in ("momentum", "betas"):
            if key in optimizer.defaults:
                super().__setitem__(key, optimizer.defaults[key])

    def _see_groups(self) -> None:
        """Record the ratios of new groups; a group keeps the ratio that it has when it is first seen."""
        for group in self.optimizer.param_groups[len(self.ratios) :]:
            self.ratios.append(group.get(RATIO, float(group["lr"]) / (self["lr"] or self.base)))

    def __setitem__(self, key: str, value: Any) -> None:
        self._see_groups()
        super().__setitem__(key, value)
        if key == "lr":
            for group, ratio in zip(self.optimizer.param_groups, self.ratios, strict=True):
                _set_rate(group, float(value) * ratio)
                if RATIO in group:
                    group[RATIO] = ratio  # loading a state saved under other rules may have changed it
        elif key in ("momentum", "betas"):
            momentum = value[0] if key == "betas" else value
            for group in self.optimizer.param_groups:
                if "betas" in group:
                    group["betas"] = (momentum, *group["betas"][1:])
                elif "momentum" in group:
                    group["momentum"] = momentum


def _set_rate(group: dict[str, Any], rate: float) -> None:
    if isinstance(group["lr"], Tensor):
        group["lr"].fill_(rate)
    else:
        group["lr"] = rate


class _BaseRate(Optimizer):
    """An optimizer with one group that updates nothing."""

    def __init__(self, group: _BaseGroup, defaults: dict[str, Any]) -> None:
        super().__init__([group], {key: defaults[key] for key in group.keys() & defaults.keys()})

    def step(self, closure: Any = None) -> None:  # type: ignore[override]
        """Do nothing; schedulers check that this was called."""
