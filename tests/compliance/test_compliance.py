"""Every case of the language's meaning, on the evaluator and on the naive one."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from compliance.suite import Case, cases
from oracle import naive

import paramrules
from paramrules.diagnostics import Diagnostic, RulesError, Source
from paramrules.syntax import read

CASES = list(cases())


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_evaluator(case: Case, tmp_path: Path) -> None:
    inventory = case.inventory
    for name, text in {**case.files, "main.rules": case.rules}.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    try:
        rules = paramrules.load(tmp_path / "main.rules")
        assignment = paramrules.assign(rules, inventory, options=case.options, strict=case.strict)
    except RulesError as error:
        got = {
            "error": sorted({d.code for d in error.diagnostics if d.is_error}),
            "findings": on_the_model(error.diagnostics),
        }
    else:
        got = {
            "groups": [
                {
                    "label": group.label,
                    "settings": plain(group.settings),
                    "parameters": [inventory.names[number] for number in group.parameters],
                }
                for group in assignment.groups
            ],
            "labels": {
                inventory.names[number]: "/".join(group.labels)
                for group in assignment.groups
                for number in group.parameters
            },
            "findings": on_the_model(assignment.findings),
        }
    check(case, got)


@pytest.mark.parametrize(
    "case",
    [case for case in CASES if not {code[1] for code in case.expected.get("error", [])} & {"1", "3", "4"}],
    ids=lambda case: case.id,
)
def test_naive_evaluator(case: Case) -> None:
    inventory = case.inventory
    file, _ = read(Source("<rules>", case.rules))
    included = {name: read(Source(name, text))[0] for name, text in case.files.items()}
    result = naive.assign(file, inventory, included=included, options=case.options, strict=case.strict)
    findings = sorted([code, line] for code, line in result.findings)
    if result.groups is None:
        got: dict[str, Any] = {"error": sorted(result.errors), "findings": findings}
    else:
        got = {
            "groups": [
                {
                    "label": label,
                    "settings": plain(settings),
                    "parameters": [inventory.names[number] for number in members],
                }
                for label, _, settings, members in result.groups
            ],
            "labels": {
                inventory.names[number]: "/".join(axis.labels[number] for axis in result.axes)
                for number in range(len(inventory))
            },
            "findings": findings,
        }
    check(case, got)


def check(case: Case, got: Mapping[str, Any]) -> None:
    """Compares what came out with what the case says, and nothing else."""
    expected = dict(case.expected)
    if "error" not in expected:
        assert "error" not in got, got
    for group in expected.get("groups", []):
        group.setdefault("settings", {})
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


def on_the_model(findings: tuple[Diagnostic, ...]) -> list[list[object]]:
    """Codes and lines; 0 for what is about parameters more than about one line."""
    return sorted(
        [d.code, 0 if d.code in ("W210", "E205") else d.span.source.position(d.span.start)[0]]
        for d in findings
        if d.code[1] == "2" and d.span
    )


def plain(settings: Mapping[str, object]) -> dict[str, object]:
    return {key: list(value) if isinstance(value, tuple) else value for key, value in settings.items()}


def marked(value: object) -> object:
    """Makes `true` something else than 1, which Python thinks it is."""
    if isinstance(value, dict):
        return {key: marked(item) for key, item in value.items()}
    if isinstance(value, list):
        return [marked(item) for item in value]
    return ("boolean", value) if isinstance(value, bool) else value
