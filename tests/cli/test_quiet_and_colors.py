"""`--quiet`, colours, and lines cut to the width of a terminal."""

import io
import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from support import Ran, Terminal

from paramrules import Diagnostic
from paramrules.cli import printed_answer
from paramrules.cli.layout import columns_of, is_colored, print_blocks
from paramrules.display import Table

WARNED = "x?: ndim <= 1\nscale: leaf == 'gain'\n"
LONG = f"x: name ~ ^({'|'.join(f'block_{i}' for i in range(20))}) or ndm <= 1\n"


def test_quiet_prints_only_what_decides_the_exit_code(run: Callable[..., Ran]) -> None:
    Path("warned.rules").write_text(WARNED)
    Path("bad.rules").write_text("x: ndm <= 1\n")
    model = ("-m", "net.py:model")
    for flag in ("--quiet", "-q"):
        assert run("check", flag, "net.rules") == (0, "", "")
        assert run("show", flag, "warned.rules", *model) == (0, "", "")
        assert run("explain", flag, "warned.rules", "norm.g", *model) == (0, "", "")
        assert run("parity", flag, "warned.rules", *model, *model) == (0, "", "")
        assert run("inventory", flag, "net.py:model", "-o", "net.json") == (0, "", "")
        code, out, err = run("show", flag, "warned.rules", *model, "--fail-on", "warning")
        assert (code, out) == (1, "")
        assert err.startswith("warning[W201]: ")
        code, out, err = run("check", flag, "net.rules", "bad.rules")
        assert (code, out) == (1, "")
        assert err.startswith("error[E301]: ")
    code, out, err = run("test", "-q", "net.rules", *model)
    assert (code, out) == (1, "")
    assert err.count("[E206]") == err.count("[") == 1
    assert run("show", "-q", "net.rules", "-m", "net.py:nothing")[2].startswith("error[E701]: ")


def test_quiet_keeps_what_was_to_be_written(run: Callable[..., Ran]) -> None:
    assert (
        run("inventory", "net.py:model", "-q", "-o", "-").out
        == run("inventory", "net.py:model", "-o", "-").out
    )
    assert json.loads(run("check", "-q", "net.rules", "--json").out) == {
        "version": 1,
        "files": ["net.rules"],
        "findings": [],
    }


@pytest.mark.parametrize(
    ("variables", "in_terminal", "in_pipe"),
    [
        ({}, True, False),
        ({"NO_COLOR": "1"}, False, False),
        ({"NO_COLOR": ""}, True, False),
        ({"FORCE_COLOR": "1"}, True, True),
        ({"FORCE_COLOR": ""}, True, False),
        ({"NO_COLOR": "1", "FORCE_COLOR": "1"}, False, False),
        ({"TERM": "dumb"}, False, False),
        ({"TERM": "dumb", "FORCE_COLOR": "1"}, True, True),
    ],
)
def test_who_gets_colors(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], in_terminal: bool, in_pipe: bool
) -> None:
    for name in ("NO_COLOR", "FORCE_COLOR", "TERM"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert (is_colored(Terminal()), is_colored(io.StringIO())) == (in_terminal, in_pipe)
    table = Table(("name", "n"), [("a" * 100, "1")])
    for stream, colored in ((Terminal(), in_terminal), (io.StringIO(), in_pipe)):
        monkeypatch.setattr(sys, "stdout", stream)
        print_blocks(["heading", table])
        print_blocks([])
        assert ("\x1b[36m" in stream.getvalue()) is colored
        assert ("\x1b" in stream.getvalue()) is colored
        if not stream.isatty():
            assert "a" * 100 in stream.getvalue()


def test_how_wide_a_stream_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("COLUMNS", raising=False)
    assert columns_of(io.StringIO()) is None
    assert columns_of(Terminal()) is None  # a terminal that cannot say
    monkeypatch.setenv("COLUMNS", "80")
    assert columns_of(io.StringIO()) == 80
    monkeypatch.setenv("COLUMNS", "0")
    assert columns_of(io.StringIO()) is None


def test_a_long_line_is_cut_to_the_columns(run: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch) -> None:
    Path("long.rules").write_text(LONG)
    assert f" 1 | {LONG}" in run("check", "long.rules").err
    monkeypatch.setenv("COLUMNS", "80")
    assert (
        run("check", "long.rules").err
        == """\
error[E301]: `ndm` is not defined
  --> long.rules:1:187
   |
 1 | ...ck_13|block_14|block_15|block_16|block_17|block_18|block_19) or ndm <= 1
   |                                                                    ^^^
   = help: did you mean `ndim`?

"""
    )


def test_findings_under_force_color(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.StringIO()
    monkeypatch.setattr(sys, "stderr", stream)
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("FORCE_COLOR", "1")
    printed_answer.report([Diagnostic("E504", "no backend knows it")])
    assert stream.getvalue() == "\x1b[1;31merror[E504]\x1b[0m\x1b[1m: no backend knows it\x1b[0m\n\n"
