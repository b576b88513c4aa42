"""The tables of speed in README and docs/speed.md, and the picture, are those of the kept results."""

import re
import xml.etree.ElementTree as ET
from pathlib import Path

import growth_picture
import pytest
import speed_tables
from docs.pages import ROOT
from measuring import Row, compared, growth, line, rows_of

RESULTS = speed_tables.load()


@pytest.mark.parametrize("page", speed_tables.PAGES, ids=lambda page: page.name)
def test_a_page_shows_the_kept_results(page: Path) -> None:
    """`python benchmarks/run.py --pages` writes the pages anew."""
    text = page.read_text("utf-8")
    assert "<!-- speed: " in text
    assert speed_tables.renewed(text, RESULTS) == text


def test_every_benchmark_with_rows_is_run_and_shown() -> None:
    files = (ROOT / "benchmarks").glob("bench_*.py")
    with_rows = {file.stem for file in files if "\ndef rows(" in file.read_text("utf-8")}
    assert {*speed_tables.TITLES} == with_rows
    assert {*RESULTS} == with_rows
    page = speed_tables.PAGES[1].read_text("utf-8")
    assert set(re.findall(r"<!-- speed: (\w+) -->", page)) == with_rows | {"origin"}


def test_the_picture_draws_the_kept_results() -> None:
    """`python benchmarks/run.py --pages` draws it anew."""
    svg = growth_picture.PICTURE.read_text("utf-8")
    descriptions = ET.fromstring(svg).iter("{http://purl.org/dc/elements/1.1/}description")
    curves = growth_picture.curves(speed_tables.rows(RESULTS, "bench_growth"))
    assert [each.text for each in descriptions] == [growth_picture.described(curves)]
    assert tuple(sorted(curves)) == tuple(sorted(growth_picture.PANELS))


def test_the_picture_follows_the_readers_scheme() -> None:
    svg = growth_picture.PICTURE.read_text("utf-8")
    assert "prefers-color-scheme: dark" in svg
    _, _, body = svg.partition("</style>")
    assert "var(--fg)" in body
    assert not re.findall(r"(?:fill|stroke): ?#\w+", body)


def test_a_ratio_is_the_median_of_the_rounds() -> None:
    rows = list(rows_of({"m: list": [1.0, 2.0, 10.0], "m: group": [2.0, 3.0, 50.0]}, {"m: group": 1.5}))
    assert rows == [Row("m: list", 2.0), Row("m: group", 3.0, 2.0, "list", 1.5)]
    assert line(rows[1]).split() == ["m:", "group", "3.00", "ms", "2.00", "x", "list", "(target:", "1.5)"]


def test_ways_run_in_turn() -> None:
    ran: list[str] = []
    ways = {"a": lambda: ran.append("a"), "b": lambda: ran.append("b")}
    seconds = iter([0, 1, 1, 3, 3, 4, 4, 6]).__next__
    rows = list(compared(ways, rounds=2, clock=seconds))
    assert ran == ["a", "b", "a", "b"]
    assert rows == [Row("a", 1000), Row("b", 2000, 2.0, "a")]
    row = growth(("a tenth", ways["a"]), ("b", ways["b"]), 3)
    assert (row.what, row.against, row.target) == ("b", "a tenth", 3)


def test_a_table_is_markdown() -> None:
    rows = [Row("`list`", 0.1234), Row("ours", 1234.5, 2.345, "`list`", 1.8), Row("size", 5, unit="kB")]
    assert speed_tables.table(rows) == (
        "| | measured | against | target |\n| --- | ---: | --- | ---: |\n"
        "| `list` | 0.123 ms | | |\n"
        "| ours | 1.23 s | 2.35 times `list` | 1.8, **missed** |\n| size | 5 kB | | |\n"
    )
    assert speed_tables.table(rows[:2], targets=False).startswith(
        "| | time | against |\n| --- | ---: | --- |\n"
    )


@pytest.mark.parametrize(
    ("row", "shown"),
    [
        (Row("", 1, 1.051, "", 1.05), "1.05"),  # shown as 1.05 times
        (Row("", 1, 1.06, "", 1.05), "1.05, **missed**"),
        (Row("", 2000, target=2000), "2 s"),
        (Row("", 2001, target=2000), "2 s, **missed**"),
        (Row("", 2001), ""),
    ],
)
def test_a_missed_target_is_marked(row: Row, shown: str) -> None:
    assert speed_tables.aim(row) == shown


def test_every_missed_target_is_marked_on_the_page() -> None:
    missed = [row for name in RESULTS for row in speed_tables.rows(RESULTS, name) if speed_tables.missed(row)]
    page = speed_tables.PAGES[1].read_text("utf-8")
    assert page.count(", **missed** |") == len(missed)


def test_sizes_become_the_lines_of_a_grid() -> None:
    rows = [
        *(Row("1 rules: list", 10), Row("1 rules: read", 20, 2, "list")),
        *(Row("2,000 rules: list", 10), Row("2,000 rules: read", 40, 4, "list"), Row("5 groups: list", 7)),
    ]
    assert speed_tables.grids(rows) == (
        "| rules | list | read |\n| ---: | ---: | ---: |\n"
        "| 1 | 10 ms | 20 ms (2.00) |\n| 2,000 | 10 ms | 40 ms (4.00) |\n\n"
        "| groups | list |\n| ---: | ---: |\n| 5 | 7 ms |\n"
    )


def test_proofs_are_summed_up_by_answer() -> None:
    rows = [Row(f"{name}, rewritten: equal, 1 cells", time) for name, time in (("a", 1), ("b", 9), ("c", 2))]
    rows.append(Row("a, changed: different, 2 cells", 4))
    assert speed_tables.proofs(rows) == (
        "| answer | pairs of files | median | slowest |\n| --- | ---: | ---: | ---: |\n"
        "| equal | 3 | 2 ms | 9 ms (b) |\n| different | 1 | 4 ms | 4 ms (a) |\n"
    )
