"""Run a case, and compare the outcome with what it expects."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from paramrules.assignment import Assignment
from paramrules.assignment.assign import assign
from paramrules.diagnostics import Diagnostic, RulesError
from paramrules.inventories import Inventory
from paramrules.rules.load import load
from paramrules.testing.suite import Case


def write(case: Case, folder: Path) -> Path:
    """Write the case's files into a folder, and return the path of its rule file."""
    main = folder / "main.rules"
    for name, text in {**case.files, main.name: case.rules}.items():
        (folder / name).write_text(text, encoding="utf-8")
    return main


def run(case: Case, path: Path, model: object) -> tuple[Assignment | None, dict[str, Any]]:
    """Assign the rules at `path` to a model of any framework, or an inventory.

    Returns the assignment, None if there are errors, and the outcome in the form of `Case.expected`.
    """
    try:
        assignment = assign(load(path), model, options=case.options, strict=case.strict)
    except RulesError as error:
        return None, {
            "error": sorted({d.code for d in error.diagnostics if d.is_error}),
            "findings": _on_the_model(error.diagnostics),
        }
    names = assignment.inventory.names
    groups = assignment.groups
    return assignment, {
        "groups": [
            {
                "label": group.label,
                "settings": plain(group.settings),
                "parameters": [names[number] for number in group.parameters],
            }
            for group in groups
        ],
        "labels": {names[number]: "/".join(g.labels) for g in groups for number in g.parameters},
        "findings": _on_the_model(assignment.findings),
    }


def expected_of(case: Case, inventory: Inventory) -> dict[str, Any]:
    """Return what the case expects of a model whose parameters may have another order.

    A tied parameter goes by the first of its names that the model has.
    """

    def named(names: list[str]) -> list[str]:
        return [inventory.names[number] for number in sorted(map(inventory.index, names))]

    expected = dict(case.expected)
    if "groups" in expected:
        expected["groups"] = [{**g, "parameters": named(g["parameters"])} for g in expected["groups"]]
    if "holds" in expected:
        expected["holds"] = named(expected["holds"])
    if "labels" in expected:
        expected["labels"] = {named([name])[0]: label for name, label in expected["labels"].items()}
    return expected


def difference(expected: Mapping[str, Any], outcome: Mapping[str, Any]) -> str:
    """Compare what a case expects with the outcome. Returns the first difference in words, "" if none."""
    if "error" in outcome and "error" not in expected:
        return f"errors {outcome['error']} {outcome['findings']} where none is expected"
    for key, wanted in expected.items():
        got = outcome.get(key)
        match key:
            case "groups":
                wanted = [{"settings": {}, **group} for group in wanted]
            case "holds":
                wanted = sorted(wanted)
                got = sorted(name for name, label in outcome["labels"].items() if label == "yes")
            case "labels":
                got = {name: outcome["labels"].get(name) for name in wanted}
            case _:
                wanted = sorted(wanted)
        if marked(got) != marked(wanted):
            return f"{key}: {got} where {wanted} is expected"
    return ""


def _on_the_model(findings: tuple[Diagnostic, ...]) -> list[list[object]]:
    """Return codes and lines; line 0 for findings about parameters rather than about one line."""
    return sorted(
        [d.code, 0 if d.code in ("N210", "E205") else d.span.source.position(d.span.start)[0]]
        for d in findings
        if d.code[1] == "2" and d.span
    )


def plain(settings: Mapping[str, object]) -> dict[str, object]:
    """Return settings as JSON writes them."""
    return {key: list(value) if isinstance(value, tuple) else value for key, value in settings.items()}


def marked(value: object) -> object:
    """Keep `true` apart from 1, which Python considers equal."""
    if isinstance(value, dict):
        return {key: marked(item) for key, item in value.items()}
    if isinstance(value, list):
        return [marked(item) for item in value]
    return ("boolean", value) if isinstance(value, bool) else value
