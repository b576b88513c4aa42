"""Lines of files and their carets in a narrow terminal."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support import calls, examples

from paramrules.diagnostics import Diagnostic, Place, Source, Span, render
from paramrules.diagnostics.excerpt import excerpt
from paramrules.diagnostics.message_text import printable, width

LINE = (
    "x: type(LayerNorm|RMSNorm|GroupNorm) or name ~ ^(cls_token|pos_embed) and ndm <= 1 -> weight_decay = 0"
)


def finding(what: str, line: str = LINE, label: str = "") -> Diagnostic:
    source = Source("a.rules", f"y: else\n{line}\n")
    start = source.text.index(what)
    return Diagnostic("E301", f"`{what}` is not defined", Span(source, start, start + len(what)), label)


def shown(what: str, columns: int | None, label: str = "") -> list[str]:
    return render(finding(what, label=label), columns=columns).splitlines()[3:]


def test_a_line_that_fits_is_whole() -> None:
    for columns in (None, 5 + len(LINE)):
        assert shown("ndm", columns) == [f" 2 | {LINE}", f"   | {' ' * LINE.index('ndm')}^^^"]


@pytest.mark.parametrize(
    ("what", "columns", "line", "carets"),
    [
        (
            "ndm",
            60,
            "...ls_token|pos_embed) and ndm <= 1 -> weight_decay = 0",
            "                           ^^^",
        ),
        (
            "weight_decay",
            50,
            "...os_embed) and ndm <= 1 -> weight_decay = 0",
            "                             ^^^^^^^^^^^^",
        ),
        (
            "RMSNorm",
            50,
            "x: type(LayerNorm|RMSNorm|GroupNorm) or na...",
            "                  ^^^^^^^",
        ),
        (
            "cls_token",
            40,
            "... name ~ ^(cls_token|pos_embed...",
            "             ^^^^^^^^^",
        ),
        (
            "name ~ ^(cls_token|pos_embed) and ndm",
            30,
            "...name ~ ^(cls_token|...",
            "   ^^^^^^^^^^^^^^^^^^^",
        ),
        (
            "ndm",
            5,
            "... and ndm <= 1 ...",
            "        ^^^",
        ),
    ],
)
def test_a_long_line_is_cut_around_the_carets(what: str, columns: int, line: str, carets: str) -> None:
    assert shown(what, columns) == [f" 2 | {line}", f"   | {carets}"]


def test_a_label_that_does_not_fit_stands_below() -> None:
    assert shown("ndm", 80, "this is a label of some length, which says what is wrong with it") == [
        f" 2 | ...{LINE[-72:]}",
        f"   | {' ' * (75 - len(LINE) + LINE.index('ndm'))}^^^",
        "   |                                    this is a label of some length, which",
        "   |                                    says what is wrong with it",
    ]
    assert shown("x", 60, "it stands beside them") == [
        " 2 | x: type(LayerNorm|RMSNorm|GroupNorm) or name ~ ^(cls...",
        "   | ^ it stands beside them",
    ]


def test_all_places_are_cut_and_lines_below_are_coloured() -> None:
    first = finding("ndm")
    assert first.span
    both = Diagnostic("E301", "m", first.span, "a label that is too long for it", (Place(first.span, "two"),))
    text = render(both, columns=40, color=True)
    assert text.count("...s_embed) and ndm <= 1 -> weig...") == 2
    assert "|\x1b[0m \x1b[1;31ma label that is too long for it\x1b[0m" in text
    assert text.endswith(" \x1b[1;34m^^^ two\x1b[0m")


@pytest.mark.parametrize(
    ("line", "carets"),
    [
        ("x: ndim <= 1   ", 12),
        ("x: ndim <= 1   # a comment", 12),
        ("x: name ~ 'a#b' or  # a comment", 18),
        ('x: name ~ "a#b', 14),
        ("# a comment", 1),
    ],
)
def test_what_goes_on_below_is_underlined_to_the_end_of_the_line(line: str, carets: int) -> None:
    assert excerpt(line, 0, 100).carets == carets


def test_wide_characters_and_tabs() -> None:
    line = "x: leaf == '层归一化层归一化层归一化' or\tndm <= 1"
    before = line.index("ndm")
    assert excerpt(line, before, 3) == (line.replace("\t", " "), 41, 3)
    assert excerpt(line, before, 3, 24) == ("...层归一化' or ndm <= 1", 16, 3)
    assert excerpt(line, before, 3, 23) == ("... 归一化' or ndm <= 1", 15, 3)
    assert excerpt(line, line.index("层"), 3, 24) == ("x: leaf == '层归一化 ...", 12, 6)
    assert excerpt(line, line.index("层"), 3, 23) == ("x: leaf == '层归一化...", 12, 6)


TEXTS = st.text(st.sampled_from("ab 层\t\x1be\u0301"), max_size=60)


@settings(max_examples=examples(300), deadline=None)
@given(TEXTS, st.integers(0, 60), st.integers(0, 60), st.integers(20, 50))
def test_the_carets_stay_below_what_they_mark(line: str, start: int, length: int, columns: int) -> None:
    start = min(start, len(line))
    whole, cut = excerpt(line, start, length), excerpt(line, start, length, columns)
    assert 1 <= cut.carets <= whole.carets
    assert cut.before + cut.carets <= columns
    assert width(cut.text) <= columns
    if whole.carets <= columns - 6:
        assert cut.carets == whole.carets
    marked = printable(line[start : start + length]).rstrip()
    if width(marked) == whole.carets == cut.carets:
        at = next(n for n in range(len(cut.text) + 1) if width(cut.text[:n]) == cut.before)
        assert cut.text[at:].startswith(marked) or "\u0301" in line


def test_a_very_long_line_is_cut_wherever_it_is_shown() -> None:
    line = "x: " + " or ".join(f"a{number}" for number in range(1_000))
    marked, text, carets = "a500", *shown_of(line, "a500")
    assert text.startswith(" 2 | ...")
    assert text.endswith("...")
    assert len(text) == len(" 2 | ") + 200
    assert text[carets.index("^") :].startswith(marked)
    assert carets.count("^") == len(marked)
    assert shown_of(line, "a0")[0].startswith(" 2 | x: a0 or a1")


def test_what_is_far_from_the_carets_is_not_looked_at() -> None:
    def steps(length: int) -> int:
        line = "ö" * length + "b" + "ö" * length
        return calls(lambda: excerpt(line, length, 1))

    assert steps(100_000) == steps(10_000)


def shown_of(line: str, what: str) -> list[str]:
    return render(finding(what, line)).splitlines()[3:]
