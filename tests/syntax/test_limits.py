"""The limits of a file: each ends in a finding, and none keeps away what people write."""

import pytest

from paramrules import parse
from paramrules.diagnostics import Diagnostic, RulesError, Source, render
from paramrules.syntax import language, nodes, parser, read

LONG = language.LENGTH - 100


def findings(text: str) -> list[Diagnostic]:
    return read(Source("t.rules", text))[1]


def codes(text: str) -> list[str]:
    return [finding.code for finding in findings(text)]


def messages(text: str) -> set[str]:
    return {f"{finding.code} {finding.message}" for finding in findings(text)}


def test_too_long_a_text() -> None:
    (finding,) = findings("#" * (language.BYTES + 1))
    assert render(finding) == "error[E103]: the text is longer than 1048576 characters"


def test_too_many_statements() -> None:
    file, (finding,) = read(Source("t.rules", "a: b\n" * (language.STATEMENTS + 1)))
    assert file.statements == ()
    assert render(finding) == (
        "error[E111]: there are more than 5000 statements\n"
        "     --> t.rules:5001:1\n"
        "      |\n"
        " 5001 | a: b\n"
        "      | ^ the first one too many\n"
        "      = help: let one regex or capture do what many rules spell out"
    )
    assert codes("a: b\n" * language.STATEMENTS) == []


def test_too_many_statements_below_an_axis() -> None:
    file, (indented, many) = read(Source("t.rules", "[x]\n" + " a: b\n" * (language.STATEMENTS + 1)))
    assert (indented.code, many.message) == ("E105", "there are more than 5000 statements")
    assert len(file.statements) == language.STATEMENTS


