"""Formatting keeps the rules and the comments, and depends on nothing else."""

from functools import cache
from pathlib import Path
from random import Random

import pytest
from fuzz.rough_rules import COMMENTS, SPACES, roughened
from fuzz.test_reader import WORDS
from hypothesis import given, settings
from hypothesis import strategies as st
from oracle.strategies import rule_files
from support import examples

from paramrules import RulesError, format_rules, render
from paramrules.diagnostics import Source
from paramrules.syntax import read
from paramrules.syntax.decode import normalised
from paramrules.syntax.statements import cut

ROOT = Path(__file__).parents[2]
FOLDERS = ("benchmarks", "docs", "examples", "src", "tests")
SEEDS = st.integers(0, 2**32 - 1).map(Random)


@cache
def readable() -> list[str]:
    """The texts of all rule files here that can be read without errors."""
    texts = []
    for path in sorted(path for folder in FOLDERS for path in (ROOT / folder).rglob("*.rules")):
        text = normalised(path.read_bytes().decode("utf-8", "replace"))
        if not any(finding.is_error for finding in read(Source(path.name, text))[1]):
            texts.append(text)
    return texts


@cache
def statements() -> list[str]:
    """The statements of these files, but for `edition`, which has to come first."""
    pieces = {text[piece.start : piece.end] for text in readable() for piece in cut(text)}
    return sorted(piece for piece in pieces if not piece.startswith("edition"))


def meaning(text: str) -> tuple[str, list[str], list[tuple[str, ...]]]:
    """Return what formatting must not change: the tree, the comments, and what they allow where."""
    file, findings = read(Source("t.rules", normalised(text)))
    assert not any(finding.is_error for finding in findings)
    begins = [statement.span.start for statement in file.statements]
    allowed = [(str(begins.index(allow.statement.start)), *allow.codes) for allow in file.allows]
    return repr(file.statements), [comment.text.rstrip() for comment in file.comments], allowed


def keeps(text: str) -> str:
    """Format a text, and check what must not change. Return the formatted text."""
    formatted = format_rules(text)
    assert meaning(formatted) == meaning(text)
    assert format_rules(formatted) == formatted
    lines = formatted.removesuffix("\n").split("\n")
    assert not any(line != line.rstrip(" \t") for line in lines)
    assert "" not in (lines[0], lines[-1]) or lines == [""]
    assert "\n\n\n" not in formatted
    return formatted


def keeps_or_refuses(text: str) -> None:
    """Format a text, unless there is an error in it, which reading finds too."""
    findings = read(Source("<rules>", normalised(text)))[1]
    if not any(finding.is_error for finding in findings):
        keeps(text)
        return
    with pytest.raises(RulesError) as raised:
        format_rules(text)
    assert [*map(render, raised.value.diagnostics)] == [*map(render, findings)]


@given(rule_files())
@settings(max_examples=examples(15))
def test_generated_files(text: str) -> None:
    keeps(text)


@given(rule_files(), SEEDS)
@settings(max_examples=examples(15))
def test_white_space_and_quotes_do_not_matter(text: str, choose: Random) -> None:
    assert keeps(roughened(text, choose)) == keeps(text)


@given(rule_files(), SEEDS)
@settings(max_examples=examples(15))
def test_comments_may_stand_anywhere(text: str, choose: Random) -> None:
    keeps(roughened(text, choose, commented=True))


def test_files_here_in_another_form() -> None:
    texts = readable()[:: max(1, 8 // examples(1))]
    assert len(texts) > 20
    for text in texts:
        choose = Random(len(text))
        assert keeps(roughened(text, choose)) == keeps(text)
        keeps(roughened(text, choose, commented=True))


def fuzzed(choose: Random) -> str:
    """A few statements spaced in another way, perhaps with a piece cut out or something put in."""
    text = "\n".join(choose.choices(statements(), k=choose.randint(1, 4)))
    if choose.random() < 0.8:
        text = roughened(text, choose, commented=choose.random() < 0.7)
    if choose.random() < 0.1:
        text = "a:" + "".join(
            choose.choice(WORDS) + choose.choice(SPACES) for _ in range(choose.randint(1, 8))
        )
    for _ in range(choose.choice((0, 0, 1, 1, 2, 3))):
        start = choose.randint(0, len(text))
        end = min(len(text), start + choose.choice((0, 0, 1, 2, 8)))
        put = choose.choice((choose.choice(WORDS), choose.choice(SPACES), f" {choose.choice(COMMENTS)}\n "))
        text = text[:start] + put + text[end:]
    return text


@pytest.mark.parametrize(
    "seeds",
    [
        range(100),
        *(pytest.param(range(n, n + 10_000), marks=pytest.mark.slow) for n in range(0, 10**6, 10_000)),
    ],
    ids=lambda seeds: f"{seeds.start}-{seeds.stop}",
)
def test_a_million_inputs(seeds: range) -> None:
    for seed in seeds:
        keeps_or_refuses(fuzzed(Random(seed)))
