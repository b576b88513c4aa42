"""The rule file and the model of a lock as seen from the current folder."""

from dataclasses import replace

import pytest
from support import inventory_of

import paramrules
from paramrules.diffs.seen_from_here import seen_from_here
from paramrules.locks import Lock


@pytest.mark.parametrize(
    ("path", "rules", "model", "expected"),
    [
        ("rules/a.rules.lock", "a.rules", "../models/a.py:A(2)", ("rules/a.rules", "models/a.py:A(2)")),
        ("main:./rules/a.rules.lock", "a.rules", "a.json", ("rules/a.rules", "rules/a.json")),
        ("../a.rules.lock", "a.rules", r"models\\a.json", ("../a.rules", "../models/a.json")),
        (
            "rules/a.rules.lock",
            "a.rules",
            "timm:create_model('a')",
            ("rules/a.rules", "timm:create_model('a')"),
        ),
        ("rules/n.rules.lock", "<nanogpt@1>", "my net", ("<nanogpt@1>", "my net")),
        ("", "a.rules", "a.json", ("a.rules", "a.json")),
    ],
)
def test_paths(path: str, rules: str, model: str, expected: tuple[str, str]) -> None:
    made = paramrules.assign(paramrules.parse("all: else\n"), inventory_of([{"name": "a", "shape": [1]}]))
    section = replace(paramrules.lock({"net": made}).models[0], rules=rules, model=model)
    (seen,) = seen_from_here(Lock((section,)), path)
    assert (seen.rules, seen.model) == expected
