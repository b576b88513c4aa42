"""Inventories as they are read from a file, without a framework."""

import json

from paramrules.inventories import Inventory


def inventory(shapes: dict[str, tuple[int, ...]], untrained: tuple[str, ...] = (), **also: str) -> Inventory:
    """Return an inventory. `also` gives a parameter a second name."""
    parameters = []
    for name, shape in shapes.items():
        row = {
            "name": name,
            "owner": None,
            "role": "other",
            "shape": list(shape),
            "dtype": "float32",
            "variable": 0,
        }
        row["trainable"] = name not in untrained
        if name in also:
            row["also"] = [{"name": also[name], "owner": None, "role": "other"}]
        parameters.append(row)
    return Inventory.from_json(
        json.dumps(
            {
                "paramrules_inventory": 1,
                "framework": "toy",
                "unknown": {},
                "classes": [["toy.Array", []]],
                "owners": [],
                "parameters": parameters,
            }
        )
    )
