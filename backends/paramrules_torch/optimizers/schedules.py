"""Schedule the base rate and the base decay; every group keeps its ratio to them."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, Never

from torch import Tensor
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler, ReduceLROnPlateau

from paramrules.backends import (
    DEFAULT,
    SCHEDULES,
    RulesError,
    a,
    by_schedule,
    class_name,
    schedule_of,
    unknown_schedules,
    unused_schedules,
    warn,
)
from paramrules_torch.living import schedules_in_rules
from paramrules_torch.optimizers.base_rate import BaseGroup, BaseRate
from paramrules_torch.optimizers.decay_schedules import DecaySchedule, DecaySchedules
from paramrules_torch.optimizers.group_keys import followed, own_base

Make = Callable[[Optimizer], Any]
"""Takes an optimizer and returns a scheduler of it."""


def scheduled(
    optimizer: Optimizer,
    make_scheduler: Make | Mapping[str, Make],
    *,
    lr: float | None = None,
    weight_decay: DecaySchedule | Mapping[str, DecaySchedule] | None = None,
    **unknown: Never,
) -> "Scheduled":
    """Return a scheduler that keeps each group's learning rate at exactly its ratio to the base rate.

    Schedulers with a rate of their own (`OneCycleLR`, `CyclicLR`, `SWALR`, anything with `eta_min` or
    `min_lr`) set it in every group, whatever the group's scale, and under those that multiply the last rate
    the groups drift apart by rounding. Here the scheduler sees an optimizer with one group, which has the
    base rate; each rate that it sets there is multiplied by each group's `lr_ratio`. A momentum that it sets
    is the same for all groups: `momentum`, or the first of `betas`.

    Args:
        optimizer: an optimizer, as `build` returns it, in a wrapper of Accelerate's or Fabric's or not.
        make_scheduler: takes an optimizer and returns a scheduler of it: torch's, transformers', timm's or
            yours. If rules set `schedule = "late"`, a mapping of these names to such; groups that name none
            follow the entry `default`. A named schedule starts from the base rate of the optimizer that
            takes the group.
        lr: the base rate; needed for an optimizer that `build` did not make.
        weight_decay: the base weight decay at each step, as a function of the number of steps taken; or, if
            rules set `weight_decay_schedule = "cosine"`, a mapping of names to such functions, or to numbers
            for a decay that stays. Each group gets it times its `weight_decay_ratio`.

    Returns:
        A scheduler of `optimizer`, with the methods and attributes of the one that was made, or of the
        `default` one. Each call of `step` steps them all.

    Raises:
        RulesError: E644 if a group names a schedule that is not there.
        TypeError: `optimizer` is not one; `make_scheduler` is something other than a function or functions by
            name, or makes something other than a scheduler; `weight_decay` is something other than a function
            or numbers and functions by name.
        ValueError: a base rate is not a number above zero; there is no base decay for a ratio.

    Warns:
        RulesWarning: W641 for a schedule that no rule names.

    >>> scheduler = paramrules_torch.scheduled(
    ...     optimizer, lambda base: torch.optim.lr_scheduler.OneCycleLR(base, max_lr=1e-3, total_steps=100)
    ... )
    >>> scheduler.step()
    """
    _check_optimizer(optimizer)
    _check_makers(make_scheduler, unknown)
    _check_decay(weight_decay)
    optimizer = _innermost(optimizer)
    given = {"lr": make_scheduler, "weight_decay": weight_decay}
    wrong = []
    for rate, passed in given.items():
        wrong += unknown_schedules(rate, _asked(optimizer, rate, passed), passed)
    if wrong:
        raise RulesError(wrong)
    for rate, key in SCHEDULES.items():
        warn(unused_schedules(rate, schedules_in_rules(optimizer, key), given[rate]), stacklevel=2)
    made = Scheduled(optimizer, by_schedule(make_scheduler), lr, by_schedule(weight_decay))
    if isinstance(made.inner, ReduceLROnPlateau):
        made.__class__ = ScheduledPlateau
    return made


def _innermost(optimizer: Optimizer) -> Optimizer:
    """Return the optimizer inside of the wrappers of Accelerate and Fabric."""
    inner = getattr(optimizer, "optimizer", None)
    if isinstance(inner, Optimizer) and inner.param_groups is optimizer.param_groups:
        return _innermost(inner)
    return optimizer


def _asked(optimizer: Optimizer, rate: str, given: object) -> dict[str, str]:
    """Return the schedule that each group asks for, by its label.

    A group without decay asks for none, and without any schedules of decay only those that name one do.
    """
    wanted = {}
    for number, group in enumerate(optimizer.param_groups):
        named = SCHEDULES[rate] in group
        if named or rate == "lr" or (given is not None and group.get("weight_decay")):
            wanted[group.get("label", f"param_groups[{number}]")] = schedule_of(group, rate)
    return wanted


def _check_optimizer(optimizer: object) -> None:
    if not isinstance(optimizer, Optimizer):
        cls = type(optimizer)
        raise TypeError(
            f"`optimizer` is {a(class_name(cls))}, not a `torch.optim.Optimizer`: write "
            "`scheduled(optimizer, lambda base: ...)`"
        )


def _check_makers(given: object, unknown: Mapping[str, object]) -> None:
    if unknown:
        arguments = ", ".join(f"{name}={value!r:.40}" for name, value in unknown.items())
        called = getattr(given, "__name__", "...")
        raise TypeError(
            f"`scheduled` takes no argument `{next(iter(unknown))}`: bind arguments of a scheduler, "
            f"as in `lambda base: {called}(base, {arguments})`"
        )
    for name, make in by_schedule(given).items():
        if not callable(make):
            where = f"under `{name}` " if isinstance(given, Mapping) else ""
            raise TypeError(
                f"`make_scheduler` is {given!r:.60} and {where}should be a function that makes a scheduler: "
                "`lambda base: CosineAnnealingLR(base, 100)`"
            )


def _check_decay(weight_decay: object) -> None:
    wrong: Any = None
    if isinstance(weight_decay, Mapping):
        wrong = next((f"under `{k}` " for k, v in weight_decay.items() if not _is_decay(v)), None)
    elif weight_decay is not None and not callable(weight_decay):
        wrong = ""
    if wrong is not None:
        raise TypeError(
            f"`weight_decay` is {weight_decay!r:.60} and {wrong}should be a function of the step: "
            "`weight_decay=lambda step: ...`; a decay that stays is an argument of `build`"
        )


def _is_decay(value: object) -> bool:
    return callable(value) or (isinstance(value, int | float) and not isinstance(value, bool))


class _Part(NamedTuple):
    """A scheduler, and the base rate that it sees."""

    scheduler: Any
    group: BaseGroup
    proxy: BaseRate

    def state(self) -> dict[str, Any]:
        """Return the scheduler's state, and the group with the base rate that it works on."""
        base = {key: value for key, value in self.group.items() if key != "params"}
        return {"base": base, "scheduler": self.scheduler.state_dict()}

    def load(self, state: Mapping[str, Any]) -> None:
        """Load what `state` returned, and set the rates of the groups that follow."""
        self.scheduler.load_state_dict(state["scheduler"])
        self.group.update(state["base"])  # not for the real groups, unlike what a scheduler sets
        self.group["lr"] = state["base"]["lr"]