def test_too_many_words() -> None:
    line = "a: " + " or ".join(["b"] * 499) + "\n"  # 999 words and a colon, less one
    text = "  # comment\n" * 10_000 + line * (language.WORDS // 999)
    assert codes(text) == []
    file, (finding,) = read(Source("t.rules", text + line))
    assert file.statements == ()
    assert finding.message == "there are more than 100000 words and punctuation marks"
    assert finding.code == "E111"
    assert finding.span is not None
    assert finding.span.start > len(text)


def test_too_long_a_statement() -> None:
    text = "a: b\nc: name == '" + "x" * language.LENGTH + "'\nd: else\n"
    file, (finding,) = read(Source("t.rules", text))
    assert [type(statement) for statement in file.statements] == [nodes.Rule, nodes.Rule]
    assert [(broken.kind, broken.name) for broken in file.broken] == [("rule", "c")]
    assert render(finding).startswith(
        "error[E111]: the statement is longer than 65536 characters\n  --> t.rules:2:1\n"
    )
    assert finding.help == "give parts of it names with `let`, or let a regex do what a list spells out"


def test_a_long_axis_of_indented_rules_is_not_one_statement() -> None:
    text = "[x]\n" + "  a: name == 'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx'\n" * 1_500
    assert len(text) > language.LENGTH
    assert codes(text) == ["E105"]


def test_too_many_names_and_parts() -> None:
    names = "|".join(f"A{i}" for i in range(language.PARTS))
    assert codes(f"a: type({names})") == []
    (finding,) = findings(f"a: type({names}|B|C) or within({names}|D)")
    assert finding.span is not None
    assert (finding.code, finding.message) == ("E111", "`type` has more than 1000 names")
    assert finding.span.text == "B"
    assert finding.help == "let one wildcard or capture do what the list spells out"
    assert codes("a" + "{i}x" * (language.PARTS // 2 - 1) + ": b") == []
    assert messages("a" + "{i}x" * language.PARTS + ": b") == {"E111 a label has more than 1000 parts"}


@pytest.mark.parametrize(
    "text",
    [
        "not " * 2_000 + "b",
        "-" * 2_000 + "1 < 2",
        "1" + "+1" * 2_000 + " < 2",
        "1" + "**1" * 2_000 + " < 2",
        "f(" * 2_000 + "1" + ")" * 2_000,
        "((1, " * 1_000 + "1" + "), 1)" * 1_000,
    ],
    ids=lambda text: text[:8],
)
def test_deep_nesting_ends_in_a_finding(text: str) -> None:
    (finding,) = findings("a: " + text)
    assert (finding.code, finding.message) == ("E110", "the statement is nested more than 100 deep")


def test_nesting_up_to_the_limit() -> None:
    assert codes("a: " + "not " * (language.NESTING - 1) + "b") == []
    assert codes("a: " + "not " * language.NESTING + "b") == ["E110"]
    assert codes("a: " + "(" * 5000 + "b" + ")" * 5000) == []
    assert codes("a: " + " or ".join(["not b"] * 1000)) == []


def test_numbers_of_any_length_end_in_a_finding() -> None:
    assert messages("a: ndim <= " + "9" * 5000) == {"E116 a number of 5000 characters is too large"}
    assert messages("a: ndim <= ." + "0" * 5000 + "1") == {
        "E116 a number of 5002 characters is too close to 0"
    }


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("a: " + "(" * LONG, "E130"),
        ("a: " + "[" * LONG, "E137"),
        ("a: name ~ " + "(" * LONG, "E140"),
        ("a: name ~ " + "(a|" * (LONG // 3), "E140"),
        ("a: name ~ " + "[" * LONG, "E140"),
        ("a: name ~ (" + "[^]" * 500, "E140"),
        ("a: name ~ ((((" + "(a)" * 5000, "E140"),
        ("a: name == '" + "x" * LONG, "E109"),
        ("a: name == '" + "\\x" * (LONG // 2), "E109"),
        ("[" + " " * LONG, "E136"),
        ("a: b" + " " * LONG + "@", "E104"),
        ("a: " + "@" * LONG, "E104"),
        ("a" + "-a" * (LONG // 2), "E127"),
        ("a" + "-a" * (LONG // 2) + ": b", "E128"),
        ("a: b" + ".b" * (LONG // 2), "E133"),
        ("a: any(x in name for x in [" + "a, " * (LONG // 3), "E132"),
        ("a " * (LONG // 2) + "{", "E127"),
    ],
    ids=lambda text: text[:14],
)
def test_a_broken_statement_of_any_kind_ends_in_a_short_finding(text: str, code: str) -> None:
    (finding,) = findings(text)
    assert finding.code == code
    assert len(finding.message) < 300
    assert len(finding.help) < 300


def test_comments_of_any_number_are_read() -> None:
    assert codes("# allow: W402 -- x\n" * 20_000 + "a: b") == []


def test_mended_statements_are_tried_a_limited_number_of_times(monkeypatch: pytest.MonkeyPatch) -> None:
    tried = []
    parse_one = parser.parse
    monkeypatch.setattr(parser, "parse", lambda *piece: (tried.append(piece), parse_one(*piece))[1])
    found = findings("ndim <= 1 -> lr = 2\n" * 1_000)
    assert {finding.code for finding in found} == {"E126"}
    assert found[0].help == "write `scaled: ndim <= 1 -> lr = 2`"
    assert found[-1].help == "a rule is written `label: predicate -> key = value`"
    assert 1_000 <= len(tried) <= 1_000 + 102


def test_a_text_within_the_limits_may_hold_nothing_but_mistakes() -> None:
    with pytest.raises(RulesError) as error:
        parse("expect ndim <= 1\n" * 300)
    assert {finding.code for finding in error.value.diagnostics} == {"E126"}


def test_more_axes_than_anybody_needs() -> None:
    text = "".join(f"[a{number}]\nb: else\n" for number in range(101))
    (wrong,) = findings(text)
    assert (wrong.code, wrong.message) == ("E111", "there are more than 100 axes")
    assert wrong.span is not None
    assert wrong.span.line == 201
