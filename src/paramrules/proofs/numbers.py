"""Regexes for whole numbers that compare with a constant, with or without zeros in front."""


def at_most(number: int) -> str:
    """Return a regex for the numbers from 0 to this one.

    >>> at_most(12)
    '0*(?:[0-9]{1,1}|0[0-9]|1[0-1]|12)'
    """
    digits = str(number)
    shorter = [f"[0-9]{{1,{len(digits) - 1}}}"] if len(digits) > 1 else []
    return _one_of(
        [
            *shorter,
            *(
                _digits(digits, at, "0", str(int(digit) - 1))
                for at, digit in enumerate(digits)
                if digit != "0"
            ),
            digits,
        ]
    )


def above(number: int) -> str:
    """Return a regex for the numbers greater than this one.

    >>> above(12)
    '0*(?:[2-9][0-9]|1[3-9]|[1-9][0-9]{2,})'
    """
    digits = str(number)
    longer = f"[1-9][0-9]{{{len(digits)},}}"
    return _one_of(
        [
            *(
                _digits(digits, at, str(int(digit) + 1), "9")
                for at, digit in enumerate(digits)
                if digit != "9"
            ),
            longer,
        ]
    )


def exactly(number: int) -> str:
    """Return a regex for this number."""
    return f"0*{number}"


def _digits(digits: str, at: int, first: str, last: str) -> str:
    """Return a regex for numbers that begin like one, and have a digit of a range at a place."""
    digit = first if first == last else f"[{first}-{last}]"
    return digits[:at] + digit + "[0-9]" * (len(digits) - at - 1)


def _one_of(branches: list[str]) -> str:
    return f"0*(?:{'|'.join(branches)})"