class Scheduled(LRScheduler):
    """A scheduler of a whole optimizer around schedulers of the base rate, as `scheduled` returns it.

    Attributes:
        optimizer: the whole optimizer.
        inner: the scheduler of the base rate: the `default` one.
        schedulers: all of them, by name; among several optimizers, as `late/muon`.
    """

    def __init__(
        self,
        optimizer: Optimizer,
        makers: Mapping[str, Make],
        lr: float | None,
        decays: Mapping[str, DecaySchedule],
    ) -> None:
        # LRScheduler's constructor is not called: it would set rates by a `get_lr` that does not exist.
        self.optimizer = optimizer
        self._parts: dict[str, _Part] = {}
        first: dict[str, dict[str, Any]] = {DEFAULT: {}} if DEFAULT in makers else {}
        for key, group in (first | {followed(group): group for group in optimizer.param_groups}).items():
            base = _base(optimizer, group, lr)
            seen = BaseGroup(optimizer, base, key)
            proxy = BaseRate(seen, optimizer.defaults)
            self._parts[key] = _Part(_made(makers[schedule_of(group, "lr")], proxy), seen, proxy)
        self.schedulers = {key: part.scheduler for key, part in self._parts.items()}
        self.inner = next(iter(self.schedulers.values()))
        self._decays = DecaySchedules(optimizer, decays) if decays else None

    def __getattr__(self, name: str) -> Any:
        if name == "inner":  # not set yet, while a copy is being made
            raise AttributeError(name)
        return getattr(self.inner, name)

    def step(self, *args: Any, **kwargs: Any) -> None:
        """Step all schedulers, with their own arguments, and the decay."""
        for part in self._parts.values():
            part.proxy.step()  # schedulers warn if their optimizer has not stepped before them
            part.scheduler.step(*args, **kwargs)
        if self._decays:
            self._decays.advance()

    def get_last_lr(self) -> list[float | Tensor]:
        """Return the learning rate of each group of the whole optimizer."""
        return [group["lr"] for group in self.optimizer.param_groups]

    get_lr = get_last_lr

    def state_dict(self) -> dict[str, Any]:
        """Return the state of the scheduler and its base rate; of others by name; and the decay's step."""
        first, *others = self._parts
        state = self._parts[first].state()
        if others:
            state["others"] = {key: self._parts[key].state() for key in others}
        if self._decays:
            state["decay"] = {"step": self._decays.step}
        return state

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Load what `state_dict` returned, and set the rates and decays of the optimizer's groups to match.

        Schedules that the state lacks stay where they are; without a step for the decay, it is the base
        rate's. The state of a scheduler that saw all groups has a rate for each of them: of it only
        `last_epoch` counts, and the steps up to there are repeated.

        Raises ValueError for a state without steps that can be repeated.
        """
        if "base" not in state_dict:
            self._repeat(state_dict)
            return
        first, *others = self._parts
        self._parts[first].load(state_dict)
        for key in others:
            if key in state_dict.get("others", {}):
                self._parts[key].load(state_dict["others"][key])
        if self._decays:
            reached = getattr(self.inner, "last_epoch", self._decays.step)
            self._decays.step = state_dict.get("decay", {"step": reached})["step"]
            self._decays.apply()

    def _repeat(self, state: Mapping[str, Any]) -> None:
        """Step to where a scheduler of all groups was."""
        if isinstance(self.inner, ReduceLROnPlateau) or "last_epoch" not in state:
            raise ValueError(
                f"{a(type(self.inner).__name__)} can only load what `scheduled` saved: "
                "its steps cannot be repeated from the state of one that saw all groups"
            )
        while self.inner.last_epoch < state["last_epoch"]:
            self.step()


class ScheduledPlateau(Scheduled, ReduceLROnPlateau):
    """Trainers look for this class, to call `step` with a metric after each evaluation."""


def _made(make: Make, proxy: BaseRate) -> Any:
    """Return the scheduler of a base rate. Raise TypeError for what does not step."""
    try:
        scheduler = make(proxy)
    except TypeError as error:
        if isinstance(make, type):
            called = f"`lambda base: {make.__name__}(base, ...)`"
            error.add_note(f"`{make.__name__}` was called with an optimizer alone: write {called}")
        raise
    if not hasattr(scheduler, "step"):
        raise TypeError(
            f"`make_scheduler` made {a(type(scheduler).__name__)} and should make a scheduler: "
            "`lambda base: CosineAnnealingLR(base, 100)`"
        )
    return scheduler


def _base(optimizer: Optimizer, group: Mapping[str, Any], lr: float | None) -> float:
    """Return the base rate of the schedule that a group follows. Raise ValueError if it has none."""
    base = own_base(optimizer, group, "lr")
    if lr is not None and base is optimizer.defaults.get("lr"):
        base = lr
    if not isinstance(base, Tensor | int | float) or not float(base) > 0:
        raise ValueError(f"the base rate is {base!r} and should be a number above zero: pass it as `lr=...`")
    return float(base)
