"""The parser and Python's `re` agree, but for what the language leaves out."""

import re
import warnings

import pytest
from backtracking import Matcher, TooManySteps
from drawn_regexes import scraps, small
from hypothesis import given, settings
from hypothesis import strategies as st
from support import examples

from paramrules.diagnostics import Source, Span, render
from paramrules.regex import read
from paramrules.regex.automaton import Automaton
from paramrules.regex.characters import fold, single, union
from paramrules.regex.parse import Parsed, parse
from paramrules.regex.refusal import LENGTH, NESTING, Refused


def parsed(text: str) -> Parsed | str:
    try:
        return parse(text)
    except Refused as refused:
        return refused.fault.code


def python(text: str) -> re.Pattern[str] | None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            return re.compile(text, re.ASCII)
        except (re.error, FutureWarning, DeprecationWarning):
            return None


@settings(max_examples=examples(400), deadline=None)
@given(scraps)
def test_accepts_what_re_accepts(text: str) -> None:
    ours = parsed(text)
    if isinstance(ours, Parsed):
        theirs = python(ours.python)
        assert theirs is not None
        assert theirs.groups == len(ours.groups)
        assert dict(theirs.groupindex) == {group.name: group.number for group in ours.groups if group.name}
    elif ours == "E401":
        assert python(text.replace("(?<i>", "(?P<i>")) is None
    else:
        assert ours == "E405"


@settings(max_examples=examples(150), deadline=None)
@given(st.one_of(small, scraps), st.text("abAB0_.", max_size=6))
def test_finds_what_re_finds(text: str, name: str) -> None:
    ours = parsed(text)
    if isinstance(ours, Parsed):
        found = re.search(ours.python, name, re.ASCII)
        try:
            spot = Matcher(ours, name, 20_000).search()
        except TooManySteps:
            return
        assert (spot is None) == (found is None)
        if "?" not in text and spot and found:  # a lazy repeat ends elsewhere
            assert spot == found.span()


@pytest.mark.parametrize(
    "text", [r"[\b]", r"[]a]+", r"[^]a]", "[a-]", r"[\]-a]", "a{", "a{1", "{a}", "a{,}b", "x}]"]
)
def test_reads_odd_texts_as_re_does(text: str) -> None:
    ours = parse(text)
    theirs = re.compile(text, re.ASCII)
    for name in ("\b", "]", "a", "-", "^", "a{", "a{1", "{a}", "aab", "b", "x}]", "z"):
        assert (Matcher(ours, name).search() is None) == (theirs.search(name) is None)


@pytest.mark.parametrize(
    "text",
    [
        r"\d",
        r"\D",
        r"\w",
        r"\W",
        r"\s",
        r"\S",
        ".",
        r"[^\w.]",
        "(?i)[j-m]",
        "(?i)[^k]",
        "[b-ya-zc-d]",
        "[a-cd-fg]",
    ],
)
def test_classes_hold_the_characters_that_they_hold_in_re(text: str) -> None:
    ours, theirs = parse(text), re.compile(text, re.ASCII)
    for character in [*map(chr, range(128)), "é", "\u212a", "\U0010ffff"]:
        found = Automaton(ours).search(character), Matcher(ours, character).search()
        assert [each is None for each in found] == [theirs.search(character) is None] * 2, character


@pytest.mark.parametrize(
    "text",
    [r"\an", r"\fn", r"\nn", r"\rn", r"\tn", r"\vn", r"\x411", r"\u00e9a", r"\U0001F600b", r"[\n]n", r"\.n"],
)
def test_an_escape_is_one_character_and_what_follows_is_read_after_it(text: str) -> None:
    ours, theirs = parse(text), re.compile(text, re.ASCII)
    for name in (
        "\an",
        "\fn",
        "\nn",
        "\rn",
        "\tn",
        "\vn",
        "A1",
        "éa",
        "\U0001f600b",
        ".n",
        "nn",
        "n",
        "an",
        "tn",
    ):
        assert (Matcher(ours, name).search() is None) == (theirs.search(name) is None), name


def test_brackets_side_by_side_are_not_nested() -> None:
    def nested(depth: int) -> str:
        return "(?:" * depth + "a" + ")" * depth

    for before in ("", "(b)" * (2 * NESTING), f"{nested(NESTING)}|"):
        assert isinstance(parsed(before + nested(NESTING)), Parsed)
        assert parsed(before + nested(NESTING + 1)) == "E406"


def test_folds_ascii_letters_alone() -> None:
    regex, _ = read("(?i)[k-s]É", span("(?i)[k-s]É"))
    assert regex is not None
    assert regex.search("KÉ")
    assert not regex.search("ké")
    assert not regex.search("\u212aÉ")  # the Kelvin sign, a K to Unicode


def span(text: str) -> Span:
    source = Source("x.rules", f"a: name ~ '{text}'")
    return Span(source, 11, 11 + len(text))


def test_a_regex_that_is_too_long() -> None:
    text = "a" * (LENGTH + 1)
    regex, (finding,) = read(text, span(text))
    assert regex is None
    assert finding.span is not None
    assert finding.span.text == text
    assert render(finding).splitlines()[:3] + render(finding).splitlines()[-1:] == [
        "error[E406]: the regex has 3,001 characters, and 3,000 are allowed",
        "  --> x.rules:1:12",
        "   |",
        "   = help: split it into several tests with `or`",
    ]


def test_a_text_is_read_once_and_reported_everywhere() -> None:
    first, second = span("a**"), Span(Source("y.rules", "a: name ~ a**"), 10, 13)
    assert [finding.span for finding in read("a**", first)[1]] == [Span(first.source, 12, 14)]
    assert [finding.span for finding in read("a**", second)[1]] == [Span(second.source, 11, 13)]


def test_a_bracket_that_is_not_closed() -> None:
    for text, start in {"ab[c": 2, "ab(c": 2}.items():
        (finding,) = read(text, span(text))[1]
        assert finding.span
        assert (finding.span.start - span(text).start, finding.span.text) == (start, text[start])


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [(r"\xg1", 0, 2), (r"a\x4g", 1, 4), ("a)", 1, 2), ("ab)", 2, 3), (r"\U00110000", 0, 10)],
)
def test_where_a_mistake_stands(text: str, start: int, end: int) -> None:
    with pytest.raises(Refused) as raised:
        parse(text)
    assert (raised.value.fault.start, raised.value.fault.end) == (start, end)


def test_the_last_character() -> None:
    assert parse(r"\U0010ffff").tree == parse(r"\U0010FFFF").tree
    assert Automaton(parse("(a|[^\\U0010ffff]b)Z")).search("\U0010ffffbZ") is None


def test_only_letters_have_another_case() -> None:
    for ordinal in range(128):
        letter = chr(ordinal)
        both = union([*single(letter), *(single(letter.swapcase()) if letter.isalpha() else ())])
        assert fold(single(letter)) == both
