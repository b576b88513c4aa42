"""Regexes that are found in no name, checked against all short texts."""

import re
from contextlib import suppress
from itertools import product

import pytest
from drawn_regexes import scraps
from hypothesis import given, settings
from hypothesis import strategies as st
from support import calls, examples

import paramrules
from paramrules.regex.analysis import branches
from paramrules.regex.impossible import refuse_impossible
from paramrules.regex.parse import parse
from paramrules.regex.refusal import Refused

TEXTS = ["".join(letters) for length in range(5) for letters in product("ab.", repeat=length)]


def refused(text: str) -> bool:
    try:
        refuse_impossible(text, parse(text).tree)
    except Refused:
        return True
    return False


@pytest.mark.parametrize(
    "text",
    [
        *("^a", "a$", "(^|\\.)a", "a(\\.|$)", "(?:a$|b){2}", "a$b*", "b*^a", "(a$)+", "(^a)?b", "^^a$$"),
        *("(?:^a){0}b", "(?:a|$)(?:^b|)", "(?:b|^){2}a", "(?:a|b$){1,3}", "a$|^b", "\\Aa\\Z", "a(?:^b)*"),
        *("[^\\s\\S]", "\\b$a*", "a$(?:|b)", "(|^)a", "/a$/"),
    ],
)
def test_what_may_be_found(text: str) -> None:
    assert not refused(text)


@pytest.mark.parametrize(
    "text",
    [
        *("a$b", "$a", "a^", "b^a", "(a$)b", "a(^b)", "(a$){2}", "(?:a$|b$)(?:a|b)", "a\\Zb", "b\\Aa"),
        *("a$|b$a", "(?:a|$)(?:^b)", "(?:a$)+b", "(?:^a){2,}", "a(?:b|^)$c", "a+^b", "(?:a?b)^"),
    ],
)
def test_what_is_found_nowhere(text: str) -> None:
    assert refused(text)
    branch_texts = [text[branch.start : branch.end] for branch in branches(parse(text).tree)]
    assert not all(any(re.search(branch, name) for name in TEXTS) for branch in branch_texts)


anchored = st.lists(
    st.sampled_from(["a", "b", "^", "$", "(", ")", "(?:", "|", "?", "*", "+", "{2}", "{1,2}", "."]),
    max_size=8,
).map("".join)


@settings(max_examples=examples(300))
@given(text=anchored | scraps)
def test_what_is_refused_is_in_no_text(text: str) -> None:
    try:
        tree = parse(text).tree
    except Refused:
        return
    found = [
        any(re.search(text[branch.start : branch.end], name, re.ASCII) for name in TEXTS)
        for branch in branches(tree)
        if not text.startswith("(?i)") and "(?<" not in text
    ]
    if refused(text):
        assert not all(found) or not found


@pytest.mark.parametrize(
    "text",
    [
        "(?:" * 40 + "ab?" + ")+" * 40 + "c",
        "(?:" * 40 + "ab?" + "){2,9}" * 40 + "c",
        "(?:" * 40 + "^a" + "){2,9}" * 40 + "c",
        "a^" * 1_400 + "b",
        "a$" * 1_400 + "b",
        "a^|" * 900 + "b",
    ],
    ids=lambda text: text[-12:],
)
def test_each_part_of_a_regex_is_looked_at_a_few_times(text: str) -> None:
    """Neither rounds of repeats nor anchors at fault are tried one inside another."""
    tree = parse(text).tree

    def work() -> None:
        with suppress(Refused):
            refuse_impossible(text, tree)

    assert calls(work) < 400_000


def test_a_help_does_not_offer_what_is_refused() -> None:
    with pytest.raises(paramrules.RulesError) as raised:
        paramrules.parse("x: name ~ a{2$,1}\n")
    (wrong,) = raised.value.diagnostics
    assert wrong.code == "E328"
    assert wrong.help == "write `a{2$`, or `\\$` for the character itself"
