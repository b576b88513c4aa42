"""Rules bound to a `torch.nn.Module`: what every emitter of this backend starts from."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from torch import Tensor, nn

from paramrules.backends import (
    AnyRules,
    Bound,
    Inventory,
    Options,
    RoutedGroup,
    VocabularyLike,
    bind,
    check_choice,
    check_rate,
    freezes_trained,
    warn,
)
from paramrules_torch import freezing, living
from paramrules_torch.inventory import Described, describe
from paramrules_torch.named_tensors import Parameters, check_trainable

KEEP_INSTEAD: Mapping[str, str] = {"lr": ', or `lr_scale="keep"` if a scheduler multiplies it in'}
"""Another way out for who has an `lr_scale` and no base learning rate."""


class BoundModel(NamedTuple):
    """Bound rules with the model's tensors and their names in torch, one item per parameter.

    `frozen_before` holds the ids of the parameters that rules had frozen.
    """

    bound: Bound
    model: Parameters
    tensors: Sequence[Tensor]
    raw: Sequence[str]
    frozen_before: frozenset[int]

    def group(
        self, label: str, settings: Mapping[str, Any], numbers: Sequence[int], *, plain: bool = False
    ) -> dict[str, Any]:
        """Return a group as `torch.optim` takes it; a plain one holds `params` and settings alone.

        Loggers call a group by its `name`: the label, unless the rules say otherwise.
        """
        tensors, raw = self.tensors, self.raw
        params = [tensors[n] for n in numbers]
        if plain:
            return {"params": params, **settings}
        names = [raw[n] for n in numbers]
        return {"params": params, "param_names": names, "label": label, "name": label, **settings}

    def check_trainable(self) -> None:
        """Raise RulesError (E547, E548) for a mapping of tensors that no optimizer can train."""
        if not isinstance(self.model, nn.Module):
            inventory = self.bound.inventory
            check_trainable(inventory.names, self.tensors, inventory.column("trainable"))

    def freeze(self, stacklevel: int) -> None:
        """Freeze what the rules freeze, and unfreeze what earlier rules froze and these neither freeze nor
        skip.

        Warn (W643) if an optimizer that `build` made before trains what is frozen now. `stacklevel` is the
        frame that the warning points at; 1 is the caller of this function.
        """
        frozen, skipped = (
            {id(self.tensors[number]): number for number in numbers}
            for numbers in (self.bound.frozen(), self.bound.skipped())
        )
        if not frozen and not self.frozen_before:
            return
        stopped = [number for number in frozen.values() if self.tensors[number].requires_grad]
        freezing.freeze(self.model, self.tensors, frozen, skipped)
        training = living.training({id(self.tensors[number]) for number in stopped}) if stopped else {}
        if training:
            lost = [number for number in stopped if id(self.tensors[number]) in training]
            warn(
                [freezes_trained(self.bound, lost, training[id(self.tensors[lost[0]])])],
                allows=self.bound.assignment.rules.allows,
                stacklevel=stacklevel + 1,
            )


def bind_model(
    model: Parameters,
    rules: AnyRules,
    options: Options,
    strict: bool,
    part: bool,
    vocabulary: VocabularyLike | None,
    stacklevel: int,
) -> BoundModel:
    """Hold rules against a model. Raise and warn as `paramrules.emission.bind`, whose arguments these are."""
    held: list[Described] = []

    def inventory() -> Inventory:
        held.append(describe(model))
        return held[0].inventory

    bound = bind(
        rules,
        inventory,
        options=options,
        strict=strict,
        part=part,
        first=model,
        vocabulary=vocabulary,
        stacklevel=stacklevel + 1,
    )
    return BoundModel(bound, model, *held[0][1:])


def settings_in_group(one: RoutedGroup, lr_scale: str) -> dict[str, Any]:
    """Return the settings that a group holds: the optimizer's own, its rates, its schedules, its marks.

    With `lr_scale="keep"`, the scale of the learning rate stays a key beside the unscaled rate.
    """
    settings = dict(one.settings)
    lr = one.lr.base if lr_scale == "keep" else one.lr.value
    rates = {"lr": lr, "weight_decay": one.weight_decay.value}
    for key, rate in rates.items():
        if rate is not None:  # schedulers fill tensors in place, so each group has its own
            settings[key] = rate.clone() if isinstance(rate, Tensor) else rate
    if lr_scale == "keep" and "lr_scale" in one.group.settings:
        settings["lr_scale"] = one.lr.scale
    return {**settings, **one.schedules, **one.marks}


_SCHEDULED = {
    "lr": "a schedule goes to `paramrules_torch.scheduled(optimizer, make_scheduler)`",
    "weight_decay": "a schedule goes to `paramrules_torch.scheduled(optimizer, make_scheduler, "
    "weight_decay=...)`",
}
"""The way out where a schedule is passed as a base rate."""


def is_finite(rate: Tensor) -> bool:
    """Return whether all numbers of a rate are finite. A fake or distributed tensor is not looked into."""
    plain = type(rate) in (Tensor, nn.Parameter) and not rate.is_meta
    return not plain or bool(rate.isfinite().all())


def check_rates(lr: object, weight_decay: object, lr_scale: str) -> None:
    """Raise TypeError unless a base rate is a number or tensor, ValueError if it is not finite.

    Raise ValueError for an unknown `lr_scale`, too.
    """
    for name, rate in (("lr", lr), ("weight_decay", weight_decay)):
        check_rate(
            name,
            rate,
            lambda rate: isinstance(rate, Tensor) and not rate.is_complex(),
            scheduled=_SCHEDULED[name],
            is_finite=is_finite,
        )
    check_choice("lr_scale", lr_scale, "fold", "keep")
