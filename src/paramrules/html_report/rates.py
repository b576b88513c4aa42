"""The learning rate and the weight decay of a group as a report shows them, without an optimizer's base."""

from collections.abc import Mapping
from math import isfinite
from typing import Any, NamedTuple

from paramrules.display import short_value
from paramrules.rules.keys import SCALE_OF


class Rate(NamedTuple):
    """A learning rate or a weight decay.

    Attributes:
        value: the number. None if it is not finite.
        over_base: True if it multiplies the optimizer's own; False if the rules give the rate itself.
        text: it as text, `0.5 of base` or `0.001`.
    """

    value: float | None
    over_base: bool
    text: str


def rate(settings: Mapping[str, Any]) -> Rate:
    """Return the learning rate of settings."""
    return _rate(settings, "lr")


def decay(settings: Mapping[str, Any]) -> Rate:
    """Return the weight decay of settings."""
    return _rate(settings, "weight_decay")


def _rate(settings: Mapping[str, Any], key: str) -> Rate:
    scale = settings.get(SCALE_OF[key], 1)
    if not settings.get(key, 1) or not scale:  # zero whatever the base is
        return Rate(0, True, "0")
    if key in settings:
        value = settings[key] * scale
        return Rate(value if isfinite(value) else None, False, short_value(value))
    return Rate(scale, True, "base" if scale == 1 else f"{short_value(scale)} of base")
