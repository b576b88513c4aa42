"""Rates, norms, update ratios and bytes of state of an optimizer's groups."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.optim import Optimizer

from paramrules.backends import GroupStats, a, group_rows, row_metrics
from paramrules_torch.norms import Norms, Part, part


def rates(optimizer: Optimizer) -> dict[str, float]:
    """Return the learning rate of each group under the name by which loggers keep it.

    Args:
        optimizer: an optimizer of `build`, or any other; it may be in the wrapper of a trainer.

    Raises:
        TypeError: it is no optimizer.

    >>> rates(optimizer)
    {'lr/no_decay': 0.001, 'lr/decay': 0.001}
    """
    if not hasattr(optimizer, "param_groups"):
        raise _refused(optimizer)
    groups = enumerate(optimizer.param_groups)
    return row_metrics(group_rows(GroupStats(_label(group, n), _number(group["lr"])) for n, group in groups))


def _refused(given: object) -> TypeError:
    return TypeError(f"`optimizer` is {a(type(given).__name__)}, and should be what `build` returns")


_Call = tuple[tuple[Any, ...], dict[str, Any]]
"""The arguments of a step."""


class GroupMonitor:
    """Measure what an optimizer does to each group, at every so many of its steps.

    It hooks into `optimizer.step`. Between the hooks of a measured step it holds a copy of the optimizer's
    parameters; other steps cost nothing. Nothing is read back from a device until `rows` is called.

    Args:
        optimizer: an optimizer of `build`, a `MultiOptimizer` included, or any other; it may be in the
            wrapper of a trainer (Accelerate's, Lightning's).
        every: measure the first step, and each `every`-th after it.
        updates: False to leave out `update_norm` and `update_ratio`, and with them the copy.

    Attributes:
        step: the number of the last measured step, counted from 1 since the monitor was made; 0 before any.

    Raises:
        TypeError: `optimizer` is not a torch optimizer.
        ValueError: `every` is not a number of steps.

    >>> monitor = paramrules_torch.GroupMonitor(optimizer, every=10)
    >>> optimizer.step()
    >>> monitor.rows()[0]["update_ratio"]
    0.0009
    >>> monitor.metrics()
    {'lr/decay': 0.001, 'grad_norm/decay': 0.21, ...}
    """

    def __init__(self, optimizer: Optimizer, every: int = 10, *, updates: bool = True) -> None:
        if not isinstance(optimizer, Optimizer):
            raise _refused(optimizer)
        if not isinstance(every, int) or every < 1:
            raise ValueError(f"`every` is {every!r} and should be a number of steps, such as 100")
        self.optimizer = _unwrapped(optimizer)
        self.every = every
        self.updates = updates
        self.step = 0
        self._taken = 0
        self._measured: _Step | None = None
        self._open: _Step | None = None
        self._hooks = [
            self.optimizer.register_step_pre_hook(self._before),
            self.optimizer.register_step_post_hook(self._after),
        ]

    def rows(self) -> list[dict[str, Any]]:
        """Return a row of plain values for each group at the last measured step; [] before any.

        The keys are `label`, `lr`, `weight_decay`, `tensors`, `parameters`, `grad_norm`, `weight_norm`,
        `update_norm`, `update_ratio` and `state_bytes`. A DTensor counts as the whole tensor, but in
        `state_bytes`, which is what this process holds.
        """
        return group_rows(self._measured.stats(self.optimizer)) if self._measured else []

    def metrics(self) -> dict[str, float]:
        """Return the values of `rows` under the names by which loggers keep them: `grad_norm/decay`."""
        return row_metrics(self.rows())

    def close(self) -> None:
        """Stop measuring. The last rows stay."""
        for hook in self._hooks:
            hook.remove()
        self._open = None

    @torch.no_grad()
    def _before(self, optimizer: Optimizer, args: tuple[Any, ...], kwargs: dict[str, Any]) -> _Call | None:
        self._open = None  # that of a step that failed
        self._taken += 1
        if (self._taken - 1) % self.every:
            return None
        self._open = now = _Step(
            [_Group(group, number) for number, group in enumerate(optimizer.param_groups)]
        )
        parts = [part(tensor) for tensor in now.tensors()]
        now.weights = Norms(parts)
        if self.updates:
            now.copies = [one._replace(local=one.local.clone()) for one in parts]
        closure = args[1] if args[1:] else kwargs.get("closure")
        if not callable(closure):
            now.gradients = _gradients(optimizer, now.tensors())
            return None

        def measured() -> Any:
            loss = closure()
            with torch.no_grad():  # here, because SGD with foreach and nesterov changes gradients in its step
                now.gradients = _gradients(optimizer, now.tensors())
            return loss

        if args[1:]:
            return (args[0], measured, *args[2:]), kwargs
        return args, kwargs | {"closure": measured}

    @torch.no_grad()
    def _after(self, optimizer: Optimizer, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        if (now := self._open) is None:
            return
        self._open = None
        if now.copies:
            for old, tensor in zip(now.copies, now.tensors(), strict=True):
                old.local.sub_(part(tensor).local)
            now.updates, now.copies = Norms(now.copies), []
        self.step, self._measured = self._taken, now


class _Group:
    """A group at a step: its label, rates and parameters."""

    def __init__(self, group: Mapping[str, Any], number: int) -> None:
        self.label = _label(group, number)
        self.rates = [_kept(group.get(key)) for key in ("lr", "weight_decay")]
        self.tensors: list[Tensor] = list(group["params"])


@dataclass
class _Step:
    """Measurements of a step. `copies` are the parameters before it."""

    groups: list[_Group]
    gradients: Norms | None = None
    weights: Norms | None = None
    updates: Norms | None = None
    copies: Sequence[Part] = ()

    def tensors(self) -> list[Tensor]:
        return [tensor for group in self.groups for tensor in group.tensors]

    def stats(self, optimizer: Optimizer) -> Iterator[GroupStats]:
        """Yield what was measured of each group, as numbers."""
        read = {
            key: iter(norms.read())
            for key in ("gradients", "weights", "updates")
            if (norms := getattr(self, key)) is not None
        }
        seen: set[int] = set()
        for group in self.groups:
            lr, decay = map(_number, group.rates)
            elements = sum(tensor.numel() for tensor in group.tensors)
            size = sum(_bytes(optimizer.state.get(tensor), seen) for tensor in group.tensors)
            squares = {key: _total([next(norms) for _ in group.tensors]) for key, norms in read.items()}
            yield GroupStats(
                group.label, lr, decay, len(group.tensors), elements, state_bytes=size, **squares
            )


def _gradients(optimizer: Optimizer, tensors: Sequence[Tensor]) -> Norms:
    """Return the norms of gradients. A `GradScaler` leaves it to a fused optimizer to unscale them."""
    gradients = [None if tensor.grad is None else part(tensor.grad) for tensor in tensors]
    return Norms(gradients, getattr(optimizer, "grad_scale", None))


def _total(norms: Sequence[float | None]) -> float | None:
    """Return the sum of the squares of the norms that are there; None without any."""
    there = [norm for norm in norms if norm is not None]
    return sum(norm * norm for norm in there) if there else None


def _bytes(state: Any, seen: set[int]) -> int:
    """Return the size of all tensors in a parameter's state, but for those that were seen before."""
    if isinstance(state, Tensor):
        if id(state) in seen:
            return 0
        seen.add(id(state))
        local = part(state).local
        return local.numel() * local.element_size()
    if isinstance(state, Mapping):
        return sum(_bytes(value, seen) for value in state.values())
    return sum(_bytes(value, seen) for value in state) if isinstance(state, list | tuple) else 0


def _label(group: Mapping[str, Any], number: int) -> str:
    return str(group.get("label") or group.get("name") or f"param_groups[{number}]")


def _kept(rate: Any) -> Any:
    """Return a rate as it is now: a scheduler fills a tensor in place."""
    return rate.clone() if isinstance(rate, Tensor) else rate


def _number(rate: Any) -> float | None:
    return None if rate is None else float(rate)


def _unwrapped(optimizer: Optimizer) -> Optimizer:
    """Return the optimizer in the wrappers of trainers."""
    while isinstance(inner := getattr(optimizer, "optimizer", None), Optimizer):
        optimizer = inner
    return optimizer
