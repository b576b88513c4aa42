"""The cases of the language's meaning, read from the JSON files in `cases/`."""

import json
from collections.abc import Iterator, Mapping
from importlib.resources import files
from typing import Any, NamedTuple

from paramrules.inventories import Inventory
from paramrules.testing.rows import inventory_of

FOLDER = files(__package__) / "cases"


class Case(NamedTuple):
    """One case.

    Attributes:
        id: the file and the case's name.
        rules: the text of the rule file.
        model: the model's rows, under `parameters`, the attributes of its `modules`, and the facts that are
            `unknown` of it.
        files: the text of each file that the rules may include, by name.
        options: values for the file's options.
        strict: whether what is dead is an error.
        expected: what comes out, under one or more of `groups`, `labels`, `holds`, `findings` and `error`.
    """

    id: str
    rules: str
    model: Mapping[str, Any]
    files: Mapping[str, str]
    options: Mapping[str, Any]
    strict: bool
    expected: Mapping[str, Any]

    def __str__(self) -> str:
        return self.id

    @property
    def inventory(self) -> Inventory:
        """The inventory that the rows describe."""
        return inventory_of(
            self.model["parameters"], unknown=self.model.get("unknown"), modules=self.model.get("modules")
        )


RESULTS = {"groups", "labels", "holds", "findings", "error"}
KEYS = RESULTS | {"name", "rules", "options", "strict", "inventory", "predicate", "before", "files"}


def cases() -> Iterator[Case]:
    """Yield all cases of all files, in a fixed order.

    Raises ValueError for a case that expects nothing or has an unknown key.
    """
    for path in sorted((p for p in FOLDER.iterdir() if p.name.endswith(".json")), key=lambda p: p.name):
        file = json.loads(path.read_text("utf-8"))
        for case in file["cases"]:
            where = f"{path.name.removesuffix('.json')}: {case['name']}"
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
