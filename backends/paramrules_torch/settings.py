"""A group's settings as a torch optimizer takes them: rates computed, `freeze` taken out."""

from typing import Any, NamedTuple

from paramrules.assignment import Group
from paramrules.diagnostics import Diagnostic


class Rates(NamedTuple):
    """The base rates that the caller gave, and whether `lr_scale` stays a key of its own."""

    lr: float | None
    weight_decay: float | None
    keep_lr_scale: bool


def settings_of(group: Group, rates: Rates) -> tuple[dict[str, Any], list[Diagnostic]]:
    """The settings of a group, `freeze` apart, and what is wrong with them.

    `lr` in the rules replaces the base rate and `lr_scale` multiplies it then; likewise `weight_decay`.
    """
    settings = {key: value for key, value in group.settings.items() if key != "freeze"}
    wrong: list[Diagnostic] = []
    if rates.lr is not None:
        settings.setdefault("lr", rates.lr)
    if rates.weight_decay is not None:
        settings.setdefault("weight_decay", rates.weight_decay)
    for base, keep in (("lr", rates.keep_lr_scale), ("weight_decay", False)):
        scale = settings.get(f"{base}_scale")
        if scale is None or keep:
            continue
        del settings[f"{base}_scale"]
        if base in settings:
            settings[base] = settings[base] * scale
        elif scale == 0:
            settings[base] = 0.0
        elif scale != 1:
            wrong.append(_no_base(group, base, scale))
    return settings, wrong


def _no_base(group: Group, base: str, scale: float) -> Diagnostic:
    or_keep = ', or `lr_scale="keep"` where a scheduler multiplies it in' if base == "lr" else ""
    return Diagnostic(
        "E604",
        f"the group `{group.label}` has `{base}_scale = {scale!r}` and no `{base}` that it could multiply",
        help=f"pass the base rate, as `{base}=...`{or_keep}",
    )
