"""A comparison with a fact that does not apply does not hold, whatever the operator."""

import pytest
from support import inventory_of

import paramrules

ROWS = [
    {"name": "w", "shape": (4, 8), "fan_in": 8, "attributes": {"n": 3}},
    {"name": "b", "shape": (4, 8)},
    {"name": "h.3", "shape": (3,)},
]


@pytest.mark.parametrize(
    ("test", "names"),
    [
        ("fan_in != 4", ["w"]),
        ("fan_in not in (4, 5)", ["w"]),
        ("shape != (4, fan_in)", []),
        ("shape != (fan_in, *)", ["w"]),
        ("shape != (attr(n) + 1, 1)", ["w"]),
        ("shape != (4, *)", ["h.3"]),
        ("not shape == (fan_in, *)", ["w", "b", "h.3"]),
        (r"name ~ (?<i>\d) and shape != (i,)", []),
        (r"name ~ (?<i>\d) and shape != (i + 1,)", ["h.3"]),
    ],
)
def test_unequal_only_where_all_of_it_applies(test: str, names: list[str]) -> None:
    assignment = paramrules.assign(paramrules.parse(f"a?: {test}\nb?: true\n"), inventory_of(ROWS))
    found = [group for group in assignment.groups if group.label == "a"]
    assert [assignment.inventory.names[n] for group in found for n in group.parameters] == names
