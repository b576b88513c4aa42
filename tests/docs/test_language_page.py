"""The language's page names what the language has."""

import pytest
from docs.pages import DOCS

from paramrules.inventories.vocabulary import vocabulary
from paramrules.regex import refusal
from paramrules.rules import builtin_names as words
from paramrules.rules.keys import PORTABLE
from paramrules.rules.shipped import definitions
from paramrules.syntax import language
from paramrules.syntax.language import RESERVED

PAGE = (DOCS / "language.md").read_text("utf-8")


@pytest.mark.parametrize("family", vocabulary().families)
def test_every_family_is_named(family: str) -> None:
    assert f"`{family}`" in PAGE


@pytest.mark.parametrize("word", sorted(words.FIELDS | words.FLAGS | set(words.CONSTANTS["role"])))
def test_every_fact_is_named(word: str) -> None:
    assert f"`{word}`" in PAGE or f"`{word}[" in PAGE or f"`{word} " in PAGE


@pytest.mark.parametrize("key", PORTABLE)
def test_every_portable_key_is_named(key: str) -> None:
    assert f"`{key}`" in PAGE or f"`{key} =" in PAGE


@pytest.mark.parametrize("function", sorted(words.FUNCTIONS))
def test_every_function_is_named(function: str) -> None:
    arithmetic = "`min max sqrt log exp abs floor ceil`"
    assert f"`{function}(" in PAGE or (function in arithmetic and arithmetic in PAGE)


def test_the_reserved_words_are_named() -> None:
    line = next(line for line in PAGE.splitlines() if line.endswith("are reserved."))
    assert set(line.split("`")[1].split()) == set(RESERVED)


@pytest.mark.parametrize("name", definitions())
def test_every_shipped_file_is_named(name: str) -> None:
    assert f"`<{name}>`" in PAGE


def test_the_limits_are_those_of_the_reader() -> None:
    page = " ".join(PAGE.split())
    assert f"{language.BYTES >> 20} MiB, {language.WORDS:,} words and punctuation marks" in page
    assert (
        f"{language.STATEMENTS:,} statements and {language.FILES} includes, and {language.AXES} axes;" in page
    )
    assert f"at most {language.LENGTH:,} characters" in page
    assert f"at most {language.PARTS:,} names" in page
    assert f"expressions nest up to {language.NESTING} deep" in page
    assert f"at most {refusal.LENGTH:,} characters, {refusal.NESTING} brackets" in page
    assert f"A glob has at most {language.GLOB:,} characters;" in page
    assert f"repeats of up to {refusal.COUNT:,}." in page
    assert f"has at most {refusal.SIZE} states" in page
    assert f"all of these in a file have at most {refusal.ALL_SIZES:,}." in page
