"""The facts about a model's parameters in one neutral form, whatever framework the model is written in."""

import sys
from types import ModuleType
from typing import Any

from paramrules.inventory.inventory import ABSENT, Columns, Inventory, Parameter
from paramrules.inventory.owner import UNKNOWN_OWNER, Class, Owner

__all__ = ["ABSENT", "UNKNOWN_OWNER", "Class", "Columns", "Inventory", "Owner", "Parameter"]


class _Room(ModuleType):
    """This package, which can be called.

    Python puts a subpackage under its name into the package above as soon as it is imported, over the
    function `paramrules.inventory`. Whichever of the two stands there, a call does the same.
    """

    def __call__(self, model: object, **how: Any) -> Inventory:
        from paramrules.backends import inventory

        return inventory(model, **how)


sys.modules[__name__].__class__ = _Room
