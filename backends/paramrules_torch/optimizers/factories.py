"""Optimizers as they are handed to `build`: classes or functions, what they take, what they make."""

import inspect
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import torch
from torch import Tensor
from torch.optim import Optimizer

Make = Callable[..., Optimizer]
"""What makes an optimizer of groups, and of arguments by name."""

_NAMES = "Adadelta Adafactor Adam AdamW Adamax ASGD Muon NAdam RAdam RMSprop Rprop SGD SparseAdam"
_WHOLE = frozenset(getattr(torch.optim, name, None) for name in _NAMES.split())
"""torch's optimizers whose constructors look at parameters one by one, and at groups not at all.

Older versions of torch have not all of them."""


class Factory:
    """One of the optimizers that were handed over.

    Attributes:
        name: what rules call it; "" for the only one.
        make: the class or function.
        cls: the class where `make` is one, or a `functools.partial` of one; else None.
        bound: the arguments that a `functools.partial` binds.
    """

    def __init__(self, name: str, make: Make) -> None:
        if isinstance(make, Optimizer) or not callable(make):
            raise TypeError(
                "`optimizer` should be a class such as `torch.optim.AdamW`, or a function that makes one of "
                f"groups, and not a `{type(make).__name__}`"
            )
        self.name = name
        self.make = make
        inner = make.func if isinstance(make, partial) else make
        self.cls: type[Optimizer] | None = inner if isinstance(inner, type) else None
        self.bound: Mapping[str, Any] = make.keywords if isinstance(make, partial) else {}
        parameters = list(inspect.signature(make).parameters.values())
        self._takes = {
            p.name: p.default for p in parameters[1:] if p.kind not in (p.VAR_KEYWORD, p.VAR_POSITIONAL)
        }
        self._takes_any = any(p.kind == p.VAR_KEYWORD for p in parameters)

    @property
    def called(self) -> str:
        """Its name for messages."""
        return self.name or getattr(self.cls or self.make, "__name__", "the function that was given")

    @property
    def arguments(self) -> list[str]:
        """The arguments that it is known to take and are not bound."""
        return [name for name in self._takes if name not in self.bound]

    def takes(self, argument: str) -> bool:
        """Whether it can be called with this argument."""
        return argument not in self.bound and (self._takes_any or argument in self._takes)

    def base(self, rate: str, given: float | None) -> float | None:
        """Its base `lr` or `weight_decay`: the bound one, else the given one, else its own default."""
        if rate in self.bound or given is None:
            own = self._takes.get(rate)
            return own if isinstance(own, int | float | Tensor) else None  # type: ignore[return-value]
        return given

    def construct(self, groups: list[dict[str, Any]], arguments: Mapping[str, Any]) -> Optimizer:
        """The optimizer of these groups.

        torch's constructor looks through all earlier groups for each group that it adds, 28 times through
        45,000 tensors in a large model. Where that can make no difference, it gets all tensors in one
        group, which is taken apart afterwards.
        """
        if self.cls not in _WHOLE or len(groups) == 1:
            made = self.make(groups, **arguments)
            if not isinstance(made, Optimizer):
                what = type(made).__name__
                raise TypeError(f"`{self.called}` made a `{what}`, and should make a `torch.optim.Optimizer`")
            if len(made.param_groups) != len(groups):
                there = len(made.param_groups)
                raise TypeError(
                    f"`{self.called}` was given {len(groups)} groups, and made an optimizer with {there}"
                )
            return made
        made = self.make(
            [{"params": [tensor for group in groups for tensor in group["params"]]}], **arguments
        )
        (whole,) = made.param_groups
        made.param_groups[:] = [
            group | {k: v for k, v in whole.items() if k not in group} for group in groups
        ]
        return made
