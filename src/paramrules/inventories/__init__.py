"""The facts about a model's parameters in one neutral form, whatever framework the model is written in."""

from paramrules.inventories.attributes import ABSENT, Unreadable
from paramrules.inventories.columns import Columns
from paramrules.inventories.inventory import Inventory
from paramrules.inventories.owner import UNKNOWN_OWNER, Class, Owner
from paramrules.inventories.parameter import Layer, Parameter

__all__ = [
    "ABSENT",
    "UNKNOWN_OWNER",
    "Class",
    "Columns",
    "Inventory",
    "Layer",
    "Owner",
    "Parameter",
    "Unreadable",
]
