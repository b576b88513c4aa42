"""Assignment: which parameter is in which group, and why. What every emitter and report reads."""

from collections.abc import Mapping
from dataclasses import dataclass

from paramrules.diagnostics import Diagnostic
from paramrules.inventory import Inventory
from paramrules.rules.model import Rules


@dataclass(frozen=True, slots=True)
class Group:
    """Parameters with the same label in every axis and the same settings.

    Attributes:
        label: what the group is called: its labels joined with `/`, each with `#1`, `#2`, ... where
            settings that differ by parameter split it.
        labels: the label in each axis, as rules write it, without `#`.
        settings: the union of the axes' settings, `lr_scale` and `weight_decay_scale` multiplied.
        parameters: the parameters' numbers in the inventory, in the model's order. Frozen ones are among them.
    """

    label: str
    labels: tuple[str, ...]
    settings: Mapping[str, object]
    parameters: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class AxisLabels:
    """One axis of an assignment.

    Attributes:
        name: the axis's name, "" for the one without a name.
        labels: the different labels, in the order of groups.
        of: for each parameter, the number of its label in `labels`.
        rules: for each parameter, the number of the rule that took it, -1 where none did.
    """

    name: str
    labels: tuple[str, ...]
    of: tuple[int, ...]
    rules: tuple[int, ...]
