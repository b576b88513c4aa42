import re
import sys

import pytest
from support import Terminal

from paramrules.cli.layout import print_blocks, progress
from paramrules.display import Table, counted, few, in_bytes, large, short_settings

TABLE = Table(("group", "tensors", ""), [("decay", "12", "x"), ("no_decay", "3", "")], right=("tensors",))


def test_counted() -> None:
    assert [counted(n, "file") for n in (0, 1, 2)] == ["0 files", "1 file", "2 files"]


def test_few_names_the_first_ones() -> None:
    assert few(["a"]) == "1 tensor (a)"
    assert few(list("abcd")) == "4 tensors (a, b, c, d)"
    assert few(list("abcdef")) == "6 tensors (a, b, c, d, and 2 more)"


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0, "0"),
        (9_216, "9,216"),
        (9_999, "9,999"),
        (10_000, "10.0k"),
        (99_949, "99.9k"),
        (99_950, "100k"),
        (999_499, "999k"),
        (999_500, "1.00M"),
        (1_803_850, "1.80M"),
        (70_553_706_496, "70.6B"),
        (1_500_000_000_000_000, "1500T"),
    ],
)
def test_large_numbers_have_three_digits_and_a_unit(number: int, text: str) -> None:
    assert large(number) == text


def test_settings_read_like_a_rule_file() -> None:
    settings = {
        "lr_scale": 0.1 + 0.2,
        "betas": (0.9, 0.95),
        "fused": True,
        "optimizer": "muon",
        "n": 3,
        "x": None,
    }
    assert (
        short_settings(settings)
        == 'lr_scale=0.3, betas=(0.9, 0.95), fused=true, optimizer="muon", n=3, x=none'
    )
    assert short_settings({}) == "-"


def test_a_plain_table_is_aligned_and_has_no_space_at_the_end() -> None:
    assert TABLE.text() == "group     tensors\ndecay          12  x\nno_decay        3"


def test_in_a_pipe_blocks_are_plain(capsys: pytest.CaptureFixture[str]) -> None:
    print_blocks(["title", TABLE])
    assert capsys.readouterr().out == f"title\n{TABLE.text()}\n"


def test_in_a_terminal_tables_are_drawn_in_colour(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stdout", terminal)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "40")
    monkeypatch.delenv("NO_COLOR", raising=False)
    print_blocks(["[title]", TABLE])
    shown = terminal.getvalue()
    assert "\x1b[36mno_decay" in shown
    lines = [line.rstrip() for line in re.sub(r"\x1b\[[0-9;]*m", "", shown).splitlines()]
    assert lines == ["[title]", "group     tensors", "decay          12  x", "no_decay        3"]


def test_no_color_is_honoured(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stdout", terminal)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("NO_COLOR", "1")
    print_blocks([TABLE])
    assert "\x1b[3" not in terminal.getvalue()


def test_progress_is_for_terminals(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with progress("building"):
        pass
    assert capsys.readouterr() == ("", "")
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setenv("TERM", "xterm")
    with progress("building vit.py:ViT"):
        pass
    assert "building vit.py:ViT" in terminal.getvalue()


@pytest.mark.parametrize(("no_color", "is_green"), [("", True), ("1", False)])
def test_progress_is_colored_as_the_rest(
    no_color: str, is_green: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("NO_COLOR", no_color)
    with progress("building"):
        pass
    assert ("\x1b[32m" in terminal.getvalue()) is is_green


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0, "0 B"),
        (1023, "1023 B"),
        (1024, "1.00 KiB"),
        (99_000, "96.7 KiB"),
        (128 * 1024, "128 KiB"),
        (3 << 30, "3.00 GiB"),
        (5000 << 40, "5000 TiB"),
    ],
)
def test_bytes(number: int, text: str) -> None:
    assert in_bytes(number) == text


@pytest.mark.parametrize(("columns", "is_whole"), [(11, True), (12, False)])
def test_a_terminal_that_is_too_narrow_loses_no_column(
    columns: int, is_whole: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Below 4 columns for each of a table's, lines are printed whole and the terminal breaks them."""
    monkeypatch.setenv("COLUMNS", str(columns))
    monkeypatch.setattr(sys, "stdout", Terminal())
    print_blocks([TABLE])
    printed = re.sub(r"\x1b\[[0-9;]*m", "", sys.stdout.getvalue())
    assert (printed.rstrip() == TABLE.text()) == is_whole
