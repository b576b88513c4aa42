"""The automaton finds what `re` finds, captures included, in linear time."""

import random
import re
from collections.abc import Callable
from string import ascii_letters

import pytest
from backtracking import worst_name
from drawn_regexes import drawn, scraps
from hypothesis import given, settings
from hypothesis import strategies as st
from support import examples

from paramrules.regex import automaton as automaton_file
from paramrules.regex.analysis import size
from paramrules.regex.automaton import Automaton, State
from paramrules.regex.parse import Parsed, parse
from paramrules.regex.refusal import SIZE, Refused

ISSUE = ("(.*b?){3}Z", "(.*[a-y]{0,3}){3}Z", ".*.*.*Z", r"(\w*){2}Z")
EVIL = ("(a+)+$", "(a|aa)+$", "(a*)*b", "(a?){25}a{25}", r"^(\w+\.?)+$", "((a{1,5}){1,5}){1,5}$", *ISSUE)


def check(text: str, parsed: Parsed, automaton: Automaton, name: str) -> None:
    """The automaton says of a name what `re` says."""
    theirs, ours = re.search(parsed.python, name, re.ASCII), automaton.search(name)
    assert (theirs is None) == (ours is None), (text, name)
    if theirs is not None and ours is not None:
        assert (ours[0], *ours.groups()) == (theirs[0], *theirs.groups()), (text, name)
        groups = range(len(theirs.groups()) + 1)
        assert [ours.span(group) for group in groups] == [theirs.span(group) for group in groups], (
            text,
            name,
        )


def check_drawn(seed: int, count: int, *, names: int = 10) -> None:
    chance = random.Random(seed)
    for text, parsed in drawn(seed, count):
        if size(parsed.tree) <= SIZE:
            automaton = Automaton(parsed)
            for _ in range(names):
                check(text, parsed, automaton, "".join(chance.choices("aab1b.c_AB", k=chance.randint(1, 9))))


def test_finds_what_re_finds() -> None:
    check_drawn(seed=1, count=300)


@pytest.mark.slow
def test_finds_what_re_finds_in_thousands() -> None:
    check_drawn(seed=2, count=20_000)


@settings(max_examples=examples(150), deadline=None)
@given(scraps, st.lists(st.text("abAB0_.-é\n", max_size=6), max_size=4))
def test_finds_what_re_finds_in_odd_texts(text: str, names: list[str]) -> None:
    try:
        parsed = parse(text)
    except Refused:
        return
    automaton = Automaton(parsed)
    for name in names:
        if name:
            check(text, parsed, automaton, name)


@pytest.mark.parametrize(
    ("text", "name", "groups"),
    [
        ("(a*)*b", "aab", ("",)),
        ("(?:([ab]|))*c", "abc", ("",)),
        ("(|a){0,2}b", "ab", ("",)),
        ("(?:(a)|b)*c", "abc", ("a",)),
        ("(a|ab)(c|bcd)(d*)!", "abcd!", ("a", "bcd", "")),
        ("(a+?)(a*)!", "aaa!", ("a", "aa")),
        (r"(\d+)\.(\w*)(\w*)\.", "layers.12.attn.weight", ("12", "attn", "")),
        (r"(?<i>\d+)(x)?\.attn", "blocks.7.attn", ("7", None)),
        (r"\b(\w+)\b.*\b(\w+)$", "a.bc.d", ("a", "d")),
        ("(?i)(K+)(É)", "kKÉ", ("kK", "É")),
    ],
)
def test_captures(text: str, name: str, groups: tuple[str | None, ...]) -> None:
    found = Automaton(parse(text)).search(name)
    theirs = re.search(parse(text).python, name, re.ASCII)
    assert found is not None
    assert theirs is not None
    assert found.groups() == theirs.groups() == groups


@pytest.mark.parametrize(
    "text", [r"\Ba", r"a\B", r"\ba", r"a\b", r"\Ba\B", r"\b\W", r"\W\B", r"-\B", r"\B-$"]
)
def test_borders_of_words(text: str) -> None:
    parsed = parse(text)
    for name in ("a", "aa", "aaa", "a-", "-a", "-a-", "-", "--", "---", "é", "éa", "aé", "_a", "0-"):
        check(text, parsed, Automaton(parsed), name)


def most_steps(parsed: Parsed, name: str) -> int:
    """A bound on the steps for a name: a multiple of its length, and what it takes to build the automaton."""
    states = size(parsed.tree) + 1
    return 4 * (states + 8) * (len(name) + 1) + 200 * states


def steps(parsed: Parsed, name: str) -> int:
    """The steps of a new automaton, captures included."""
    automaton = Automaton(parsed)
    found = automaton.search(name)
    if found is not None:
        found.groups()
    return len(name) + automaton.steps


def check_linear(seed: int, count: int, length: int) -> None:
    chance = random.Random(seed)
    for text, parsed in drawn(seed, count):
        if size(parsed.tree) <= SIZE:
            highest, name = worst_name(
                lambda name, parsed=parsed: steps(parsed, name), length, chance, tries=10
            )
            assert highest <= most_steps(parsed, name), (text, name)


