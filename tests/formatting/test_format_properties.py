"""Formatting keeps the rules and the comments, and depends on nothing else."""

import random
from pathlib import Path

import pytest
from formatting.roughen import roughened
from fuzz.test_reader import SPACES, WORDS
from hypothesis import given, settings
from hypothesis import strategies as st
from oracle.strategies import rule_files
from support import examples

from paramrules import RulesError, format_rules, render
from paramrules.diagnostics import Source
from paramrules.syntax import read
from paramrules.syntax.decode import normalised

ROOT = Path(__file__).parents[2]
FILES = sorted(path for folder in ("benchmarks", "examples", "src", "tests") for path in (ROOT / folder).rglob("*.rules"))


def readable() -> list[str]:
    """The texts of all rule files here that can be read without errors."""
    texts = []
    for path in FILES:
        text = path.read_bytes().decode("utf-8", "replace").replace("\r\n", "\n").removeprefix("\ufeff")
        if not any(finding.is_error for finding in read(Source(path.name, text))[1]):
            texts.append(text)
    return texts


READABLE = readable()
SEEDS = st.integers(0, 2**32 - 1).map(random.Random)


def meaning(text: str) -> tuple[str, list[str], list[tuple[str, ...]]]:
    """What may not change: the tree, the comments, and what each allows, as `format_rules` does not compare."""
    file, findings = read(Source("t.rules", normalised(text)))
    assert not any(finding.is_error for finding in findings)
    allowed = [(allow.statement.one_line.split(":")[0].split("=")[0].replace(" ", ""), *allow.codes) for allow in file.allows]
    comments = [comment.text.rstrip() for comment in file.comments]
    return repr(file.statements), comments, allowed


def keeps(text: str) -> str:
    """Format a text, and check what may not change. Returns the formatted text."""
    formatted = format_rules(text)
    assert meaning(formatted) == meaning(text)
    assert format_rules(formatted) == formatted
    assert not any(line != line.rstrip() for line in formatted.splitlines())
    assert "\n\n\n" not in formatted
    return formatted


@given(rule_files())
@settings(max_examples=examples(60))
def test_generated_files(text: str) -> None:
    keeps(text)


@given(st.sampled_from(READABLE), SEEDS)
@settings(max_examples=examples(100))
def test_white_space_and_quotes_do_not_matter(text: str, choose: random.Random) -> None:
    assert keeps(roughened(text, choose)) == keeps(text)


@given(rule_files(), SEEDS)
@settings(max_examples=examples(40))
def test_white_space_in_generated_files_does_not_matter(text: str, choose: random.Random) -> None:
    assert keeps(roughened(text, choose)) == keeps(text)


@given(st.one_of(st.sampled_from(READABLE), rule_files()), SEEDS)
@settings(max_examples=examples(100))
def test_comments_anywhere(text: str, choose: random.Random) -> None:
    keeps(roughened(text, choose, commented=True))


@given(st.sampled_from(READABLE), st.data())
@settings(max_examples=examples(200))
def test_files_with_something_cut_out_or_put_in(text: str, data: st.DataObject) -> None:
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(text)))
        end = data.draw(st.integers(start, min(len(text), start + 12)))
        put = data.draw(st.one_of(st.just(""), st.sampled_from(WORDS), SPACES, st.text(max_size=3)))
        text = text[:start] + put + text[end:]
    keeps_or_refuses(text)


@given(st.lists(st.tuples(st.sampled_from(WORDS), SPACES), max_size=12), SPACES)
@settings(max_examples=examples(200))
def test_soups_of_tokens(words: list[tuple[str, str]], space: str) -> None:
    keeps_or_refuses("a:" + space + "".join(word + space for word, space in words))


def keeps_or_refuses(text: str) -> None:
    """A text is formatted, or left alone for an error that reading finds too."""
    try:
        keeps(text)
    except RulesError as error:
        source = Source("<rules>", normalised(text))
        assert list(map(render, error.diagnostics)) == list(map(render, read(source)[1]))
