"""Rules in trainers: their groups, their schedule, and resuming after the rules have changed.

Importing this imports no trainer.
"""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Literal

import torch
from torch import nn
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler

from paramrules.backends import AnyRules, unbound
from paramrules_torch.optimizers import build, scheduled
from paramrules_torch.optimizers.factories import Make
from paramrules_torch.resume import regroup_on_load
from paramrules_torch.resume.refusal import refuse


class TrainerMixin:
    """Rules for the `Trainer` of transformers, and for trainers derived from it, such as those of TRL.

    The optimizer is the one that `TrainingArguments` describe (`optim`, `learning_rate`, `weight_decay`,
    `adam_beta1`, ...), with the groups of the rules. Under every `lr_scheduler_type` the groups keep their
    ratios to the learning rate, and checkpoints resume under changed rules.

    Attributes:
        rules: as for `build`.
        named_optimizers: the optimizers that rules name, as for `build`; None stands for the optimizer of the
            training arguments, as in `{"muon": torch.optim.Muon, "default": None}`.
        build_with: further arguments of `build`, such as `{"options": {"rate": 0.7}}`.
        regroup_with: arguments of `regroup_on_load`, such as `{"missing": "fresh"}`.

    >>> class GPT2Trainer(TrainerMixin, Trainer):
    ...     rules = "gpt2.rules"
    """

    rules: AnyRules
    named_optimizers: Mapping[str, Make | None] = {}
    build_with: Mapping[str, Any] = {}
    regroup_with: Mapping[str, Any] = {}

    args: Any
    model: Any
    optimizer: Any
    lr_scheduler: Any
    optimizer_cls_and_kwargs: Any
    get_optimizer_cls_and_kwargs: Any

    def __init_subclass__(cls, **how: Any) -> None:
        super().__init_subclass__(**how)
        first = next(base for base in cls.__mro__ if "create_optimizer" in vars(base))
        if not issubclass(first, TrainerMixin):
            raise TypeError(
                f"`{first.__name__}` comes before the mixin and hides it: write "
                f"`class {cls.__name__}(TrainerMixin, {first.__name__})`"
            )

    def create_optimizer(self, model: nn.Module | None = None) -> Optimizer:
        """Create the optimizer, unless there is one already.

        The Trainer's own method runs, with a factory in place of the optimizer's class, so that its other
        steps stay, such as keeping embeddings out of 8-bit state.

        Raises:
            RulesError: what `build` raises; E661 if the training arguments choose an optimizer that makes
                groups of its own.
            TypeError: the class has no `rules`.
        """
        given = self.optimizer_cls_and_kwargs
        if self.optimizer is None:
            if not hasattr(self, "rules"):
                raise TypeError(
                    f'`{type(self).__name__}` has no rules: write `rules = "my.rules"` in the class'
                )
            whole = self.model if model is None else model
            make, arguments = given or self.get_optimizer_cls_and_kwargs(self.args, whole)
            self.optimizer_cls_and_kwargs = _Factory(make, self._build), arguments
        try:
            made: Optimizer = super().create_optimizer(model)  # type: ignore[misc]  # the Trainer's
        finally:
            self.optimizer_cls_and_kwargs = given
        return made

    def create_scheduler(self, num_training_steps: int, optimizer: Optimizer | None = None) -> Any:
        """Create the scheduler of the training arguments for the base rate, unless there is one already."""
        if self.lr_scheduler is None:
            create = super().create_scheduler  # type: ignore[misc]  # the Trainer's
            made = scheduled(
                self.optimizer if optimizer is None else optimizer,
                lambda base: create(num_training_steps, base),
            )
            # transformers' own GreedyLR has to be found by its class
            self.lr_scheduler = made if isinstance(made.inner, LRScheduler) else made.inner
        return self.lr_scheduler

    def _build(self, make: Any, model: nn.Module, arguments: Mapping[str, Any]) -> Optimizer:
        cls = unbound(make)[0]
        if not (isinstance(cls, type) and issubclass(cls, Optimizer)) or not _OWN_GROUPS.isdisjoint(
            arguments
        ):
            raise refuse(
                "E661",
                f"`{getattr(cls, '__name__', cls)}` makes groups of its own, which leaves none for the rules",
                "choose another `optim`, or name the optimizer's class in `named_optimizers`",
            )
        rates = {"lr": self.args.learning_rate, "weight_decay": self.args.weight_decay}
        rates |= {key: value for key, value in arguments.items() if key == "lr"}
        own = partial(make, **{key: value for key, value in arguments.items() if key not in rates})
        named = {name: one or own for name, one in self.named_optimizers.items()}
        made = build(model, self.rules, named or own, **{**rates, **self.build_with})
        return regroup_on_load(made, model, **self.regroup_with)


_OWN_GROUPS = frozenset(("params", "model", "optimizer_dict"))
"""The arguments with which transformers replaces the Trainer's groups for GaLore, APOLLO and LOMO."""


class _Factory:
    """A factory as the Trainer takes one. It looks for bitsandbytes in the text of it."""

    def __init__(self, make: Any, build: Callable[[Any, nn.Module, Mapping[str, Any]], Optimizer]) -> None:
        self.make = make
        self.build = build

    def __call__(self) -> Callable[..., Optimizer]:
        return lambda model, **arguments: self.build(self.make, model, arguments)

    def __repr__(self) -> str:
        return repr(self.make)


def lightning_optimizers(
    model: nn.Module,
    rules: AnyRules,
    optimizer: Make | Mapping[str, Make] = torch.optim.AdamW,
    *,
    schedule: Callable[[Optimizer], Any] | Mapping[str, Callable[[Optimizer], Any]] | None = None,
    interval: Literal["step", "epoch"] = "step",
    regroup_with: Mapping[str, Any] | None = None,
    **how: Any,
) -> dict[str, Any]:
    """Return what `configure_optimizers` of a `LightningModule` returns: optimizer and scheduler.

    Groups keep their ratios to the learning rate, and checkpoints resume under changed rules.

    Args:
        model, rules, optimizer: as for `build`. `model` is the module itself, or the part of it that the
            rules are for.
        schedule: makes the scheduler, as for `scheduled`.
        interval: when the scheduler steps.
        regroup_with: arguments of `regroup_on_load`, such as `{"missing": "fresh"}`.
        **how: further arguments of `build`.

    Raises what `build` and `scheduled` raise.

    >>> def configure_optimizers(self):
    ...     return lightning_optimizers(self, "vit.rules", lr=1e-3, schedule=lambda base: StepLR(base, 100))
    """
    made = regroup_on_load(build(model, rules, optimizer, **how), model, **regroup_with or {})
    if schedule is None:
        return {"optimizer": made}
    return {
        "optimizer": made,
        "lr_scheduler": {"scheduler": scheduled(made, schedule), "interval": interval},
    }
