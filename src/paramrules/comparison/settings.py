"""Effective settings, and the parameters at which two groups' settings differ.

`parity`, and every other command that compares two assignments, takes the word `compare` in this meaning:

    labels    the labels of each axis, and the settings of each label
    settings  what the optimizer gets, whatever the labels
    both      either
"""

from collections.abc import Mapping
from math import isclose
from typing import Any, Final

from paramrules.diagnostics import Diagnostic, RulesError, did_you_mean
from paramrules.rules.keys import IDLE, SCALES

LABELS: Final = "labels"
SETTINGS: Final = "settings"
BOTH: Final = "both"
COMPARED: Final = (LABELS, SETTINGS, BOTH)

_CLOSE: Final = 1e-9
"""The relative difference up to which numbers are equal: products round by the order of their factors."""


def check_compared(word: object) -> None:
    """Raise E808 for a word that is not one of `COMPARED`."""
    if word not in COMPARED:
        *first, last = (f"`{each}`" for each in COMPARED)
        raise RulesError(
            Diagnostic(
                "E808",
                f"`{word}` is not something to compare",
                help=did_you_mean(str(word), COMPARED) or f"compare {', '.join(first)} or {last}",
            )
        )


def effective(settings: Mapping[str, Any], *, trainable: bool = True) -> dict[str, Any]:
    """Return what a group's settings come to, by parameter of the optimizer.

    A rate and its scale are multiplied, a scale of 0 is a rate of 0, and what says nothing is left out: a
    scale of 1, `freeze = false`, `none`. A frozen parameter has no other setting. Rates that are left to
    the optimizer are unknown here, so a scale of its base rate never equals a rate.

    >>> effective({"lr_scale": 1, "weight_decay": 0.1, "weight_decay_scale": 0.5})
    {'weight_decay': 0.05}
    """
    if not trainable:
        return {"freeze": True}
    for key in IDLE:
        if settings.get(key) is True:
            return {key: True}
    found = {key: value for key, value in settings.items() if value is not None and key not in IDLE}
    for scale, rate in SCALES.items():
        factor = found.pop(scale, 1)
        if rate in found:
            found[rate] = found[rate] * factor
        elif factor == 0:
            found[rate] = 0
        elif not _equal(factor, 1):
            found[scale] = factor
    return found


def settings_apart(a: Mapping[str, Any], b: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
    """Return the keys at which effective settings differ, each with both values; None where there is none.

    >>> settings_apart({"lr_scale": 0.5}, {"lr_scale": 0.25, "eps": 1e-6})
    {'eps': (None, 1e-06), 'lr_scale': (0.5, 0.25)}
    """
    return {
        key: (a.get(key), b.get(key))
        for key in sorted({*a, *b})
        if key not in a or key not in b or not _equal(a[key], b[key])
    }


def _equal(a: object, b: object) -> bool:
    if isinstance(a, tuple) and isinstance(b, tuple):
        return len(a) == len(b) and all(map(_equal, a, b))
    if isinstance(a, int | float) and isinstance(b, int | float) and not isinstance(a, bool):
        return not isinstance(b, bool) and isclose(a, b, rel_tol=_CLOSE)
    return type(a) is type(b) and a == b
