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
)
from paramrules_torch import freezing
from paramrules_torch.inventory import inventory_and_tensors

KEEP_INSTEAD: Mapping[str, str] = {"lr": ', or `lr_scale="keep"` if a scheduler multiplies it in'}
"""Another way out for who has an `lr_scale` and no base learning rate."""


class BoundModel(NamedTuple):
    """Bound rules with the model's tensors and their names in torch, one item per parameter."""

    bound: Bound
    model: nn.Module
    tensors: Sequence[Tensor]
    raw: Sequence[str]

    def group(
        self, label: str, settings: Mapping[str, Any], numbers: Sequence[int], *, plain: bool = False
    ) -> dict[str, Any]:
        """Return a group as `torch.optim` takes it; a plain one holds `params` and settings alone."""
        held = {"params": [self.tensors[n] for n in numbers]}
        named = {} if plain else {"param_names": [self.raw[n] for n in numbers], "label": label}
        return {**held, **named, **settings}

    def freeze(self) -> None:
        """Freeze what the rules freeze, and unfreeze what earlier rules froze and these do not."""
        freezing.freeze(self.model, self.tensors, {id(self.tensors[n]) for n in self.bound.frozen()})


def bind_model(
    model: nn.Module,
    rules: AnyRules,
    options: Options,
    strict: bool,
    part: bool,
    vocabulary: VocabularyLike | None,
    stacklevel: int,
) -> BoundModel:
    """Hold rules against a model. Raise and warn as `paramrules.emission.bind`, whose arguments these are."""
    held: list[tuple[Sequence[Tensor], Sequence[str]]] = []

    def describe() -> Inventory:
        inventory, tensors, raw = inventory_and_tensors(model)
        held.append((tensors, raw))
        return inventory

    bound = bind(
        rules,
        describe,
        options=options,
        strict=strict,
        part=part,
        vocabulary=vocabulary,
        stacklevel=stacklevel + 1,
    )
    return BoundModel(bound, model, *held[0])


def settings_in_group(one: RoutedGroup, lr_scale: str) -> dict[str, Any]:
    """Return the settings that a group holds: the optimizer's own, then its rates.

    With `lr_scale="keep"`, the scale of the learning rate stays a key beside the unscaled rate.
    """
    settings = dict(one.settings)
    lr = one.lr.base if lr_scale == "keep" else one.lr.value
    rates = {"lr": lr, "weight_decay": one.weight_decay.value}
    settings.update((key, rate) for key, rate in rates.items() if rate is not None)
    if lr_scale == "keep" and "lr_scale" in one.group.settings:
        settings["lr_scale"] = one.lr.scale
    return settings


def check_rates(lr: object, weight_decay: object, lr_scale: str) -> None:
    """Raise TypeError unless a base rate is a number or tensor, ValueError for an unknown `lr_scale`."""
    for name, rate in (("lr", lr), ("weight_decay", weight_decay)):
        check_rate(name, rate, lambda rate: isinstance(rate, Tensor))
    check_choice("lr_scale", lr_scale, "fold", "keep")
