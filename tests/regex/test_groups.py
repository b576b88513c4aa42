"""Facts about groups that need no run of the regex."""

import pytest

from paramrules.diagnostics import Source, Span
from paramrules.regex import Group, Regex, read


def regex(text: str) -> Regex:
    found, findings = read(text, Span(Source("x.rules", text), 0, len(text)))
    assert found is not None, findings
    return found


@pytest.mark.parametrize(
    ("inside", "numeric"),
    [
        (r"\d+", True),
        ("[0-9]", True),
        ("[12]", True),
        ("12|3", True),
        (r"1\d{2}", True),
        (r"(?:\b\d)+", True),
        (r"(\d)(\d)", True),
        (r"\d*", False),
        (r"\d|", False),
        (r"\w", False),
        ("a", False),
        ("1a", False),
        (r"\d+|x", False),
        (r"\d\.", False),
        ("[0-9a]", False),
        ("٣", False),
    ],
)
def test_numeric(inside: str, numeric: bool) -> None:
    assert regex(f"x({inside})").groups[0].numeric is numeric


def test_numeric_is_about_ascii_digits() -> None:
    assert regex(r"x(\d)").search("x3")
    assert not regex(r"x(\d)").search("x٣")


def test_always_numbers_and_names() -> None:
    found = regex(r"(?i)^(a(?P<b>b)+)(?<c>\d)?(?:x|(y))(?:(z)){2}(?:(w))*")
    assert found.groups == (
        Group(1, None, numeric=False, always=True),
        Group(2, "b", numeric=False, always=True),
        Group(3, "c", numeric=True, always=False),
        Group(4, None, numeric=False, always=False),
        Group(5, None, numeric=False, always=True),
        Group(6, None, numeric=False, always=False),
    )
    assert found.names == ("b", "c")


def test_regexes_compare_by_text() -> None:
    assert regex("(?<i>a)") == regex("(?<i>a)")
    assert regex("(?<i>a)") != regex("(?P<i>a)")
