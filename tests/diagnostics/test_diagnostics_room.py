"""Sources, spans and findings as values."""

import pytest

from paramrules.diagnostics import Diagnostic, Place, Source, Span, a, did_you_mean, render, to_json

SOURCE = Source("m.rules", "a: ndim\nlong_label: \tname ~ x\n")


def test_a_source_shows_its_name() -> None:
    assert repr(SOURCE) == "Source('m.rules')"
    assert SOURCE.position(8) == (2, 1)
    assert SOURCE.line(3) == ""


def test_a_code_has_to_be_declared() -> None:
    with pytest.raises(KeyError, match="E999 is not declared"):
        Diagnostic("E999", "nothing")


def test_articles() -> None:
    assert [a(word) for word in ("Linear", "Embedding", "*Attention")] == [
        "a `Linear`",
        "an `Embedding`",
        "an `*Attention`",
    ]


def test_the_nearest_word() -> None:
    assert did_you_mean("layernorm", ["LayerNorm", "Linear"]) == "did you mean `LayerNorm`?"
    assert did_you_mean("xyz", ["LayerNorm"]) == ""


def test_colours_stand_around_the_same_text() -> None:
    finding = Diagnostic(
        "E304",
        "`ndim` is a number",
        Span(SOURCE, 3, 7),
        "here",
        also=(Place(Span(SOURCE, 21, 25), "and here"),),
        help="compare it",
    )
    plain = (
        "error[E304]: `ndim` is a number\n"
        "  --> m.rules:1:4\n"
        "   |\n"
        " 1 | a: ndim\n"
        "   |    ^^^^ here\n"
        "  --> m.rules:2:14\n"
        "   |\n"
        " 2 | long_label:  name ~ x\n"
        "   |              ^^^^ and here\n"
        "   = help: compare it"
    )
    assert render(finding) == plain
    coloured = render(finding, color=True)
    assert coloured != plain
    for escape in ("\x1b[1m", "\x1b[1;31m", "\x1b[1;34m", "\x1b[0m"):
        coloured = coloured.replace(escape, "")
    assert coloured == plain


def test_json_counts_from_one() -> None:
    finding = Diagnostic("W402", "a dot", Span(SOURCE, 8, 18), also=(Place(Span(SOURCE, 0, 1), "x"),))
    assert to_json(finding) == {
        "code": "W402",
        "severity": "warning",
        "message": "a dot",
        "label": "",
        "help": "",
        "file": "m.rules",
        "line": 2,
        "column": 1,
        "end_line": 2,
        "end_column": 11,
        "also": [{"file": "m.rules", "line": 1, "column": 1, "end_line": 1, "end_column": 2, "label": "x"}],
    }


def test_control_characters_do_not_reach_the_terminal() -> None:
    source = Source("m.rules", "a: \x1b[2J b")
    shown = render(Diagnostic("E104", "no \x07", Span(source, 3, 4)))
    assert shown == ("error[E104]: no \\x07\n  --> m.rules:1:4\n   |\n 1 | a: \\x1b[2J b\n   |    ^^^^")
