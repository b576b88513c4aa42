"""Learning rates and weight decays: a base, from the rule or the caller or the optimizer, times a scale."""

from collections.abc import Callable, Mapping, Sequence
from math import isfinite
from numbers import Real
from typing import Any, NamedTuple

from paramrules.assignment import Assignment, Group
from paramrules.diagnostics import Diagnostic, RulesError, enumerated
from paramrules.display import short_value
from paramrules.emission.optimizer_spec import OptimizerSpec, OptimizerSpecs
from paramrules.emission.origin import report
from paramrules.rules.keys import SCALE_OF

FLOAT32 = (2 - 2**-23) * 2.0**127
"""The largest float32: a rate beyond it is infinite in most optimizers."""

DEFAULT = "default"
"""The name of the optimizer for groups that name none."""

_FEW = 3
"""The groups that a message names."""


class Bases(NamedTuple):
    """The base rates that the caller gave; None for each optimizer's own."""

    lr: Any = None
    weight_decay: Any = None


class Rate(NamedTuple):
    """A group's learning rate or weight decay.

    Attributes:
        base: the rule's own value, else the base. None if there is neither. Usually a number, or what the
            framework has in its place: a tensor, a schedule.
        scale: the number that multiplies it.
    """

    base: Any
    scale: float = 1

    @property
    def value(self) -> Any:
        """The base times the scale; None if there is no base."""
        if self.base is None:
            return 0.0 if self.scale == 0 else None
        return self.base if self.scale == 1 else self.base * self.scale

    @property
    def lacks_base(self) -> bool:
        """True if the scale changes something and there is nothing to change."""
        return self.base is None and self.scale not in (0, 1)

    def over(self, base: Any) -> float | None:
        """Return the ratio of the rate to another base; None if one of the two is missing or zero.

        The ratio to its own base is the scale, to the bit.
        """
        if self.base is None or base is None:
            return None
        if self.base is base:
            return float(self.scale)
        return float(self.scale) * float(self.base) / float(base) if float(base) else None


def rate_of(
    group: Group,
    key: str,
    base: Any,
    argument: str = "",
    is_finite: Callable[[Any], bool] | None = None,
) -> Rate:
    """Return the `lr` or `weight_decay` of a group over a base.

    Args:
        group: the group.
        key: `lr` or `weight_decay`.
        base: the base rate, which the group's own replaces.
        argument: what the backend calls the caller's base rate, if that is not `key`.
        is_finite: tells whether an array of the framework is finite.

    Raises:
        RulesError: E208 if their product is not finite, nor in float32 if both are numbers.
    """
    rate = Rate(group.settings.get(key, base), group.settings.get(SCALE_OF[key], 1))
    if isinstance(rate.base, Real):
        if not isinstance(rate.base, int | float):  # a float16 of NumPy times a scale is one, too
            rate = rate._replace(base=float(rate.base))
        product = rate.base * float(rate.scale)
        fits = abs(product) <= FLOAT32
        why = "a number that float32 can hold" if isfinite(product) else "a finite number"
    else:
        is_array = rate.base is not None and not callable(rate.base)  # and no schedule
        looks = is_finite if is_array and rate.scale != 1 else None
        fits, why = looks is None or looks(rate.value), "a finite number"
    if not fits:
        called = key if key in group.settings else argument or key
        smaller = f"set a smaller `{key}`" if key in group.settings else f"pass a smaller `{called}`"
        written = f"{rate.base!r}" if rate.scale == 1 else f"{rate.base!r} times {rate.scale!r}"
        result = "which" if rate.scale == 1 else "and the result"
        raise RulesError(
            Diagnostic(
                "E208",
                f"`{called}` of the group `{group.label}` is {written}, {result} is not {why}",
                help=smaller if rate.scale == 1 else f"{smaller}, or set `{SCALE_OF[key]}` to less",
            )
        )
    return rate


def base_of(spec: OptimizerSpec, key: str, given: Any, schedule: str = DEFAULT) -> Any:
    """Return the base rate of an optimizer: bound to it, else given by the caller, else its own default.

    Args:
        spec: the optimizer.
        key: `lr` or `weight_decay`.
        given: the caller's: a rate, or a mapping of the names of schedules to rates.
        schedule: the schedule that is asked for by name. It replaces the base, whatever that is.
    """
    if isinstance(given, Mapping):
        if schedule != DEFAULT:
            return given.get(schedule)
        given = given.get(DEFAULT)
    if spec.bound.get(key) is not None:
        return spec.bound[key]
    return getattr(spec, key) if given is None else given


def overall_base(specs: OptimizerSpecs, key: str, given: Any) -> Any:
    """Return the rate that the ratios of all groups refer to.

    It is the caller's, else that of the optimizer named `default`, else that of the first one.
    """
    if given is not None:
        return given
    return base_of(specs.get(DEFAULT) or next(iter(specs.values())), key, None)


def overall_lr(specs: OptimizerSpecs, given: Any) -> Any:
    """Return `overall_base` of the learning rate."""
    return overall_base(specs, "lr", given)


def no_base(
    assignment: Assignment, groups: Sequence[Group], key: str, otherwise: str = ""
) -> list[Diagnostic]:
    """Return one finding (E604) about all groups whose scale has no base to multiply; [] if there are none.

    Args:
        assignment: the assignment.
        groups: these groups.
        key: `lr` or `weight_decay`.
        otherwise: what the caller may do instead of passing a base, for the help.
    """
    if not groups:
        return []
    scale = SCALE_OF[key]
    each = [f"`{group.label}` ({short_value(group.settings[scale])})" for group in groups]
    which = f"the group{'s' if len(each) > 1 else ''} {enumerated(each, _FEW)}"
    return [
        report(
            "E604",
            f"`{scale}` has no `{key}` to multiply in {which}",
            f"pass `{key}=...`, the base rate{otherwise}",
            assignment=assignment,
            groups=groups,
            key=scale,
            whole=True,
        )
    ]
