"""Warnings about unescaped dots."""

import re

import pytest

from paramrules.diagnostics import Source, Span
from paramrules.regex import read


def mended(text: str) -> str | None:
    _, findings = read(text, Span(Source("x.rules", text), 0, len(text)))
    assert [finding.code for finding in findings] in ([], ["W402"]), findings
    return findings[0].help if findings else None


@pytest.mark.parametrize(
    ("text", "help"),
    [
        ("blocks.1", r"write `blocks\.1`"),
        ("a.b.c", r"write `a\.b\.c`"),
        (r"blocks\.\d+.attn", r"write `blocks\.\d+\.attn`"),
        ("(a|b).(?<i>[12])", r"write `(a|b)\.(?<i>[12])`"),
        ("x|(?:ab.c)+|[.]", r"write `x|(?:ab\.c)+|[.]`"),
        ("(?i)a.b", r"write `(?i)a\.b`"),
        ("(ab).(cd)e", r"write `(ab)\.(cd)e`"),
    ],
)
def test_warned(text: str, help: str) -> None:
    assert mended(text) == help


@pytest.mark.parametrize(
    "text",
    [
        r"blocks\.1",
        "blocks.*1",
        "blocks.+1",
        "blocks.?1",
        "blocks[.]1",
        "blocks.",
        ".1",
        "a..b",
        "a?.b",
        "a*.b",
        "^.b",
        r"a.\b",
        "a.$",
        r"-.\d",
        "(a|-).b",
        "a.()b",
        r"[^a].b",
        r"a.\.",
    ],
)
def test_not_warned(text: str) -> None:
    assert mended(text) is None


def test_every_letter_digit_and_underscore_is_of_a_name_and_nothing_else() -> None:
    for code in range(32, 128):
        letter = chr(code)
        of_name = letter.isalnum() or letter == "_"
        written = letter if of_name else re.escape(letter)
        assert (mended(f"{written}.a") is not None) is of_name, letter
        assert (mended(f"a.{written}") is not None) is of_name, letter
