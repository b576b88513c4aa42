"""JSON as its standard has it: no `NaN`, no infinity, no key twice, no number beyond 64 bits.

Python's `json` reads and writes `NaN` and `Infinity`, which no other parser accepts, and of a key that is
there twice it keeps the last without a word.

References:
    https://www.rfc-editor.org/rfc/rfc8259
"""

import json
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from itertools import islice
from math import isfinite
from typing import Any, Final, NoReturn

LARGEST: Final = 2**63
"""The largest magnitude of a whole number."""

_DIGITS: Final = 25
"""The characters of a number below which `int` is cheap."""

_DIGITS_AS_0: Final = bytes(ord("0") if chr(byte) in "0123456789" else ord(" ") for byte in range(256))


class BadJsonError(ValueError):
    """A text is not JSON; the message is the reason, as part of a diagnostic's."""


def parse(text: str) -> Any:
    """Return the value of a JSON text.

    Raises:
        BadJsonError: the text is not JSON, or holds what this module leaves out.
    """
    decoder = _decoder() if _has_long_number(text) else _decoder(int)
    with _in_words():
        return decoder.decode(text)


def value_at(text: str, start: int) -> tuple[Any, int]:
    """Return the value that begins at a place of a text, and the place where it ends.

    Raises:
        BadJsonError: no value begins there, or one that this module leaves out.
    """
    with _in_words():
        return _decoder().raw_decode(text, start)


@contextmanager
def _in_words() -> Iterator[None]:
    try:
        yield
    except json.JSONDecodeError as error:
        raise BadJsonError(f"it is not JSON at line {error.lineno}, column {error.colno}") from None
    except RecursionError:
        raise BadJsonError("it is nested too deeply") from None


@cache
def _decoder(whole: Callable[[str], int] | None = None) -> json.JSONDecoder:
    """Return a decoder that reads whole numbers with a function, by default one that looks at their size."""
    return json.JSONDecoder(
        parse_constant=_not_finite,
        parse_float=_float,
        parse_int=whole or _int,
        object_pairs_hook=_object,
    )


def text(value: object, *, indent: int | None = None) -> str:
    """Return a value as JSON, in ASCII without control characters."""
    written = json.dumps(value, allow_nan=False, indent=indent)
    return written.replace("\x7f", "\\u007f")  # the one control character that `json` leaves as it is


def shown(value: object) -> str:
    """Return a value as JSON for a message, cut if it is long; however deep it is nested."""
    parts = json.JSONEncoder().iterencode(value)
    written = "".join(islice(parts, 41))
    return written if len(written) <= 40 else written[:37] + "..."


def _has_long_number(text: str) -> bool:
    """Return whether a text has as many digits in a row as a number beyond the largest; few texts have."""
    digits = text.encode("utf-8", "surrogatepass").translate(_DIGITS_AS_0)
    return b"0" * len(str(LARGEST)) in digits


def _int(digits: str) -> int:
    if len(digits) < _DIGITS and abs(number := int(digits)) <= LARGEST:
        return number
    raise BadJsonError(f"the number {_cut(digits)} is too large")


def _float(digits: str) -> float:
    if isfinite(number := float(digits)):
        return number
    raise BadJsonError(f"the number {_cut(digits)} is too large")


def _not_finite(word: str) -> NoReturn:
    raise BadJsonError(f"`{word}` is not a number in JSON")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        (key, _), *_ = Counter(key for key, _ in pairs).most_common(1)
        raise BadJsonError(f"an object has the key `{key}` twice")
    return found


def _cut(digits: str) -> str:
    return f"`{digits}`" if len(digits) <= 30 else f"of {len(digits)} characters"
