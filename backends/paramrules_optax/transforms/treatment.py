"""How a group's parameters are treated: by which optimizer with which settings, at what rate and decay."""

from collections.abc import Hashable, Mapping
from typing import Any, NamedTuple

from paramrules.assignment import Assignment, Group
from paramrules.assignment.origin import setting
from paramrules.diagnostics import Diagnostic
from paramrules_optax.transforms.optimizers import Optimizer, chosen
from paramrules_optax.transforms.settings import own_settings

_RATES = ("lr", "lr_scale", "weight_decay", "weight_decay_scale")
"""What an optimizer of unknown make has one of for all that it trains."""


_CHAIN = "`optax.chain(build(..., learning_rate=1e-3), optax.scale_by_schedule(shape))`"


class Bases(NamedTuple):
    """What `build` is given for all groups.

    Attributes:
        learning_rate: a number or a schedule.
        weight_decay: a number; None for each optimizer's own.
        unscaled: whether decay is not multiplied by the rate.
        settings: for each optimizer, by its name, its settings under its own names.
    """

    learning_rate: Any
    weight_decay: Any
    unscaled: bool
    settings: Mapping[str, Mapping[str, Any]]


class Treatment(NamedTuple):
    """What is done with the parameters of a group.

    Attributes:
        key: equal for groups that share one core.
        optimizer: who does it; None where the group is frozen.
        settings: the optimizer's settings.
        schedule: None where the rate is a number.
        rate: the learning rate, or what the schedule is multiplied by.
        weight: the weight decay.
    """

    key: Hashable
    optimizer: Optimizer | None
    settings: Mapping[str, Any]
    schedule: Any
    rate: Any
    weight: Any


FROZEN = Treatment("frozen", None, {}, None, 0.0, 0.0)


def treatment_of(
    assignment: Assignment, group: Group, optimizers: Mapping[str, Optimizer], bases: Bases
) -> tuple[Treatment, list[Diagnostic]]:
    """How a group is treated, and what is wrong with its settings."""
    if group.settings.get("freeze"):
        return FROZEN, []
    optimizer = chosen(assignment, group, optimizers)
    if isinstance(optimizer, Diagnostic):
        return FROZEN, [optimizer]
    own, wrong = own_settings(assignment, group, optimizer)
    base = {**optimizer.takes, **bases.settings[optimizer.name]}
    apart = {key: value for key, value in own.items() if not _equal(value, base.get(key))}
    rate = optimizer.bound.get("learning_rate", bases.learning_rate)
    schedule = None
    if callable(rate):
        schedule, rate = rate, 1.0
        if "lr" in group.settings:
            wrong.append(_no_base_rate(assignment, group))
        if bases.unscaled:
            wrong.append(_NO_BASE_BESIDE)
    rate = _times(group.settings.get("lr", rate), group.settings.get("lr_scale", 1))
    weight, lost = _weight(assignment, group, optimizer, bases)
    key = [optimizer.name, *sorted(apart.items())]
    if optimizer.recipe is None:
        key += [(name, group.settings.get(name)) for name in _RATES]
    return Treatment(tuple(key), optimizer, {**base, **apart}, schedule, rate, weight), wrong + lost


def _weight(
    assignment: Assignment, group: Group, optimizer: Optimizer, bases: Bases
) -> tuple[Any, list[Diagnostic]]:
    """The weight decay of a group."""
    told = (optimizer.bound.get(optimizer.decay or ""), bases.weight_decay, optimizer.default_decay)
    base = group.settings.get("weight_decay", next((weight for weight in told if weight is not None), 0.0))
    if not (optimizer.decays or bases.unscaled):
        if _equal(base, 0) or "weight_decay" not in group.settings:
            return 0.0, []
        written = setting(assignment, group, "weight_decay")
        return 0.0, [
            Diagnostic(
                "E611",
                f"`{optimizer.called}` knows no setting `weight_decay`, which the group `{group.label}` has",
                written.key_span,
                help='leave it out, or let it decay beside the step, with `decay="unscaled"`',
            )
        ]
    scale = group.settings.get("weight_decay_scale", 1)
    if scale in (0, 1) or "weight_decay" in group.settings or not _equal(base, 0):
        return _times(base, scale), []
    if bases.weight_decay is not None:
        return base, []
    return 0.0, [
        Diagnostic(
            "E604",
            f"the group `{group.label}` has `weight_decay_scale = {scale!r}` and no `weight_decay` "
            "that it could multiply",
            help="pass the base weight decay to `build`, as `weight_decay=...`",
        )
    ]


def _no_base_rate(assignment: Assignment, group: Group) -> Diagnostic:
    written = setting(assignment, group, "lr")
    return Diagnostic(
        "E630",
        f"the group `{group.label}` has `lr = {group.settings['lr']!r}`, and a schedule has no base rate "
        "that it could replace",
        written.span,
        help="write `lr_scale` instead, or build with a number and let the schedule's shape follow: "
        + _CHAIN,
    )


_NO_BASE_BESIDE = Diagnostic(
    "E630",
    'decay that is `"unscaled"` goes with the schedule and not with the base rate, and a schedule does not '
    "tell the two apart",
    help=f"build with a number and let the schedule's shape follow: {_CHAIN}",
)


def _times(number: Any, scale: Any) -> Any:
    return number if scale == 1 else number * scale


def _equal(value: Any, other: Any) -> bool:
    """Whether two settings are known to be equal; of what is traced nothing is known."""
    return (
        _plain(value)
        and _plain(other)
        and isinstance(value, bool) == isinstance(other, bool)
        and value == other
    )


def _plain(value: Any) -> bool:
    return value is None or isinstance(value, bool | int | float | str | tuple)
