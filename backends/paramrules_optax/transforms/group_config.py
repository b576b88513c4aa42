"""The training configuration of a group: its optimizer with settings, rate and decay."""

from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import jax
import numpy as np

from paramrules.backends import (
    Bases,
    Bound,
    Diagnostic,
    Rate,
    RoutedGroup,
    RulesError,
    base_of,
    route,
    schedule_of,
)
from paramrules_optax.transforms.optax_factories import OptaxFactory
from paramrules_optax.transforms.unlike_pytorch import GroupSettings, unlike_pytorch


class GroupConfig(NamedTuple):
    """The optimizer of a group with its settings, rate and decay.

    Attributes:
        key: equal for groups that share one core.
        optimizer: the optimizer; None if the group is frozen or skipped.
        settings: the optimizer's settings.
        schedule: the learning rate's schedule; None if the rate is a number.
        rate: the learning rate, or the factor of the schedule.
        weight: the weight decay; 0 if it follows a schedule.
        decay_schedule: the schedule of the weight decay; None if that is a number.
        decay_scale: the factor of that schedule.
    """

    key: Hashable
    optimizer: OptaxFactory | None
    settings: Mapping[str, Any]
    schedule: Any
    rate: Any
    weight: Any
    decay_schedule: Any = None
    decay_scale: Any = 0.0


FROZEN = GroupConfig("frozen", None, {}, None, 0.0, 0.0)
SKIPPED = GroupConfig("skipped", None, {}, None, 0.0, 0.0)


def group_configs(
    bound: Bound,
    factories: Mapping[str, OptaxFactory],
    bases: Bases,
    arguments: Mapping[str, Mapping[str, Any]],
    *,
    given: Iterable[str],
    unscaled: bool,
    marks: Sequence[str] = (),
) -> tuple[list[GroupConfig], list[Diagnostic]]:
    """Return how each parameter is trained, and warnings about settings (W650).

    Args:
        bound: the rules and the parameters.
        factories: the optimizers, by their names in rules.
        bases: the base rates: numbers, schedules, or mappings of the schedules' names to these.
        arguments: for each optimizer, its arguments under its own names.
        given: the names of the settings that the caller passed.
        unscaled: whether decay is left unscaled by the learning rate.
        marks: keys of the rules that no optimizer sees.

    Raises RulesError: E604, E610, E611, E614, E630, E644, E646.
    """
    specs = {name: factory.spec for name, factory in factories.items()}
    routed, wrong = route(
        bound,
        bound.groups(untrained=True),
        specs,
        bases,
        marks=marks,
        schedules=True,
        lr="learning_rate",
        is_finite=is_finite,
    )
    if not wrong:
        wrong = (
            _unscaled_beside_schedule(routed, bases) if unscaled else _decays_not_scheduled(routed, factories)
        )
    if wrong:
        raise RulesError(wrong)
    configs = [SKIPPED if group.settings.get("skip") else FROZEN for group in bound.assignment.groups]
    for one in routed:
        name = one.optimizer.name
        configs[one.position] = _config(one, factories[name], arguments[name], unscaled)
    made = (configs[one.position] for one in routed)
    settled = [
        GroupSettings(one.group, factories[one.optimizer.name], config.settings, config.schedule is not None)
        for one, config in zip(routed, made, strict=True)
    ]
    findings = unlike_pytorch(bound.assignment, settled, given)
    return [configs[number] for number in bound.assignment.group_numbers], findings


def _config(
    one: RoutedGroup, factory: OptaxFactory, arguments: Mapping[str, Any], unscaled: bool
) -> GroupConfig:
    base = {**factory.defaults, **arguments}
    apart = {key: value for key, value in one.settings.items() if not _equal(value, base.get(key))}
    schedule, lr = (one.lr.base, one.lr._replace(base=1.0)) if callable(one.lr.base) else (None, one.lr)
    decay_schedule, decay_scale, weight = None, 0.0, 0.0
    if callable(one.weight_decay.base):
        decay_schedule, decay_scale = one.weight_decay.base, one.weight_decay.scale
    elif one.weight_decay.value is not None:
        weight = one.weight_decay.value
    key: list[Hashable] = [factory.spec.name, *sorted(apart.items()), *sorted(one.schedules.items())]
    if factory.recipe is None:
        key.append(_known(lr if schedule else one.lr))
        if factory.decay and not unscaled:
            key.append(_known(one.weight_decay))
    settings = {**base, **apart}
    return GroupConfig(tuple(key), factory, settings, schedule, lr.value, weight, decay_schedule, decay_scale)


def _known(rate: Rate) -> Hashable:
    """Return a key that is equal for rates that are known to be equal."""
    base = rate.base
    if base is None or isinstance(base, int | float):
        return rate.value or 0.0
    return id(base), rate.scale  # traced


def _unscaled_beside_schedule(routed: list[RoutedGroup], bases: Bases) -> list[Diagnostic]:
    """Return a finding (E630) if decay should leave out the base rate, and a schedule is in its place."""
    if not any(
        callable(base_of(one.optimizer, "lr", bases.lr, schedule_of(one.group.settings, "lr")))
        for one in routed
    ):
        return []
    return [
        Diagnostic(
            "E630",
            '`decay="unscaled"` follows the schedule but not the base rate, and a schedule does not tell '
            "the two apart",
            help="build with a number and append the schedule's shape: "
            "`optax.chain(build(..., learning_rate=1e-3), optax.scale_by_schedule(shape))`",
        )
    ]


def _decays_not_scheduled(
    routed: list[RoutedGroup], factories: Mapping[str, OptaxFactory]
) -> list[Diagnostic]:
    """Return a finding (E646) about each factory that takes its decay as a number and is given a schedule."""
    called = {
        one.optimizer.called: None
        for one in routed
        if callable(one.weight_decay.base) and factories[one.optimizer.name].recipe is None
    }
    return [
        Diagnostic(
            "E646",
            f"`{name}` takes one weight decay for all steps, and this is a schedule",
            help='pass `decay="unscaled"`, which decays beside any optimizer, or a factory such as '
            "`optax.adamw`",
        )
        for name in called
    ]


def _equal(value: Any, other: Any) -> bool:
    """Return whether two settings are known to be equal; nothing is known about traced values."""
    return (
        _is_plain(value)
        and _is_plain(other)
        and isinstance(value, bool) == isinstance(other, bool)
        and value == other
    )


def _is_plain(value: Any) -> bool:
    return value is None or isinstance(value, bool | int | float | str | tuple)


def is_finite(rate: Any) -> bool:
    """Return whether a rate is finite. A schedule, or an array without values here, is not looked into."""
    known = (
        isinstance(rate, jax.Array) and not isinstance(rate, jax.core.Tracer) and rate.is_fully_addressable
    )
    return not known or bool(np.isfinite(rate))
