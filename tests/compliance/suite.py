"""Reads the cases beside it. A backend's tests run them too: `cases()` needs no evaluator."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from support import inventory_of

from paramrules.inventories import Inventory

FOLDER = Path(__file__).parent


class Case(NamedTuple):
    """One case: `expected` holds those of `groups`, `labels`, `holds`, `findings` and `error` that it has."""

    id: str
    rules: str
    model: Mapping[str, Any]
    files: Mapping[str, str]
    options: Mapping[str, Any]
    strict: bool
    expected: Mapping[str, Any]

    @property
    def inventory(self) -> Inventory:
        return inventory_of(self.model["parameters"], unknown=self.model.get("unknown"))


RESULTS = {"groups", "labels", "holds", "findings", "error"}
KEYS = RESULTS | {"name", "rules", "options", "strict", "inventory", "predicate", "before", "files"}


def cases() -> Iterator[Case]:
    """All cases of all files. Raises ValueError for one that says nothing or has a key that is not known."""
    for path in sorted(FOLDER.glob("*.json")):
        file = json.loads(path.read_text("utf-8"))
        for case in file["cases"]:
            where = f"{path.stem}: {case['name']}"
            if not RESULTS & case.keys() or not case.keys() <= KEYS:
                raise ValueError(f"{where}: {sorted(case)}")
            lines = case.get("rules") or [*case.get("before", []), f"yes: {case['predicate']}", "no: else"]
            yield Case(
                id=where,
                rules="\n".join(lines) + "\n",
                model=case.get("inventory") or file["inventory"],
                files={name: "\n".join(lines) + "\n" for name, lines in case.get("files", {}).items()},
                options=case.get("options", {}),
                strict=case.get("strict", False),
                expected={key: case[key] for key in RESULTS & case.keys()},
            )
