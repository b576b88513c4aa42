"""The facts about a model's parameters in one neutral form, whatever framework the model is written in."""

from paramrules.inventories.inventory import ABSENT, Columns, Inventory, Parameter
from paramrules.inventories.layer import Layer
from paramrules.inventories.owner import UNKNOWN_OWNER, Class, Owner

__all__ = ["ABSENT", "UNKNOWN_OWNER", "Class", "Columns", "Inventory", "Layer", "Owner", "Parameter"]
