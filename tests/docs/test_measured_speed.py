"""The tables of speed in README and docs/speed.md, and the picture, are those of the kept results."""

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path

import growth_picture
import pytest
import speed_tables
from docs.pages import ROOT
from measuring import Row, compared, growth, left_out, line, rows_of, show

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
    assert growth("b", ways["a"], ways["b"], 3, rounds=1).against == "a tenth of it"


def test_a_missing_package_is_a_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    def rows() -> Iterator[Row]:
        yield Row("first", 1)
        raise ModuleNotFoundError("No module named 'timm.optim'", name="timm.optim")

    show(rows())
    printed = capsys.readouterr()
    assert printed.out.startswith("first")
    assert printed.err == "timm is not installed: pip install -e '.[timm]'\n"
    with pytest.raises(ModuleNotFoundError, match="nowhere"):
        left_out(ModuleNotFoundError("No module named 'nowhere'", name="nowhere"))


def test_a_table_is_markdown() -> None:
    rows = [Row("`list`", 0.1234), Row("ours", 1234.5, 2.345, "`list`", 1.8), Row("size", 5, unit="kB")]
    assert speed_tables.table(rows) == (
        "| | time | against | target |\n|---|---:|---|---:|\n"
        "| `list` | 0.123 ms | | |\n| ours | 1.23 s | 2.35 times `list` | 1.8 |\n| size | 5 kB | | |\n"
    )
