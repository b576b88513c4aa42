"""Every case of the language's meaning, on the evaluator and on the naive one."""

from pathlib import Path
from typing import Any

import pytest
from oracle import naive

from paramrules.diagnostics import Source
from paramrules.syntax import read
from paramrules.testing.outcome import difference, plain, run, write
from paramrules.testing.suite import Case, cases

CASES = list(cases())


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_evaluator(case: Case, tmp_path: Path) -> None:
    _, got = run(case, write(case, tmp_path), case.inventory)
    assert not difference(case.expected, got)


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
    assert not difference(case.expected, got)
