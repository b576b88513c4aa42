"""Sources, spans and findings as values."""

from collections import Counter
from collections.abc import Iterator

import pytest

import paramrules
from paramrules.diagnostics import (
    CODES,
    Code,
    Diagnostic,
    Place,
    Source,
    Span,
    a,
    declare,
    did_you_mean,
    listed,
    plural,
    printable,
    render,
    to_json,
    to_sarif,
)
from paramrules.rules.load import unsilenced

SOURCE = Source("m.rules", "a: ndim\nlong_label: \tname ~ x\n")


def test_a_source_shows_its_name() -> None:
    assert repr(SOURCE) == "Source('m.rules')"
    assert SOURCE.position(8) == (2, 1)
    assert SOURCE.line(3) == ""


def test_a_code_has_to_be_declared() -> None:
    with pytest.raises(KeyError, match="E999 is not declared"):
        Diagnostic("E999", "nothing")


def test_errors_warnings_and_notes_share_the_numbers() -> None:
    """Only a note that is split off a warning, as N202 off W202, has its number."""
    numbers = Counter(code[1:] for code, known in CODES.items() if code[1:] != known.parent[1:])
    assert [number for number, count in numbers.items() if count > 1] == []


@pytest.fixture
def own_codes() -> Iterator[None]:
    """Forget the codes that a test declares."""
    before = dict(CODES)
    yield
    CODES.clear()
    CODES.update(before)


@pytest.mark.usefixtures("own_codes")
def test_a_backend_declares_codes_of_its_own() -> None:
    declare({"EMLX601": "a group has no optimizer", "WMLX602": "a group is empty"})
    declare({"EMLX601": "a group has no optimizer"})
    assert Diagnostic("EMLX601", "nothing").severity == "error"
    declare({"NMLX603": "a group is small"})
    assert Diagnostic("WMLX602", "nothing").severity == "warning"
    assert Diagnostic("NMLX603", "nothing").severity == "note"
    with pytest.raises(ValueError, match="`EMLX601` is already declared, as 'a group has no optimizer'"):
        declare({"EMLX601": "something else"})


@pytest.mark.parametrize("code", ["E601", "EMLX1", "X001", "Emlx601", "EMLX6012"])
def test_a_backends_code_has_a_form(code: str) -> None:
    with pytest.raises(ValueError, match=f"`{code}` is not a backend's code: it should look like `EMLX601`"):
        declare({code: "nothing"})


@pytest.mark.usefixtures("own_codes")
def test_a_comment_that_allows_a_code_covers_what_was_split_off_it() -> None:
    CODES["W499"] = Code("warning", "a dot before a digit", "W402")
    rules = paramrules.parse("a: ndim <= 1  # allow: W402 -- meant so\n")
    there = Span(rules.source, 0, 1)
    assert unsilenced([Diagnostic("W499", "a dot", there)], rules.allows) == []
    assert unsilenced([Diagnostic("W499", "a dot")], rules.allows) == []
    assert len(unsilenced([Diagnostic("W316", "a key", there)], rules.allows)) == 1


@pytest.mark.usefixtures("own_codes")
def test_a_comment_may_name_a_warning_of_a_backend_that_is_not_loaded() -> None:
    assert paramrules.parse("a: ndim <= 1  # allow: WMLX602, NMLX603 -- meant so\n").findings == ()
    (finding,) = paramrules.parse("a: ndim <= 1  # allow: EMLX601 -- meant so\n").findings
    assert finding.message == "`EMLX601` is not the code of a warning"


def test_a_comment_may_name_a_code_that_another_has_replaced() -> None:
    assert paramrules.parse("a: ndim <= 1  # allow: W210 -- meant so\n").findings == ()


def test_articles() -> None:
    assert [a(word) for word in ("Linear", "Embedding", "*Attention")] == [
        "a `Linear`",
        "an `Embedding`",
        "an `*Attention`",
    ]


def test_lists_of_names() -> None:
    assert plural("group", ["a"]) == "the group `a`"
    assert plural("group", ["a", "b", "c"]) == "the groups `a`, `b` and `c`"
    assert listed(["a", "b", "c", "d"], 2) == "`a`, `b` and 2 more"
    assert listed(["a", "b"], 2) == "`a` and `b`"
    assert listed([]) == ""


def test_the_nearest_word() -> None:
    assert did_you_mean("layernorm", ["LayerNorm", "Linear"]) == "did you mean `LayerNorm`?"
    assert did_you_mean("xyz", ["LayerNorm"]) == ""


