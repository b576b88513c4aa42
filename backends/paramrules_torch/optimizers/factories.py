"""Optimizers as `build` is given them: classes or functions, their arguments, and what they make."""

import inspect
from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor
from torch.optim import Optimizer
from torch.optim.optimizer import required

from paramrules.backends import Aliases, Bases, OptimizerSpec, a, instead_of_optimizer, is_of_another, unbound

Make = Callable[..., Optimizer]
"""Makes an optimizer of groups, and of arguments by name."""

ALIASES = Aliases(
    suggested={
        "b1": "betas",
        "b2": "betas",
        "beta1": "betas",
        "beta2": "betas",
        "beta": "momentum",
        "decay": "alpha",
        "learning_rate": "lr",
        "ns_coeffs": "ns_coefficients",
        "wd": "weight_decay",
    }
)
"""Names that other libraries have for the settings of torch's optimizers."""

_NAMES = "Adadelta Adafactor Adam AdamW Adamax ASGD Muon NAdam RAdam RMSprop Rprop SGD SparseAdam"
_WHOLE = frozenset(getattr(torch.optim, name, None) for name in _NAMES.split())
"""torch's optimizers whose constructors check parameters one by one and never look at groups.

Older versions of torch do not have all of them."""


class Factory:
    """One of the optimizers that `build` was given.

    Attributes:
        make: the class or function.
        cls: the class, if `make` is one or a `functools.partial` of one; else None.
        spec: the arguments that it takes.
        needs_lr: "call" if it cannot be called without `lr`, "groups" if groups with rates of their own are
            enough, "" if it has a default.
    """

    def __init__(self, name: str, make: Make) -> None:
        made = isinstance(make, Optimizer | torch.nn.Module)
        if made or not callable(make) or is_of_another(make, "torch"):
            raise TypeError(
                "`optimizer` should be a class such as `torch.optim.AdamW`, or a function that makes one of "
                f"groups, and not {instead_of_optimizer(make, _known())}"
            )
        inner, bound = unbound(make)
        self.make = make
        self.cls: type[Optimizer] | None = inner if isinstance(inner, type) else None
        parameters = list(inspect.signature(inner).parameters.values())
        takes = {p.name: p.default for p in parameters[1:] if p.kind not in (p.VAR_KEYWORD, p.VAR_POSITIONAL)}
        needs = {inspect.Parameter.empty: "call", required: "groups"}
        self.needs_lr = (
            "" if "lr" in bound else next((needs[d] for d in (takes.get("lr"),) if d in needs), "")
        )
        self.spec = OptimizerSpec(
            name,
            name or getattr(inner, "__name__", "the function that was passed"),
            tuple(takes),
            takes_any=any(p.kind == p.VAR_KEYWORD for p in parameters),
            bound=bound,
            lr=_number(takes.get("lr")),
            weight_decay=_number(takes.get("weight_decay")),
            aliases=ALIASES,
        )

    @property
    def rates(self) -> tuple[str, ...]:
        """The base rates that it may have: those of an optimizer's class are in its signature."""
        every = self.spec.takes_any or self.cls is None or not issubclass(self.cls, Optimizer)
        return tuple(key for key in Bases._fields if every or key in self.spec.keys)

    def takes(self, argument: str) -> bool:
        """Return whether it can be called with this argument and does not bind it."""
        spec = self.spec
        return argument not in spec.bound and (spec.takes_any or argument in spec.keys)

    def construct(self, groups: list[dict[str, Any]], arguments: Mapping[str, Any]) -> Optimizer:
        """Return the optimizer of these groups. Raise TypeError if it is none, or has other groups.

        torch's constructor compares each group that it adds with all earlier ones: 28 times through 45,000
        tensors in a large model. The optimizers that look at tensors alone get them all in one group, which
        is split afterwards.
        """
        if self.cls not in _WHOLE or len(groups) == 1:
            made = self.make(groups, **arguments)
            if not isinstance(made, Optimizer):
                what = type(made).__name__
                raise TypeError(
                    f"`{self.spec.called}` made {a(what)}, and should make a `torch.optim.Optimizer`"
                )
            if len(made.param_groups) != len(groups):
                there = len(made.param_groups)
                raise TypeError(
                    f"`{self.spec.called}` was given {len(groups)} groups and made an optimizer with {there}"
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


def _known() -> list[str]:
    return [f"torch.optim.{name}" for name in _NAMES.split()]


def _number(default: object) -> Any:
    """Return a default rate; None if the signature has none."""
    return default if isinstance(default, int | float | Tensor) else None
