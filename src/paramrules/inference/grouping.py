"""Grouping: the settings that someone's code gave each parameter of one model."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

from paramrules.inventories import Inventory

SettingValue: TypeAlias = "bool | int | float | str | tuple[SettingValue, ...] | None"
"""A value that a setting of a rule can have."""


@dataclass(frozen=True, slots=True)
class Grouping:
    """The settings that code gave each parameter of one model.

    Attributes:
        model: the model's name, for comments and messages.
        inventory: the model's parameters before the code ran.
        settings: for each parameter, in the inventory's order, its settings under the keys of a rule:
            `weight_decay`, `lr`, `lr_scale`, `optimizer`, ... `{"freeze": True}` where the code froze it,
            `{"skip": True}` where it is trained and in no group, and None where it was frozen before,
            so that no group has to be right.
    """

    model: str
    inventory: Inventory
    settings: tuple[Mapping[str, SettingValue] | None, ...]
