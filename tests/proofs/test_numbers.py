"""Regexes for numbers against the numbers themselves."""

import re

import pytest

from paramrules.proofs.numbers import above, at_most, exactly

NUMBERS = (*range(130), 189, 190, 199, 200, 201, 998, 999, 1000, 1001, 1009, 1990, 99999)


@pytest.mark.parametrize("number", NUMBERS)
def test_the_same_numbers_match(number: int) -> None:
    for zeros in ("", "0", "00"):
        for other in (*NUMBERS, number + 1, max(number - 1, 0)):
            text = f"{zeros}{other}"
            matching = [bool(re.fullmatch(regex(number), text)) for regex in (at_most, above, exactly)]
            assert matching == [other <= number, other > number, other == number]
