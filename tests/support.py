"""Inventories from plain rows, for tests that need no framework, and the number of generated cases."""

import os
from collections.abc import Mapping
from typing import Any

from paramrules.testing.rows import ROOT, Row, RowColumns, class_of, inventory_of

__all__ = ["ROOT", "Row", "RowColumns", "class_of", "examples", "golden_rows", "inventory_of"]


def examples(count: int) -> int:
    """Return how many cases a property test generates: `count`, and many times that in the slow session."""
    return count * int(os.environ.get("PARAMRULES_EXAMPLES", "1"))


def golden_rows(data: Mapping[str, Any]) -> list[Row]:
    """The rows of a golden file, whose `around` counts the owner in and knows no bases."""
    skip = set(data["no_weight_decay"])

    def row(entry: Mapping[str, Any]) -> dict[str, Any]:
        attributes = {"no_weight_decay": True} if entry["name"] in skip else {}
        return {**entry, "around": entry["around"][:-1], "attributes": attributes}

    return [{**row(p), "also": [row(other) for other in p.get("also", ())]} for p in data["parameters"]]
