"""Models named by a text, as on the command line: imported, built without memory, and described.

This is the only room that runs a user's code: `inventory_of` imports the module that a name points to, and
calls what it finds there; `made_groups.groupings_of` calls a function that makes param groups. A rule file, a
saved inventory, a mapping or a JSON file of groups is never run.
"""

from typing import TYPE_CHECKING

from paramrules.lazy_names import importer

if TYPE_CHECKING:
    from paramrules.named_models.example_inputs import ExampleInput, read_input
    from paramrules.named_models.model_inventory import inventories_of, inventory_of
    from paramrules.named_models.model_name import Call, ModelName, read_groups_name, read_model_name

_HOMES = {
    "Call": "model_name",
    "ExampleInput": "example_inputs",
    "ModelName": "model_name",
    "inventories_of": "model_inventory",
    "inventory_of": "model_inventory",
    "read_groups_name": "model_name",
    "read_input": "example_inputs",
    "read_model_name": "model_name",
}

__all__ = [
    "Call",
    "ExampleInput",
    "ModelName",
    "inventories_of",
    "inventory_of",
    "read_groups_name",
    "read_input",
    "read_model_name",
]

if not TYPE_CHECKING:  # for type checkers a misspelt name is an error
    __getattr__ = importer(__name__, {name: f"{__name__}.{module}" for name, module in _HOMES.items()})
