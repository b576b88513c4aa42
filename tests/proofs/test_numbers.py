"""Regexes for numbers against the numbers themselves."""

import re
from itertools import product

import pytest

from paramrules.proofs.numbers import among
from paramrules.regex.parse import parse

NUMBERS = (0, 1, 5, 9, 10, 12, 19, 99, 100, 101, 190, 200, 999, 1000, 1001, 12345)
TEXTS = [
    *("".join(digits) for width in (1, 2) for digits in product("0123456789", repeat=width)),
    *("".join(digits) for width in (3, 4) for digits in product("0129", repeat=width)),
    *("00100", "12345", "12346", "0000123", "99999", "0" * 19 + "12"),
]
ITEMS = (
    *(
        r"\d+",
        r"\d+?",
        r"\d{2}",
        r"\d{1,2}",
        r"\d{2,}",
        r"\d\d*",
        r"\d*\d",
        r"(\d){2}\d",
        r"[0-9]{3}",
        r"\d{1,2}\d{2,}",
    ),
    *(r"[0-3]", "0|1|2|10|07", r"(?:[01]\d|2[0-3])", "[1-3]{1,3}", "(?:1|22){1,2}", "1?2", "(1)?[0-4]", "7"),
)
COMPARED = {"<=": int.__le__, ">": int.__gt__, "==": int.__eq__}


@pytest.mark.parametrize("item", ITEMS)
@pytest.mark.parametrize("relation", COMPARED)
def test_the_same_numbers_match(item: str, relation: str) -> None:
    for number in NUMBERS:
        regex = among(parse(item).tree, relation, number)
        assert regex is not None
        for text in TEXTS:
            wanted = bool(re.fullmatch(item, text)) and COMPARED[relation](int(text), number)
            assert bool(regex and re.fullmatch(regex, text)) is wanted, (number, text)


@pytest.mark.parametrize(
    "item",
    [
        *(r"[1-9]\d*", r"0|[1-9]\d*", r"\d{1,21}", "[1-3]{1,9}", "[1-3]{1,30}", "[1-3]{6}", r"\d[1-3]{3}"),
        *(r"(?:[1-9]|\d\d\d)", r"(?:[1-9]|[1-3]+)", r"(?:[1-9]+){2}", r"\d(?:[1-9]+)"),
    ],
)
def test_items_with_too_many_texts_are_not_compared(item: str) -> None:
    assert among(parse(item).tree, "<=", 12) is None
