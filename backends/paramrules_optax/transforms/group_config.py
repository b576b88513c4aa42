"""The training configuration of a group: its optimizer with settings, rate and decay."""

from collections.abc import Hashable, Mapping
from typing import Any, NamedTuple

from paramrules.backends import (
    Bases,
    Bound,
    Diagnostic,
    RoutedGroup,
    RulesError,
    base_of,
    plural,
    report,
    route,
)
from paramrules_optax.transforms.optax_factories import OptaxFactory

_RATES = ("lr", "lr_scale", "weight_decay", "weight_decay_scale")
"""Keys of which an optimizer without a recipe has one value for all that it trains."""

_CHAIN = "`optax.chain(build(..., learning_rate=1e-3), optax.scale_by_schedule(shape))`"


class GroupConfig(NamedTuple):
    """The optimizer of a group with its settings, rate and decay.

    Attributes:
        key: equal for groups that share one core.
        optimizer: the optimizer; None if the group is frozen or skipped.
        settings: the optimizer's settings.
        schedule: the learning rate's schedule; None if the rate is a number.
        rate: the learning rate, or the factor of the schedule.
        weight: the weight decay.
    """

    key: Hashable
    optimizer: OptaxFactory | None
    settings: Mapping[str, Any]
    schedule: Any
    rate: Any
    weight: Any


FROZEN = GroupConfig("frozen", None, {}, None, 0.0, 0.0)
SKIPPED = GroupConfig("skipped", None, {}, None, 0.0, 0.0)


def group_configs(
    bound: Bound,
    factories: Mapping[str, OptaxFactory],
    bases: Bases,
    arguments: Mapping[str, Mapping[str, Any]],
    *,
    unscaled: bool,
) -> list[GroupConfig]:
    """Return how each parameter is trained.

    Args:
        bound: the rules and the parameters.
        factories: the optimizers, by their names in rules.
        bases: the base rates; the learning rate may be a schedule.
        arguments: for each optimizer, its arguments under its own names.
        unscaled: whether decay is left unscaled by the learning rate.

    Raises RulesError: E604, E610, E611, E614, E630.
    """
    specs = {name: factory.spec for name, factory in factories.items()}
    routed, wrong = route(bound, bound.groups(untrained=True), specs, bases)
    wrong += _schedules_without_base(bound, routed, bases, unscaled)
    if wrong:
        raise RulesError(wrong)
    configs = [SKIPPED if group.settings.get("skip") else FROZEN for group in bound.assignment.groups]
    for one in routed:
        name = one.optimizer.name
        configs[one.position] = _config(one, factories[name], arguments[name])
    return [configs[number] for number in bound.assignment.group_numbers]


def _config(one: RoutedGroup, factory: OptaxFactory, arguments: Mapping[str, Any]) -> GroupConfig:
    base = {**factory.defaults, **arguments}
    apart = {key: value for key, value in one.settings.items() if not _equal(value, base.get(key))}
    schedule, lr = (one.lr.base, one.lr._replace(base=1.0)) if callable(one.lr.base) else (None, one.lr)
    weight = one.weight_decay.value
    key = [factory.spec.name, *sorted(apart.items())]
    if factory.recipe is None:
        key += [(name, one.group.settings.get(name)) for name in _RATES]
    return GroupConfig(
        tuple(key), factory, {**base, **apart}, schedule, lr.value, 0.0 if weight is None else weight
    )


def _schedules_without_base(
    bound: Bound, routed: list[RoutedGroup], bases: Bases, unscaled: bool
) -> list[Diagnostic]:
    """Return findings (E630) about groups that need the base rate that a schedule does not have."""
    scheduled = [one for one in routed if callable(base_of(one.optimizer, "lr", bases.lr))]
    wrong = []
    if having := [one.group for one in scheduled if "lr" in one.group.settings]:
        labels = [group.label for group in having]
        values = ", ".join(dict.fromkeys(f"`lr = {group.settings['lr']!r}`" for group in having))
        wrong.append(
            report(
                "E630",
                f"{plural('group', labels)} {'set' if len(having) > 1 else 'sets'} {values}, "
                "and a schedule has no base rate to replace",
                f"write `lr_scale` instead, or build with a number and append the schedule's shape: {_CHAIN}",
                assignment=bound.assignment,
                groups=having,
                key="lr",
                whole=True,
            )
        )
    if scheduled and unscaled:
        wrong.append(
            Diagnostic(
                "E630",
                '`decay="unscaled"` follows the schedule but not the base rate, and a schedule does not tell '
                "the two apart",
                help=f"build with a number and append the schedule's shape: {_CHAIN}",
            )
        )
    return wrong


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
