"""The tables of docs/inferring-measured.md, which bench_infer.py writes, are whole and within the aims."""

import pytest
from bench_infer import HEAD, KINDS, PAGE, TIMED, Measured, totals
from grouping_functions import every, held_out

pytestmark = pytest.mark.frameworks

TEXT = PAGE.read_text()


def cells(head: str, heading: str) -> list[list[str]]:
    """The rows of the table below a heading."""
    table = TEXT.partition(f"## {heading}\n\n{head}\n")[2].partition("\n\n")[0].partition("\n<!--")[0]
    return [[cell.strip() for cell in line[1:-1].split("|")] for line in table.splitlines()]


def measured(cells: list[str]) -> Measured:
    name, tensors, groups, rules, by_hand, listed, *marks, seconds = cells
    numbers = {"yes": "0", "refused": tensors}
    found = {kind: numbers.get(mark, mark) for kind, mark in zip(KINDS, marks, strict=True) if mark}
    wrong = {kind: int(number.replace(",", "")) for kind, number in found.items()}
    return Measured(
        name,
        int(tensors.replace(",", "")),
        int(groups),
        int(rules),
        int(by_hand) if by_hand else None,
        int(listed or 0),
        wrong,
        float(seconds),
        "",
        [],
    )


TABLES = {
    heading: ([measured(row) for row in cells(HEAD, heading)], functions())
    for heading, functions in (("Functions", every), ("Held out", held_out))
}


@pytest.mark.parametrize("heading", TABLES)
def test_every_function_has_its_row(heading: str) -> None:
    rows, functions = TABLES[heading]
    assert [row.name for row in rows] == [function.name for function in functions]
    assert all(row.row() in TEXT for row in rows)
    assert [set(row.wrong) for row in rows] == [set(f.models) & set(KINDS) for f in functions]


@pytest.mark.parametrize("heading", TABLES)
def test_the_totals_are_those_of_the_rows(heading: str) -> None:
    assert f"\n\n{totals(TABLES[heading][0])}\n\n" in TEXT


@pytest.mark.parametrize("heading", TABLES)
def test_the_aims_are_met(heading: str) -> None:
    rows, _ = TABLES[heading]
    assert all(row.wrong["seen"] == 0 for row in rows if row.rules)
    assert sum(row.holds for row in rows) >= 0.9 * len(rows)


def test_large_models_are_within_their_limits() -> None:
    timed = cells(TIMED, "Time")
    assert len(timed) == 4
    assert all(float(seconds) < float(limit) for *_, seconds, limit in timed)
