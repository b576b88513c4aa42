"""Runs a case, and compares what came out with what it says."""

import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from compliance.suite import Case

import paramrules
from paramrules import Assignment, Diagnostic, Inventory, RulesError, RulesWarning, render


def write(case: Case, folder: Path) -> Path:
    """Writes the case's files into a folder; gives the path of its rule file."""
    main = folder / "main.rules"
    for name, text in {**case.files, main.name: case.rules}.items():
        (folder / name).write_text(text, encoding="utf-8")
    return main


def run(case: Case, path: Path, model: object) -> tuple[Assignment | None, dict[str, Any]]:
    """Holds the rules at `path` against a model of any framework, or an inventory."""
    try:
        assignment = paramrules.assign(paramrules.load(path), model, options=case.options, strict=case.strict)
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
    """What the case expects, said of a model whose parameters may have another order.

    A tied parameter's own name is the first of them that the model has.
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


def check(expected: Mapping[str, Any], got: Mapping[str, Any]) -> None:
    """Compares what came out with what is expected, and nothing else."""
    expected = dict(expected)
    if "error" not in expected:
        assert "error" not in got, got
    if "groups" in expected:
        expected["groups"] = [{"settings": {}, **group} for group in expected["groups"]]
    if "holds" in expected:
        yes = [name for name, label in got["labels"].items() if label == "yes"]
        assert sorted(yes) == sorted(expected.pop("holds"))
    if "labels" in expected:
        named = expected.pop("labels")
        assert {name: got["labels"].get(name) for name in named} == named
    if "findings" in expected:
        expected["findings"] = sorted(expected["findings"])
    if "error" in expected:
        expected["error"] = sorted(expected["error"])
    assert marked({key: got.get(key) for key in expected}) == marked(expected)


def _on_the_model(findings: tuple[Diagnostic, ...]) -> list[list[object]]:
    """Codes and lines; 0 for what is about parameters more than about one line."""
    return sorted(
        [d.code, 0 if d.code in ("W210", "E205") else d.span.source.position(d.span.start)[0]]
        for d in findings
        if d.code[1] == "2" and d.span
    )


@contextmanager
def warned(assignment: Assignment) -> Iterator[None]:
    """What happens inside has to warn of the assignment's findings, and of nothing else."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        yield
    got = [(w.category, str(w.message)) for w in caught]
    assert got == [(RulesWarning, "\n" + render(finding)) for finding in assignment.findings]


def plain(settings: Mapping[str, object]) -> dict[str, object]:
    """Settings as JSON has them."""
    return {key: list(value) if isinstance(value, tuple) else value for key, value in settings.items()}


def marked(value: object) -> object:
    """Makes `true` something else than 1, which Python thinks it is."""
    if isinstance(value, dict):
        return {key: marked(item) for key, item in value.items()}
    if isinstance(value, list):
        return [marked(item) for item in value]
    return ("boolean", value) if isinstance(value, bool) else value
