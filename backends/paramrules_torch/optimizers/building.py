"""From a model and rules to an optimizer in one call."""

import warnings
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Literal, NamedTuple

import torch
from torch import nn
from torch.optim import Optimizer

from paramrules.assignment import Assignment, Group
from paramrules.diagnostics import Diagnostic, RulesError, RulesWarning, render
from paramrules.rules import Rules
from paramrules_torch.assigned import Assigned, assigned, check_rate, check_switch
from paramrules_torch.optimizers.factories import Factory, Make
from paramrules_torch.optimizers.known import drop_unknown_bases, lost, nobody_takes, one_group_only, unknown
from paramrules_torch.optimizers.multi import MultiOptimizer
from paramrules_torch.optimizers.ratios import RATIO, ratio_of, watch
from paramrules_torch.optimizers.routing import DEFAULT, route, unused
from paramrules_torch.settings import Rates, settings_of


def build(
    model: nn.Module,
    rules: Rules | Assignment | str | Path,
    optimizer: Make | Mapping[str, Make] = torch.optim.AdamW,
    *,
    lr: float | None = None,
    weight_decay: float | None = None,
    options: Mapping[str, int | float | str | bool] | None = None,
    strict: bool = False,
    lr_scale: Literal["fold", "keep"] = "fold",
    part: bool = False,
    **defaults: Any,
) -> Optimizer:
    """The optimizer of a model's groups, or several optimizers as one.

    Args:
        model: the model, wrapped or not.
        rules: as for `paramrules_torch.param_groups`.
        optimizer: an optimizer's class, or a function that makes one of a list of groups; or, where rules
            say `optimizer = "muon"`, a mapping of these names to such. Groups that name none go to the
            entry `default`, or to the only one. `functools.partial` binds arguments for one of them, and
            what is bound comes before what is given here.
        lr: the base learning rate, that of the optimizer's signature if None.
        weight_decay: the base weight decay, likewise.
        options: values for the file's options.
        strict: what is dead or left over is an error.
        lr_scale: as for `param_groups`.
        part: likewise, for a stage of a pipeline.
        **defaults: further arguments, each for those of the optimizers that take it.

    Returns:
        What `optimizer` makes of the groups, or a `MultiOptimizer` where it is a mapping. Beside what
        `param_groups` gives, a group has `lr_ratio`, its learning rate over the base one. Parameters with
        `freeze = true` are out of training, and in again where earlier rules froze them and these do not.

    Raises:
        RulesError: what `param_groups` finds; E610 where a group's optimizer is not clear; E611 where a
            group has a setting, and E612 where there is an argument, that no optimizer knows; E613 where an
            optimizer takes one group only; E614 where nothing is left to train; E615 where one of several
            needs a closure. Nothing is frozen then.
        TypeError, ValueError: as `param_groups`, and what the optimizer's constructor raises.

    Warns:
        RulesWarning: for each finding that is no error; W617 where an optimizer gets no group.

    >>> optimizer = paramrules_torch.build(model, "vit.rules", torch.optim.AdamW, lr=1e-3, betas=(0.9, 0.95))
    """
    check_rate("lr", lr)
    check_rate("weight_decay", weight_decay)
    check_switch(lr_scale)
    if optimizer == {}:
        raise ValueError("`optimizer` is an empty mapping: hand over at least one optimizer")
    entries = optimizer if isinstance(optimizer, Mapping) else {"": optimizer}
    factories = {name: Factory(name, make) for name, make in entries.items()}
    bases = {"lr": lr, "weight_decay": weight_decay}
    _raise(lost(bases, defaults, factories))
    held = assigned(model, rules, options, strict, stacklevel=2, part=part)
    places = _places(held, factories, Rates(lr, weight_decay, lr_scale == "keep"))
    for finding in unused(held.assignment, factories):
        warnings.warn("\n" + render(finding), RulesWarning, stacklevel=2)
    parts = {name: [place for place in places if place.factory.name == name] for name in factories}
    made = {
        name: _made(held.assignment, factories[name], part, bases, defaults)
        for name, part in parts.items()
        if part
    }
    for name, rate in bases.items():
        if part and len(made) < len(factories):
            break  # an optimizer that has nothing to do here may take it on another part
        if rate is not None and not any(name in part.defaults for part in made.values()):
            _raise([nobody_takes(name, factories)])
    if not isinstance(optimizer, Mapping):
        (whole,) = made.values()
    else:
        whole = MultiOptimizer(made, [place.factory.name for place in places])
    base = _base(factories, lr)
    if base is not None:
        whole.defaults["lr"] = base
    if lr_scale == "fold":
        watch(whole)
    held.freeze()
    return whole


class _Place(NamedTuple):
    """A group, the optimizer that it is for, and what that one is to get."""

    group: Group
    factory: Factory
    held: dict[str, Any]


def _base(factories: Mapping[str, Factory], lr: float | None) -> float | None:
    """The rate that schedulers run on: the given one, else the default optimizer's or the first one's own."""
    if lr is not None:
        return lr
    return (factories.get(DEFAULT) or next(iter(factories.values()))).base("lr", None)


def _places(held: Assigned, factories: Mapping[str, Factory], rates: Rates) -> list[_Place]:
    """The groups with something to train, in the order of rules."""
    places, wrong = [], []
    base = _base(factories, rates.lr)
    for group in held.assignment.groups:
        numbers = [number for number in held.numbers(group) if held.trainable[number]]
        if not numbers or group.settings.get("freeze"):
            continue
        factory = route(held.assignment, group, factories)
        if isinstance(factory, Diagnostic):
            wrong.append(factory)
            continue
        own = rates._replace(
            lr=factory.base("lr", rates.lr), weight_decay=factory.base("weight_decay", rates.weight_decay)
        )
        settings, findings = settings_of(group, own)
        wrong += findings
        if factory.name:
            settings["optimizer"] = factory.name
        ratio = ratio_of(group, own.lr, base)
        if ratio is not None:
            settings[RATIO] = ratio
        places.append(_Place(group, factory, held.group(group.label, settings, numbers)))
    _raise(wrong)
    if not places:
        message = "nothing is left to train: every parameter of the model is frozen"
        help = "`freeze = true` in the rules and `requires_grad_(False)` freeze; train at least one parameter"
        _raise([Diagnostic("E614", message, help=help)])
    return places


def _made(
    assignment: Assignment,
    factory: Factory,
    places: list[_Place],
    bases: Mapping[str, float | None],
    defaults: Mapping[str, Any],
) -> Optimizer:
    """One optimizer, of its groups."""
    groups = [place.group for place in places]
    if factory.cls is not None and issubclass(factory.cls, torch.optim.LBFGS) and len(groups) > 1:
        _raise([one_group_only(factory, groups)])
    given = {name: rate for name, rate in bases.items() if rate is not None} | dict(defaults)
    arguments = {name: value for name, value in given.items() if factory.takes(name)}
    try:
        made = factory.construct([place.held for place in places], arguments)
    except Exception as error:
        labels = ", ".join(f"`{group.label}`" for group in groups)
        error.add_note(f"raised by `{factory.called}` for the groups {labels}")
        raise
    drop_unknown_bases(made, groups)
    _raise(unknown(assignment, factory, made, groups))
    return made


def _raise(wrong: Iterable[Diagnostic]) -> None:
    if found := list(wrong):
        raise RulesError(found)