@pytest.mark.parametrize(
    ("word", "known", "near"),
    [
        ("ndm", "ndim", True),
        ("raet", "rate", True),
        ("rates", "rate", True),
        ("rope", "rate", False),
        ("read", "head", False),
        ("heads", "head", True),
        ("adam", "adamw", True),
        ("lrr", "lr", True),
        ("epss", "eps", True),
        ("eps", "steps", False),
        ("moe", "mode", False),
        ("mode", "moe", False),
        ("Blok", "Block", True),
        ("lion", "line", False),
        ("LR", "lr", True),
        ("rl", "lr", True),
        ("Bgi", "big", True),
        ("bgi", "bog", False),
    ],
)
def test_short_words_have_to_be_nearer(word: str, known: str, near: bool) -> None:
    assert did_you_mean(word, [known]) == (f"did you mean `{known}`?" if near else "")


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


@pytest.mark.parametrize(("code", "tone"), [("E104", "1;31"), ("W402", "1;33"), ("N203", "1;36")])
def test_each_severity_has_its_colour(code: str, tone: str) -> None:
    shown = render(Diagnostic(code, "x"), color=True)
    severity = Diagnostic(code, "x").severity
    assert shown == f"\x1b[{tone}m{severity}[{code}]\x1b[0m\x1b[1m: x\x1b[0m"


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


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain: text ü 中 🙂", "plain: text ü 中 🙂"),
        ("a\tb", "a b"),
        ("a\nb\r\x1b[0m\x7f\x9b", r"a\nb\r\x1b[0m\x7f\x9b"),
        ("\u202e\u2066\u200b\u200d\ufeff\u2028", r"\u202e\u2066\u200b\u200d\ufeff\u2028"),
        ("\u3164\u115f\u2800\ufe0f\U000e0100", r"\u3164\u115f\u2800\ufe0f\U000e0100"),
        ("\ud800\ue000", r"\ud800\ue000"),
    ],
)
def test_what_cannot_be_seen_is_escaped(text: str, shown: str) -> None:
    assert printable(text) == shown
    assert printable(shown) == shown


def test_everything_that_a_finding_shows_is_escaped() -> None:
    evil, safe = "\x1b[2J\u202e", r"\x1b[2J\u202e"
    source = Source(f"{evil}.rules", f"a: {evil}\n")
    there = Span(source, 3, 3 + len(evil))
    finding = Diagnostic("E304", evil, there, evil, also=(Place(there, evil),), help=evil)
    place = f"  --> {safe}.rules:1:4\n   |\n 1 | a: {safe}\n   |    {'^' * len(safe)} {safe}\n"
    assert render(finding) == f"error[E304]: {safe}\n{place}{place}   = help: {safe}"


def test_underlines_are_as_wide_as_what_they_mark() -> None:
    source = Source("m.rules", "中文: e\u0301x ndim\n")
    finding = Diagnostic("E304", "no", Span(source, 0, 2), also=(Place(Span(source, 8, 12)),))
    assert [line for line in render(finding).splitlines() if "^" in line] == [
        "   | ^^^^",
        "   |          ^^^^",
    ]


def test_underlines_end_with_the_line() -> None:
    source = Source("m.rules", "a: ndim <= 1  \n    -> lr = 1\n")
    finding = Diagnostic("E304", "no", Span(source, 0, len(source.text)), "all of it")
    assert render(finding).splitlines()[-1] == "   | ^^^^^^^^^^^^ all of it"
    behind = Diagnostic("E304", "no", Span(source, 14, 14), "here")
    assert render(behind).splitlines()[-1] == "   |               ^ here"


def test_where_a_span_is() -> None:
    span = Span(SOURCE, 8, 25)
    assert (span.line, span.location, span.one_line) == (2, "m.rules:2", "long_label: name")
    assert span.quote == span.one_line
    long = Source("m.rules", f"a: name ~ {'x' * 6000}\n")
    assert Span(long, 0, 170).quote == f"a: name ~ {'x' * 147}..."
    assert Span(long, 0, 160).quote == f"a: name ~ {'x' * 150}"


@pytest.mark.parametrize(
    ("name", "uri"),
    [
        ("a b.rules", "a%20b.rules"),
        ("a:b.rules", "a%3Ab.rules"),
        ("/x/é.rules", "file:///x/%C3%A9.rules"),
        ("odd\udcff.rules", "odd%FF.rules"),  # a byte that is not UTF-8, as Python reads a file's name
        ("/odd\ud800.rules", "file:///odd%ED%A0%80.rules"),  # a name that no file has
    ],
)
def test_sarif_names_any_file(name: str, uri: str) -> None:
    source = Source(name, "a")
    log = to_sarif([Diagnostic("E101", "m", Span(source, 0, 1))], "1")
    (result,) = log["runs"][0]["results"]
    assert result["locations"][0]["physicalLocation"]["artifactLocation"] == {"uri": uri}


def test_what_is_not_one_finding() -> None:
    with pytest.raises(TypeError, match=r"^`diagnostic` is a `list` and should be one `Diagnostic`$"):
        render([])  # type: ignore[arg-type]