@pytest.mark.generated
def test_steps_are_linear() -> None:
    check_linear(seed=3, count=40, length=100)


@pytest.mark.slow
def test_steps_are_linear_in_thousands() -> None:
    check_linear(seed=4, count=2_000, length=300)


@pytest.mark.parametrize("text", [*EVIL, "(a|b)*a(a|b){40}", "((?:x?){150}y)*z"])
def test_steps_of_evil_regexes_are_linear(text: str) -> None:
    parsed, chance = parse(text), random.Random(5)
    highest, name = worst_name(lambda name: steps(parsed, name), 400, chance, letters="abxyZ.", tries=10)
    assert highest <= most_steps(parsed, name)
    longer = name * 25
    assert steps(parsed, longer) <= most_steps(parsed, longer)


def test_what_was_seen_is_not_worked_out_again() -> None:
    automaton = Automaton(parse("(.*b?){3}Z"))
    name = "encoder.layers.3.weight" * 10
    assert automaton.search(name) is None
    worked = automaton.steps
    assert automaton.search(name * 10) is None
    assert automaton.steps == worked


def test_a_run_of_characters_fills_no_tables() -> None:
    """Places that lead to the one beside them are moved by a shift, in both directions."""
    automaton = Automaton(parse(f"^{ascii_letters}$"))
    found = automaton.search(ascii_letters)
    assert found is not None
    assert found.span(0) == (0, 52)
    assert automaton._forward.sets < 26  # sets that hold START
    assert automaton._backward.sets == 0


def test_the_cache_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(automaton_file, "KEPT", 10)
    chance = random.Random(6)
    text = r"(a|b)*a(\w)(?:a|b){8}(\W|$)"
    parsed = parse(text)
    automaton = Automaton(parsed)
    for _ in range(100):
        name = "".join(chance.choices("ab", k=60)) + chance.choice(["", ".", "!"])
        check(text, parsed, automaton, name)
        for direction in (automaton._forward, automaton._backward):
            assert len(direction.states) <= 10
        assert len(automaton._ways) <= 11


def test_all_caches_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(automaton_file, "KEPT", 10)
    monkeypatch.setattr(automaton_file, "SETS", 2)
    chance = random.Random(7)
    text = r"(a|b)*a(\w|\b.)(?:a|b){3}(\W|$)"
    parsed = parse(text)
    automaton = Automaton(parsed)
    for _ in range(100):
        check(
            text,
            parsed,
            automaton,
            "".join(chance.choices("ab.!cdefghijklmn", weights=[9, 9] + [1] * 14, k=60)),
        )
        assert len(automaton._classes) <= 11


def witness(one: Automaton, other: Automaton, wanted: Callable[[bool, bool], bool]) -> str | None:
    """The shortest name of which the two say what is wanted: what `alphabet` and states are made for."""
    alphabet = sorted({*one.alphabet, *other.alphabet})
    seen: dict[tuple[int, int], None] = {}
    todo: list[tuple[State, State, str]] = [(one.initial, other.initial, "")]
    for left, right, name in todo:
        if wanted(left.accepts, right.accepts):
            return name
        for character in alphabet:
            pair = left[character], right[character]
            if (id(pair[0]), id(pair[1])) not in seen:
                seen[id(pair[0]), id(pair[1])] = None
                todo.append((*pair, name + character))
    return None


@pytest.mark.parametrize(
    ("one", "other", "differs"),
    [
        ("(a+)+$", "a$", None),
        (r"^blocks\.\d+\.(attn|mlp)\.", r"^blocks\.[0-9]+\.attn\.|^blocks\.[0-9]+\.mlp\.", None),
        (r"\bhead\b", r"(?:^|\W)head(?:\W|$)", None),
        ("head", "head|body", "body"),
        ("^a$", "^(a|\U0010ffff)$", "\U0010ffff"),
        (r"^a.b$", r"^a\.b$", "a\0b"),
        ("(?i)Ab$", "[aA][bB]$", None),
        ("a{2,}b", "aab", None),
        ("^a{2,4}$", "^a{2,3}$", "aaaa"),
    ],
)
def test_two_automata_can_be_explored_together(one: str, other: str, differs: str | None) -> None:
    pair = Automaton(parse(one)), Automaton(parse(other))
    assert witness(*pair, lambda left, right: left != right) == differs
    if differs is not None:
        assert (pair[0].search(differs) is None) != (pair[1].search(differs) is None)


def test_names_of_any_length_and_alphabet() -> None:
    automaton = Automaton(parse(r"(?<a>.*)(?<b>[\u03B1-\u03C9]+|\U0001F600)Z"))
    found = automaton.search("é" * 50_000 + "λ\U0001f600Z")
    assert found is not None
    assert found.groups() == ("é" * 50_000 + "λ", "\U0001f600")
    assert automaton.search("Z\ud800\U0010ffff") is None
